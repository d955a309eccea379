import { h, setText } from "./dom.js";
import { icon, setIcon } from "./icons.js";
import { barsOf, isRelayed, rate } from "./stats.js";
import { strings } from "./strings.js";

/**
 * @typedef {import("./guests.js").Guest} Guest
 *
 * @typedef {object} PeopleActions
 * @property {(guest: Guest) => void} verify
 * @property {(guest: Guest, same: boolean) => void} judge
 * @property {(guest: Guest) => void} remove
 * @property {() => boolean} mayRemove
 */

/** Who is in the call: what each sends, how good the way to each is, and whether it was verified. */
export class People {
  #actions;
  #list = h("ul", { class: "persons", id: "persons" });
  #own;
  /** @type {Map<Guest, PersonRow>} */
  #rows = new Map();

  /**
   * @param {PeopleActions} actions
   * @param {...HTMLElement} more what belongs below the list
   */
  constructor(actions, ...more) {
    this.#actions = actions;
    this.#own = new PersonRow(null, actions);
    this.#list.append(this.#own.element);
    /** For the panel's body. @readonly */
    this.body = [this.#list, ...more];
  }

  /**
   * @param {string} name
   * @param {{ audio: boolean, camera: boolean }} media
   */
  showOwn(name, media) {
    this.#own.show({ name: name === "" ? strings.you : strings.youNamed(name), media, guest: null });
  }

  /** @param {Guest} guest */
  enter(guest) {
    const row = new PersonRow(guest, this.#actions);
    this.#rows.set(guest, row);
    this.#list.append(row.element);
    this.change(guest);
  }

  /** @param {Guest} guest */
  exit(guest) {
    this.#rows.get(guest)?.element.remove();
    this.#rows.delete(guest);
  }

  /** @param {Guest} guest */
  change(guest) {
    this.#rows.get(guest)?.show({ name: guest.name, media: guest.peer.media, guest });
  }

  /**
   * Opens what is known of somebody, and puts the focus there.
   *
   * @param {Guest} guest
   */
  reveal(guest) {
    this.#rows.get(guest)?.reveal();
  }

  clear() {
    for (const guest of [...this.#rows.keys()]) this.exit(guest);
  }
}

/** One person in the list. */
class PersonRow {
  #name = h("span", { class: "person-name" });
  #badge = h("span", { class: "person-verified", hidden: true }, icon("shield-check"), strings.verified);
  #microphone = h("span", { class: "person-icon", role: "img" }, icon("microphone"));
  #camera = h("span", { class: "person-icon", role: "img" }, icon("camera"));
  #signal = h("span", { class: "person-icon", role: "img" }, icon("signal"));
  #state = h("span", { class: "dim small" });
  /** @type {HTMLDetailsElement | null} */
  #more = null;
  #verification;
  #actions;
  #remove = h("button", { type: "button", class: "button compact remove", hidden: true }, strings.removeFromCall);
  #facts = new Facts();

  /**
   * @param {Guest | null} guest null: ourselves
   * @param {PeopleActions} actions
   */
  constructor(guest, actions) {
    this.#actions = actions;
    this.#verification = guest === null ? null : new VerificationBox(guest, actions);
    const head = [
      h("span", { class: "person-words" }, this.#name, this.#badge, this.#state),
      this.#microphone,
      this.#camera,
    ];
    if (guest === null || this.#verification === null) {
      this.element = h("li", { class: "person" }, h("div", { class: "person-head" }, ...head));
      return;
    }
    this.#more = h(
      "details",
      {},
      h("summary", { class: "person-head" }, ...head, this.#signal),
      h("div", { class: "person-more" }, this.#verification.element, this.#facts.element, this.#remove),
    );
    this.#remove.addEventListener("click", () => actions.remove(guest));
    this.#more.addEventListener("toggle", () => this.#showRemove());
    this.element = h("li", { class: "person" }, this.#more);
  }

  /** @param {{ name: string, media: { audio: boolean, camera: boolean }, guest: Guest | null }} content */
  show({ name, media, guest }) {
    setText(this.#name, name);
    showDevice(this.#microphone, "audio", media.audio);
    showDevice(this.#camera, "camera", media.camera);
    this.#signal.setAttribute("aria-label", strings.detailsOf(name));
    this.element.classList.toggle("is-verified", guest?.verification.state === "verified");
    if (guest === null) return;
    this.#badge.hidden = guest.verification.state !== "verified";
    setText(
      this.#state,
      guest.peer.state === "connected" ? (strings.bars[barsOf(guest.summary)] ?? "") : stateOf(guest),
    );
    this.#verification?.show(guest);
    this.#facts.show(guest);
    this.#showRemove();
  }

  #showRemove() {
    this.#remove.hidden = !this.#actions.mayRemove();
  }

  reveal() {
    if (this.#more === null) return;
    this.#more.open = true;
    this.#more.querySelector("summary")?.focus();
  }
}

/**
 * @param {HTMLElement} element
 * @param {"audio" | "camera"} kind
 * @param {boolean} on
 */
function showDevice(element, kind, on) {
  const name = kind === "audio" ? "microphone" : "camera";
  setIcon(element, on ? name : `${name}-off`);
  element.classList.toggle("off", !on);
  element.setAttribute("aria-label", (on ? strings.devicesOn : strings.devicesOff)[kind]);
}

/** @param {Guest} guest */
function stateOf({ peer, noRoute }) {
  if (noRoute) return strings.tileNoRoute;
  return peer.state === "reconnecting" ? strings.tileReconnecting : strings.tileConnecting;
}

/** What two people compare to be sure that nobody sits between them. */
export class VerificationBox {
  #guest;
  #actions;
  #shown = "";

  /**
   * @param {Pick<Guest, "verification" | "peer"> & Guest} guest
   * @param {PeopleActions} actions
   */
  constructor(guest, actions) {
    this.#guest = guest;
    this.#actions = actions;
    this.element = h("div", { class: "verification", role: "group", "aria-label": strings.verify, tabindex: -1 });
  }

  /** @param {Guest} guest */
  show({ verification, peer }) {
    const { state, result } = verification;
    const key = `${state} ${result?.digits} ${peer.state === "connected"}`;
    if (key === this.#shown) return;
    this.#shown = key;
    const hadFocus = this.element.contains(document.activeElement);
    this.element.dataset.state = state;
    this.element.replaceChildren(...this.#parts(state, result, peer.state === "connected"));
    // While there is nothing to press it waits here, where a key that closes the panel is heard.
    if (hadFocus) (this.element.querySelector(/** @type {"button"} */ ("button:enabled")) ?? this.element).focus();
  }

  /**
   * @param {import("./guests.js").VerificationState} state
   * @param {import("../client/peer.js").ShortAuthentication | null} result
   * @param {boolean} connected
   * @returns {HTMLElement[]}
   */
  #parts(state, result, connected) {
    const start = h(
      "button",
      { type: "button", class: "button compact verify", click: () => this.#actions.verify(this.#guest) },
      icon("shield"),
      state === "running" ? strings.verifying : strings.verify,
    );
    start.disabled = state === "running" || !connected;
    if (state === "none" || state === "running") return [start];
    if (state === "failed") return [h("p", { class: "small" }, strings.verifyFailed), start];
    if (state === "differs") return [h("p", { class: "problem", role: "alert" }, strings.verifyAlarm)];
    const comparison = result === null ? [] : comparisonParts(result);
    if (state === "verified") return comparison;
    const judge = (/** @type {boolean} */ same) => () => this.#actions.judge(this.#guest, same);
    return [
      h("p", { class: "small" }, strings.verifyText),
      ...comparison,
      h(
        "div",
        { class: "verify-actions" },
        h("button", { type: "button", class: "button compact primary", click: judge(true) }, strings.verifySame),
        h("button", { type: "button", class: "button compact", click: judge(false) }, strings.verifyDiffer),
      ),
    ];
  }
}

/** @param {import("../client/peer.js").ShortAuthentication} result */
function comparisonParts({ emoji, digits }) {
  return [
    h(
      "ol",
      { class: "emoji" },
      ...emoji.map(({ emoji: picture, name }) =>
        h("li", {}, h("span", { class: "emoji-picture", "aria-hidden": "true" }, picture), h("span", {}, name)),
      ),
    ),
    h(
      "p",
      { class: "small digits" },
      h("span", { class: "dim" }, `${strings.digits} `),
      h("code", {}, grouped(digits)),
    ),
  ];
}

/** @param {string} digits */
function grouped(digits) {
  return digits.replace(/(.{4})(?=.)/g, "$1 ");
}

/** What is told of a connection, in this order. */
const FACTS = [
  strings.way,
  strings.candidates,
  strings.roundTrip,
  strings.receiving,
  strings.sending,
  strings.loss,
  strings.pictureLabel,
];

/** The connection in figures. */
class Facts {
  /** @type {Map<string, HTMLElement>} */
  #values = new Map();

  constructor() {
    this.element = h("dl", { class: "facts" });
    for (const label of FACTS) {
      const value = h("dd");
      this.#values.set(label, value);
      this.element.append(h("dt", {}, label), value);
    }
  }

  /** @param {Guest} guest */
  show({ summary }) {
    for (const [label, text] of Object.entries(factsOf(summary))) {
      const value = this.#values.get(label);
      if (value !== undefined) setText(value, text);
    }
  }
}

/**
 * @param {import("./stats.js").Summary | null} summary
 * @returns {Record<string, string>} by label
 */
function factsOf(summary) {
  const unknown = Object.fromEntries(FACTS.map((label) => [label, strings.unknown]));
  if (summary === null) return unknown;
  const { pair, received, sent, roundTrip } = summary;
  if (pair === null) return { ...unknown, [strings.way]: strings.wayNone };
  const protocol = pair.protocol.toUpperCase();
  const kind = (/** @type {string} */ name) => strings.candidateKinds[name] ?? name;
  const loss = Math.max(received.loss ?? 0, sent.loss ?? 0);
  const { picture } = received;
  return {
    [strings.way]: isRelayed(summary) ? strings.wayRelayed(protocol) : strings.wayDirect(protocol),
    [strings.candidates]: strings.candidatePair(kind(pair.local), kind(pair.remote)),
    [strings.roundTrip]: roundTrip === null ? strings.unknown : strings.milliseconds(roundTrip),
    [strings.receiving]: received.bps === null ? strings.unknown : rate(received.bps),
    [strings.sending]: sent.bps === null ? strings.unknown : rate(sent.bps),
    [strings.loss]: strings.percent(loss),
    [strings.pictureLabel]:
      picture === null ? strings.unknown : strings.picture(picture.width, picture.height, picture.fps),
  };
}

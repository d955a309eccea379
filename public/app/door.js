import { showDialog } from "./dialogs.js";
import { h, press, setText } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./strings.js";

/** Somebody who knocks again and again is heard once in so many milliseconds. */
const QUIET_MS = 5_000;

/** How loud a knock is, as a part of full volume, and how long each of its two strokes lasts, in seconds. */
const KNOCK = { volume: 0.15, seconds: 0.12 };

/**
 * The door of a call, for whoever keeps it: locks it, and lets in those who wait in front of it. Everybody else sees whether it is
 * locked.
 */
export class Door {
  #banners;
  #announce;
  #showPeople;
  /** @type {import("../client/room.js").Room | null} */
  #room = null;
  #knockedAt = 0;
  #lock = h(
    "button",
    { type: "button", class: "button compact", id: "lock", click: () => this.#toggle() },
    icon("lock"),
    h("span", {}, strings.lockCall),
  );
  #note = h("p", { class: "dim small", id: "lock-note" });
  #waiting = h("ul", { class: "persons", id: "waiting-list" });
  /** Who waits, in that order, by their ids. @type {Map<string, HTMLElement>} */
  #rows = new Map();

  /**
   * @param {object} context
   * @param {import("./banners.js").Banners} context.banners
   * @param {(text: string) => void} context.announce
   * @param {() => void} context.showPeople
   */
  constructor({ banners, announce, showPeople }) {
    this.#banners = banners;
    this.#announce = announce;
    this.#showPeople = showPeople;
    /** For the people panel. @readonly */
    this.element = h("section", { class: "door", "aria-label": strings.door }, this.#waiting, this.#lock, this.#note);
  }

  /** @param {import("../client/room.js").Room} room */
  follow(room) {
    this.#room = room;
    room.addEventListener("state", () => this.#show());
    room.addEventListener("host", () => this.#show());
    room.addEventListener("locked", ({ locked }) => {
      this.#show();
      this.#announce(locked ? strings.callLocked : strings.callUnlocked);
    });
    room.addEventListener("knock", () => {
      this.#show();
      this.#sound();
    });
    room.addEventListener("knockended", () => this.#show());
    this.#show();
  }

  /** The call is over. */
  close() {
    this.#room = null;
  }

  /** Whether we may put others out, and end the call for everybody. */
  get isKept() {
    return this.#room?.moderates === true;
  }

  /**
   * Puts somebody out, once the person is sure.
   *
   * @param {{ name: string, peer: { id: string } }} guest
   */
  remove({ name, peer }) {
    const text = this.#room?.locked ? strings.removeText : strings.removeUnlockedText;
    ask({ title: strings.removeTitle(name), text, label: strings.remove, act: () => this.#room?.remove(peer.id) });
  }

  /** Ends the call for everybody, once the person is sure. */
  end() {
    const { endTitle: title, endText: text, endForAll: label } = strings;
    ask({ title, text, label, act: () => this.#room?.end() });
  }

  #sound() {
    const now = performance.now();
    if (this.#knockedAt > 0 && now - this.#knockedAt < QUIET_MS) return;
    this.#knockedAt = now;
    knock();
  }

  #toggle() {
    const room = this.#room;
    if (room !== null && !room.setLocked(!room.locked)) this.#announce(strings.statusServerLost);
  }

  #show() {
    const room = this.#room;
    if (room === null) return;
    const keeps = room.moderates;
    this.#lock.hidden = !keeps;
    press(this.#lock, room.locked);
    const words = /** @type {HTMLElement} */ (this.#lock.lastElementChild);
    words.textContent = room.locked ? strings.unlockCall : strings.lockCall;
    this.#note.textContent = room.locked ? strings.lockedNote : "";
    this.#note.hidden = !room.locked;
    this.element.hidden = !keeps && !room.locked;
    const knocks = [...room.knocks];
    this.#showWaiting(room, knocks);
    this.#tell(room, knocks);
  }

  /**
   * The rows that stay are the same as before, so that the focus stays in them.
   *
   * @param {import("../client/room.js").Room} room
   * @param {string[]} knocks
   */
  #showWaiting(room, knocks) {
    for (const [peer, row] of this.#rows) {
      if (knocks.includes(peer)) continue;
      this.#rows.delete(peer);
      const hadFocus = row.contains(document.activeElement);
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      if (!hadFocus) continue;
      // Not one of its buttons: a second press would be about somebody else.
      if (next instanceof HTMLElement) next.focus();
      else this.element.closest("dialog")?.querySelector("button")?.focus();
    }
    for (const [index, peer] of knocks.entries()) {
      const row = this.#rows.get(peer) ?? this.#row(room, peer);
      this.#rows.set(peer, row);
      setText(/** @type {Element} */ (row.firstElementChild), strings.waitingPerson(index + 1));
      if (row.parentElement === null) this.#waiting.append(row);
    }
    this.#waiting.hidden = knocks.length === 0;
  }

  /**
   * @param {import("../client/room.js").Room} room
   * @param {string[]} knocks
   */
  #tell(room, knocks) {
    const [first = ""] = knocks;
    const letIn = { label: strings.letIn, act: () => room.admit(first) };
    const one = [letIn, { label: strings.turnAway, act: () => room.deny(first) }];
    const all = { label: strings.letAllIn, act: () => knocks.forEach((peer) => void room.admit(peer)) };
    const actions = knocks.length === 1 ? one : [all, { label: strings.seeThem, act: this.#showPeople }];
    const content = { title: strings.knocks(knocks.length), actions, lasting: true };
    this.#banners.set("knocks", knocks.length === 0 ? null : content);
  }

  /**
   * @param {import("../client/room.js").Room} room
   * @param {string} peer
   */
  #row(room, peer) {
    const button = (/** @type {string} */ label, /** @type {string} */ look, /** @type {() => unknown} */ click) =>
      h("button", { type: "button", class: `button compact ${look}`, click }, label);
    return h(
      "li",
      { class: "person", tabindex: -1 },
      h("p", { class: "person-name" }),
      h(
        "p",
        { class: "together" },
        button(strings.letIn, "primary", () => room.admit(peer)),
        button(strings.turnAway, "", () => room.deny(peer)),
      ),
    );
  }
}

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {string} text
 * @property {string} label what the button says that does it
 * @property {() => unknown} act
 */

/**
 * Asks whether it is meant.
 *
 * @param {Question} question
 */
function ask(question) {
  showDialog({ title: question.title, body: questionParts(question) });
}

/**
 * What a dialog says that asks whether it is meant. Either answer closes it.
 *
 * @param {Question} question
 * @returns {HTMLElement[]}
 */
export function questionParts({ text, label, act }) {
  const answer = (/** @type {string} */ words, /** @type {string} */ look, act = () => {}) =>
    h("button", { type: "button", class: look, click: (/** @type {Event} */ event) => close(event, act) }, words);
  const close = (/** @type {Event} */ { currentTarget }, /** @type {() => unknown} */ act) => {
    /** @type {HTMLElement} */ (currentTarget).closest("dialog")?.close();
    act();
  };
  const answers = [answer(strings.cancel, "button"), answer(label, "button danger", act)];
  return [h("p", {}, text), h("p", { class: "answers" }, ...answers)];
}

/** Two short strokes, for whoever is looking elsewhere. */
function knock() {
  const context = new AudioContext();
  // A page that nobody has touched yet makes no sound, and never would end one.
  if (context.state !== "running") {
    context.close();
    return;
  }
  const volume = context.createGain();
  volume.gain.value = 0;
  volume.connect(context.destination);
  const sound = context.createOscillator();
  sound.frequency.value = 180;
  sound.connect(volume);
  for (const start of [0, 2 * KNOCK.seconds]) {
    volume.gain.setValueAtTime(KNOCK.volume, context.currentTime + start);
    volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + start + KNOCK.seconds);
  }
  sound.onended = () => context.close();
  sound.start();
  sound.stop(context.currentTime + 4 * KNOCK.seconds);
}

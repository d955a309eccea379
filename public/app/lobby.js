import { makeHeader } from "./brand.js";
import { h, press, setText } from "./dom.js";
import { icon, setIcon } from "./icons.js";
import { DEVICE_KINDS, permissionOf } from "./media.js";
import { cleanName, initials, NAME_LENGTH } from "./names.js";
import { DevicePickers } from "./pickers.js";
import { problemParts, wordsFor } from "./problem-words.js";
import { strings } from "./strings.js";

/**
 * @typedef {import("./media.js").DeviceKind} DeviceKind
 * @typedef {import("./media.js").Wanted} Wanted
 *
 * @typedef {object} LobbyActions
 * @property {(wanted: Wanted, name: string, problems: import("./media.js").MediaProblems) => void} join `problems`: what has been said
 *   of devices that do not work
 *
 * @typedef {{ present: number, full: boolean } | null} Inside who is in the call; null if it is not known
 */

/** The icon of a device that is on, or off. */
const ICONS = /** @type {const} */ ({
  audio: ["microphone", "microphone-off"],
  camera: ["camera", "camera-off"],
});

/** Before the call: oneself in the mirror, the devices, the name, and the way in. */
export class Lobby {
  #devices;
  #actions;
  #wanted = { audio: true, camera: true };
  /** What does not work of it, as far as it is known. @type {import("./media.js").MediaProblems} */
  #problems = {};
  #stuck = false;
  /** What the notice says. */
  #said = "";
  #checked = false;
  #open = false;
  #video = h("video", { autoplay: true, playsinline: true });
  #face = h("p", { class: "face", "aria-hidden": "true" });
  #off = h("p", { class: "preview-text" }, strings.cameraOff);
  #check = h(
    "button",
    { type: "button", class: "button", id: "check", click: () => this.#checkDevices() },
    strings.checkDevices,
  );
  #toggles = {
    audio: this.#toggle("want-audio", "audio"),
    camera: this.#toggle("want-camera", "camera"),
  };
  #name = h("input", {
    class: "input",
    id: "name",
    placeholder: strings.namePlaceholder,
    autocomplete: "name",
    maxlength: NAME_LENGTH,
    input: () => this.#show(),
  });
  #inside = h("p", { class: "inside", id: "inside", role: "status" });
  #notice = h("div", { class: "notice", id: "lobby-notice", role: "alert", hidden: true });
  #again = h(
    "button",
    { type: "button", class: "button compact", click: () => this.#checkDevices() },
    strings.tryAgain,
  );
  #hint = h("p", { class: "dim small", id: "lobby-hint" });
  #join = h("button", { type: "submit", class: "button primary wide", id: "join" }, strings.joinCall);
  #without = h(
    "button",
    { type: "button", class: "button wide", id: "join-without", hidden: true, click: () => this.#joinWithout() },
    strings.joinWithout,
  );

  /**
   * @param {HTMLElement} root
   * @param {{ room: string, sealed: boolean, name: string, devices: import("./devices.js").Devices }} call
   * @param {LobbyActions} actions
   */
  constructor(root, { room, sealed, name, devices }, actions) {
    this.#devices = devices;
    this.#actions = actions;
    this.#name.value = name;
    // The attribute alone does not mute it.
    this.#video.muted = true;
    this.pickers = new DevicePickers(devices, (kind, id) => this.#pick(kind, id));
    root.replaceChildren(
      makeHeader(),
      h(
        "div",
        { class: "lobby" },
        h(
          "div",
          { class: "preview" },
          this.#video,
          h("div", { class: "preview-rest" }, this.#face, this.#off, this.#check),
          h("div", { class: "preview-controls" }, this.#toggles.audio, this.#toggles.camera),
        ),
        h(
          "div",
          { class: "lobby-side" },
          h("p", { class: "lobby-room" }, sealed && icon("lock"), h("strong", { id: "lobby-room" }, room)),
          h("h1", { tabindex: -1 }, strings.lobbyTitle),
          this.#inside,
          h(
            "form",
            { class: "lobby-form", submit: (/** @type {Event} */ event) => this.#submit(event) },
            h("div", { class: "field" }, h("label", { for: "name" }, strings.yourName), this.#name),
            h("div", { class: "actions" }, this.#join, this.#without),
            this.#notice,
          ),
          this.#hint,
          h("p", { class: "dim small", id: "lobby-key" }, sealed ? strings.sealed : strings.unsealed),
        ),
        this.pickers.element,
      ),
    );
    devices.addEventListener("list", () => this.#open && this.pickers.refresh());
    devices.addEventListener("change", () => this.#open && this.#show());
    this.#show();
  }

  /** With what somebody would join. @returns {Wanted} */
  get wanted() {
    return { ...this.#wanted };
  }

  set wanted(wanted) {
    this.#wanted = { ...wanted };
    this.#show();
  }

  get name() {
    return cleanName(this.#name.value);
  }

  /** The lobby is shown. What has been allowed before is opened at once: nobody is asked for anything. */
  async enter() {
    this.#open = true;
    this.#checked = false;
    this.explain({});
    const wanted = DEVICE_KINDS.filter((kind) => this.#wanted[kind]);
    const states = await Promise.all(wanted.map(permissionOf));
    const allowed = wanted.length > 0 && states.every((state) => state === "granted");
    if (allowed && this.#open && !this.#join.disabled) await this.#checkDevices();
  }

  /** The lobby is left, with or without the devices. */
  leave() {
    this.#open = false;
    this.setBusy(false);
    this.#setChecking(false);
    this.#video.srcObject = null;
    this.pickers.close();
  }

  /** @param {Inside} inside */
  showInside(inside) {
    if (inside === null) setText(this.#inside, strings.insideUnknown);
    else if (inside.full) setText(this.#inside, strings.insideFull);
    else setText(this.#inside, inside.present === 0 ? strings.insideNobody : strings.inside(inside.present));
    this.#inside.dataset.present = String(inside?.present ?? 0);
  }

  /** @param {boolean} busy whether the person is being asked, or the call is being joined */
  setBusy(busy) {
    for (const button of [this.#join, this.#without, this.#check]) button.disabled = busy;
    const label = this.#stuck ? strings.tryAgain : strings.joinCall;
    this.#join.textContent = busy ? strings.joining : label;
    if (busy) this.#notice.hidden = true;
  }

  /**
   * @param {import("./media.js").MediaProblems} problems none, to clear
   * @param {{ stuck?: boolean }} [options] whether nothing works that was wanted
   */
  explain(problems, { stuck = false } = {}) {
    const words = wordsFor(problems);
    this.#problems = problems;
    this.#stuck = stuck;
    this.#notice.hidden = words === null;
    const said = JSON.stringify([words, stuck]);
    // What is said already is not read out again.
    if (said !== this.#said) {
      this.#said = said;
      this.#notice.replaceChildren(...(words === null ? [] : problemParts(words)));
      // Where nothing works, the way in is what tries again.
      if (words !== null && !stuck) this.#notice.append(this.#again);
    }
    this.#without.hidden = !stuck;
    // What was refused has been asked for: from now on a press asks again.
    if (stuck) this.#checked = true;
    this.#join.textContent = stuck ? strings.tryAgain : strings.joinCall;
    this.#show();
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    // Nobody is to be seen by a camera that was shown as off.
    const wanted = this.#stuck ? this.wanted : { audio: this.#isOn("audio"), camera: this.#isOn("camera") };
    this.#actions.join(wanted, this.name, this.#problems);
  }

  #joinWithout() {
    this.#actions.join({ audio: false, camera: false }, this.name, {});
  }

  async #checkDevices() {
    this.#setChecking(true);
    const problems = await this.#devices.turnOn(this.wanted);
    // Left meanwhile, and perhaps entered anew.
    if (problems === null) return;
    this.#setChecking(false);
    if (!this.#open) return;
    this.#checked = true;
    // The person may have thought better of it while being asked.
    for (const kind of DEVICE_KINDS) if (!this.#wanted[kind]) this.#devices.turnOff(kind);
    const isAgain = document.activeElement === this.#again;
    this.#tell(problems);
    if (isAgain && this.#again.getClientRects().length > 0) this.#again.focus();
    else if (document.activeElement === document.body) this.#join.focus();
    await this.pickers.refresh();
  }

  /** @param {boolean} checking whether the person is being asked for the devices */
  #setChecking(checking) {
    this.#check.disabled = checking;
    this.#check.textContent = checking ? strings.checkingDevices : strings.checkDevices;
  }

  /**
   * Says what does not work, of what is wanted.
   *
   * @param {import("./media.js").MediaProblems} problems what has turned out just now
   */
  #tell(problems) {
    const { tracks } = this.#devices;
    const all = { ...this.#problems, ...problems };
    for (const kind of DEVICE_KINDS) if (tracks[kind] !== null || !this.#wanted[kind]) all[kind] = undefined;
    const works = tracks.audio !== null || tracks.camera !== null;
    this.explain(all, { stuck: !works && (this.#wanted.audio || this.#wanted.camera) });
  }

  /**
   * Whether a device is on; before the devices were checked, whether it is to be.
   *
   * @param {DeviceKind} kind
   */
  #isOn(kind) {
    return this.#wanted[kind] && (!this.#checked || this.#devices.tracks[kind] !== null);
  }

  /** @param {DeviceKind} kind */
  async #flip(kind) {
    // What is wanted and does not work is off: a press tries again.
    this.#wanted[kind] = !this.#isOn(kind);
    this.#show();
    // Before the devices were checked nobody has agreed to be asked.
    if (!this.#checked) return;
    if (this.#wanted[kind]) {
      const problems = await this.#devices.turnOn({ audio: kind === "audio", camera: kind === "camera" });
      if (problems !== null && this.#open) this.#tell(problems);
    } else {
      this.#devices.turnOff(kind);
      this.#tell({});
    }
    if (this.#open) await this.pickers.refresh();
  }

  /**
   * @param {"audio" | "camera" | "speaker"} kind
   * @param {string} id
   */
  async #pick(kind, id) {
    if (kind === "speaker") this.#devices.chooseSpeaker(id);
    else {
      const problems = await this.#devices.choose(kind, id);
      if (problems === null) return;
      if (this.#open && this.#checked) this.#tell(problems);
    }
    await this.pickers.refresh();
  }

  #show() {
    const { camera } = this.#devices.tracks;
    const shown = this.#open && camera !== null;
    if (shown && this.#video.srcObject === null) this.#video.srcObject = new MediaStream([camera]);
    else if (shown && /** @type {MediaStream} */ (this.#video.srcObject).getTracks()[0] !== camera) {
      this.#video.srcObject = new MediaStream([camera]);
    } else if (!shown) this.#video.srcObject = null;
    this.#video.hidden = !shown;
    this.#check.hidden = this.#checked || !(this.#wanted.audio || this.#wanted.camera);
    this.#off.hidden = shown || !this.#check.hidden;
    const letters = initials(this.name);
    this.#face.hidden = shown;
    this.#face.replaceChildren(letters === "" ? icon("person") : letters);
    for (const kind of DEVICE_KINDS) {
      const on = this.#isOn(kind);
      press(this.#toggles[kind], on);
      setIcon(this.#toggles[kind], ICONS[kind][on ? 0 : 1]);
      this.#toggles[kind].dataset.tip = on ? strings.turnOff[kind] : strings.turnOn[kind];
    }
    const { audio, camera: picture } = this.#wanted;
    const hint = this.#checked ? strings.lobbyHintReady : strings.lobbyHint;
    setText(this.#hint, audio || picture ? hint : strings.lobbyHintWatch);
    this.#hint.hidden = this.#hint.textContent === "";
  }

  /**
   * @param {string} id
   * @param {DeviceKind} kind
   */
  #toggle(id, kind) {
    const label = kind === "audio" ? strings.microphone : strings.camera;
    return h(
      "button",
      {
        type: "button",
        class: "button round toggle",
        id,
        "aria-pressed": "true",
        "aria-label": label,
        click: () => this.#flip(kind),
      },
      icon(ICONS[kind][0]),
    );
  }
}

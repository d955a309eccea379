import { h, press } from "./dom.js";
import { icon, setIcon } from "./icons.js";
import { shortcutsAreOn } from "./shortcuts.js";
import { strings } from "./strings.js";

/**
 * @typedef {import("./media.js").DeviceKind} DeviceKind
 * @typedef {"chat" | "people"} PanelName
 *
 * @typedef {object} BarActions
 * @property {(kind: DeviceKind) => void} toggle
 * @property {() => void} share
 * @property {(panel: PanelName) => void} panel
 * @property {() => void} leave
 */

/** The controls of a call. */
export class Bar {
  #badge = h("span", { class: "badge", hidden: true, "aria-hidden": "true" });
  #clock = h("span", { class: "clock", "aria-hidden": "true" });
  #buttons;

  /**
   * @param {{ room: string, sealed: boolean, canShare: boolean }} call
   * @param {BarActions} actions
   */
  constructor({ room, sealed, canShare }, { toggle, share, panel, leave }) {
    const turn = (/** @type {DeviceKind} */ kind) => () => {
      if (this.#buttons[kind].ariaDisabled !== "true") toggle(kind);
    };
    this.#buttons = {
      audio: button("audio", "microphone", strings.microphone, "m", turn("audio")),
      camera: button("camera", "camera", strings.camera, "v", turn("camera")),
      screen: button("share", "screen", strings.shareScreen, "s", share),
      chat: button("chat", "chat", strings.chat, "c", () => panel("chat")),
      people: button("people", "people", strings.people, "p", () => panel("people")),
      more: button("more", "more", strings.more, ""),
    };
    const { audio, camera, screen, chat, people, more: others } = this.#buttons;
    for (const kind of [audio, camera]) kind.classList.add("toggle");
    for (const spare of canShare ? [screen, people] : []) spare.classList.add("spare");
    people.classList.add("scarce");
    screen.classList.add("sharing");
    screen.hidden = !canShare;
    press(screen, false);
    chat.append(this.#badge);
    for (const [name, element] of Object.entries({ chat, people })) {
      element.setAttribute("aria-expanded", "false");
      element.setAttribute("aria-controls", `${name}-panel`);
    }
    others.setAttribute("aria-haspopup", "menu");
    others.setAttribute("aria-expanded", "false");
    this.showKeys(shortcutsAreOn());
    this.element = h(
      "footer",
      { class: "bar" },
      h(
        "p",
        { class: "bar-name" },
        sealed && icon("lock"),
        h("span", { class: "bar-room", id: "stage-room" }, room),
        this.#clock,
      ),
      h(
        "div",
        { class: "controls", role: "group", "aria-label": strings.controls, tabindex: -1 },
        audio,
        camera,
        screen,
        chat,
        people,
        others,
        h(
          "button",
          { type: "button", class: "button danger leave", id: "leave", "aria-label": strings.leave, click: leave },
          icon("leave"),
          h("span", { class: "leave-word" }, strings.leave),
        ),
      ),
    );
  }

  /**
   * Whether a control is in the bar. If it is not, the menu has to have it.
   *
   * @param {"screen" | "people"} name
   */
  hasRoomFor(name) {
    return this.#buttons[name].getClientRects().length > 0;
  }

  /** Puts the focus before the first of the controls. */
  focus() {
    this.#buttons.audio.parentElement?.focus();
  }

  /** The button that opens the menu. */
  get more() {
    return this.#buttons.more;
  }

  /**
   * @param {DeviceKind} kind
   * @param {boolean} on
   */
  setOn(kind, on) {
    const element = this.#buttons[kind];
    const name = kind === "audio" ? "microphone" : "camera";
    press(element, on);
    setIcon(element, on ? name : `${name}-off`);
    tip(element, (on ? strings.turnOff : strings.turnOn)[kind]);
  }

  /**
   * @param {DeviceKind} kind
   * @param {boolean} busy while the person is being asked for permission
   */
  setBusy(kind, busy) {
    // Not disabled: that would take the focus away.
    this.#buttons[kind].setAttribute("aria-disabled", String(busy));
  }

  /** @param {boolean} sharing */
  setSharing(sharing) {
    const { screen } = this.#buttons;
    press(screen, sharing);
    setIcon(screen, sharing ? "screen-off" : "screen");
    tip(screen, sharing ? strings.stopSharing : strings.shareScreen);
  }

  /** @param {boolean} shown whether the tips name the keys: not where they are switched off */
  showKeys(shown) {
    for (const element of Object.values(this.#buttons)) {
      const { key, words = "" } = element.dataset;
      if (key === undefined) continue;
      if (shown) element.setAttribute("aria-keyshortcuts", key);
      else element.removeAttribute("aria-keyshortcuts");
      tip(element, words);
    }
  }

  /**
   * @param {PanelName} panel
   * @param {boolean} open
   */
  setOpen(panel, open) {
    this.#buttons[panel].setAttribute("aria-expanded", String(open));
  }

  /** @param {number} count lines of chat that nobody has seen */
  setUnread(count) {
    this.#badge.hidden = count === 0;
    const words = count > 9 ? "9+" : String(count);
    this.#badge.textContent = words;
    this.#buttons.chat.setAttribute("aria-label", count === 0 ? strings.chat : strings.chatUnread(words));
  }

  /** @param {number} seconds how long the call has lasted; null clears it */
  setSeconds(seconds) {
    this.#clock.textContent = duration(seconds);
  }
}

/**
 * @param {string} id
 * @param {import("./icons.js").IconName} name
 * @param {string} label
 * @param {string} key the shortcut; empty for none
 * @param {() => void} [click]
 */
function button(id, name, label, key, click = () => {}) {
  const element = h(
    "button",
    { type: "button", class: "button round control", id, "aria-label": label, "aria-keyshortcuts": key || null, click },
    icon(name),
  );
  if (key !== "") element.dataset.key = key;
  tip(element, label);
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 */
function tip(element, text) {
  element.dataset.words = text;
  const key = element.getAttribute("aria-keyshortcuts");
  element.dataset.tip = key === null ? text : `${text} (${key.toUpperCase()})`;
}

/**
 * @param {number} seconds
 * @returns {string} such as `12:05` or `1:02:05`
 */
export function duration(seconds) {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

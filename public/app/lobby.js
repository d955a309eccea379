import { byId, find, setIcon } from "./dom.js";
import { mediaProblems, strings } from "./strings.js";

/**
 * @typedef {import("./media.js").Wanted} Wanted
 * @typedef {import("./media.js").MediaProblems} MediaProblems
 */

/** Where a person says with what to join, and hears what of it did not work. */
export class Lobby {
  #join = byId("join", HTMLButtonElement);
  #without = byId("join-without", HTMLButtonElement);
  #hint = byId("lobby-hint", HTMLElement);
  #notice = byId("lobby-notice", HTMLElement);
  #choices = {
    audio: byId("want-audio", HTMLButtonElement),
    camera: byId("want-camera", HTMLButtonElement),
  };

  /**
   * @param {string} room
   * @param {(wanted: Wanted) => void} join
   */
  constructor(room, join) {
    byId("lobby-room", HTMLElement).textContent = room;
    this.#join.addEventListener("click", () => join(this.wanted));
    this.#without.addEventListener("click", () => join({ audio: false, camera: false }));
    for (const button of Object.values(this.#choices)) {
      button.addEventListener("click", () => {
        press(button, button.getAttribute("aria-pressed") !== "true");
        this.#show();
      });
    }
    this.#show();
  }

  /** @returns {Wanted} */
  get wanted() {
    const { audio, camera } = this.#choices;
    return {
      audio: audio.getAttribute("aria-pressed") === "true",
      camera: camera.getAttribute("aria-pressed") === "true",
    };
  }

  set wanted({ audio, camera }) {
    press(this.#choices.audio, audio);
    press(this.#choices.camera, camera);
    this.#show();
  }

  /** @param {boolean} busy whether the person is being asked, or the call is being joined */
  setBusy(busy) {
    for (const button of [this.#join, this.#without]) button.disabled = busy;
    if (busy) this.#notice.hidden = true;
  }

  /** @param {MediaProblems} problems none, to clear */
  explain(problems) {
    const words = explain(problems);
    this.#notice.hidden = words === null;
    this.#without.hidden = words === null;
    this.#hint.hidden = words !== null;
    this.#join.textContent = words === null ? strings.joinCall : strings.tryAgain;
    if (words !== null) fillNotice(this.#notice, words);
  }

  #show() {
    const { audio, camera } = this.wanted;
    for (const [kind, button] of Object.entries(this.#choices)) {
      const on = button.getAttribute("aria-pressed") === "true";
      const name = kind === "audio" ? "microphone" : "camera";
      setIcon(button, on ? name : `${name}-off`);
      find(button, ".choice-state", HTMLElement).textContent = on ? strings.on : strings.off;
    }
    this.#hint.textContent = audio || camera ? strings.lobbyHint : strings.lobbyHintWatch;
  }
}

/**
 * @param {MediaProblems} problems
 * @returns {{ title: string, text: string } | null} null if there is none
 */
export function explain({ audio, camera }) {
  if (audio !== undefined && audio === camera) return mediaProblems[audio].both;
  if (camera !== undefined) return mediaProblems[camera].camera;
  if (audio !== undefined) return mediaProblems[audio].audio;
  return null;
}

/**
 * @param {HTMLElement} notice
 * @param {{ title: string, text: string }} words
 */
export function fillNotice(notice, { title, text }) {
  find(notice, ".notice-title", HTMLElement).textContent = title;
  find(notice, ".notice-text", HTMLElement).textContent = text;
}

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} pressed
 */
export function press(button, pressed) {
  button.setAttribute("aria-pressed", String(pressed));
}

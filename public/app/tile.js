import { byId, find } from "./dom.js";
import { strings } from "./strings.js";

/**
 * One person's picture, sound and name on the stage. Sound and picture play in elements of their own, so that neither
 * waits for the other, and a browser that wants a click before it plays sound still shows the picture.
 */
export class Tile {
  #video;
  #audio = new Audio();
  #muted;
  #state;

  /** @param {{ name: string, own?: boolean }} options `own`: our own picture, mirrored as people expect, and silent */
  constructor({ name, own = false }) {
    const fragment = byId("tile", HTMLTemplateElement).content.cloneNode(true);
    const root = /** @type {DocumentFragment} */ (fragment);
    /** The element to put on the stage. @readonly */
    this.element = find(root, ".tile", HTMLElement);
    this.#video = find(root, "video", HTMLVideoElement);
    this.#muted = find(root, ".tile-muted", HTMLElement);
    this.#state = find(root, ".tile-state", HTMLElement);
    // The attribute alone does not mute what was cloned from a template.
    this.#video.muted = true;
    find(root, ".tile-label", HTMLElement).textContent = name;
    this.element.setAttribute("aria-label", name);
    this.element.classList.toggle("own", own);
  }

  /**
   * @param {import("./media.js").DeviceKind} kind
   * @param {MediaStreamTrack | null} track
   * @returns {Promise<boolean>} false if the browser wants a click before it plays sound
   */
  async show(kind, track) {
    const element = kind === "camera" ? this.#video : this.#audio;
    element.srcObject = track === null ? null : new MediaStream([track]);
    if (track === null) return true;
    return this.#play(element);
  }

  /** Plays the sound, after a click. */
  async unblock() {
    await this.#play(this.#audio);
  }

  /** @param {{ audio: boolean, camera: boolean }} media what is being sent */
  setMedia({ audio, camera }) {
    this.element.classList.toggle("no-audio", !audio);
    this.element.classList.toggle("no-camera", !camera);
    this.#muted.textContent = audio ? "" : strings.tileMuted;
  }

  /** @param {import("../client/peer.js").PeerState} state */
  setState(state) {
    this.element.dataset.state = state;
    const words = { connecting: strings.tileConnecting, reconnecting: strings.tileReconnecting };
    this.#state.textContent = state === "connecting" || state === "reconnecting" ? words[state] : "";
  }

  /** Takes it off the stage. */
  remove() {
    this.#video.srcObject = null;
    this.#audio.srcObject = null;
    this.element.remove();
  }

  /** @param {HTMLMediaElement} element */
  async #play(element) {
    try {
      await element.play();
    } catch (error) {
      return /** @type {Error} */ (error).name !== "NotAllowedError";
    }
    return true;
  }
}

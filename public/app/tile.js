import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { fitOf, onWholePixels } from "./layout.js";
import { initials } from "./names.js";
import { strings } from "./strings.js";

/**
 * One person's picture, sound and name on the stage, or a screen that they share. Sound and picture play in elements of
 * their own, so that neither waits for the other, and a browser that wants a click before it plays sound still shows the
 * picture.
 */
export class Tile {
  #audio = new Audio();
  #name = h("span", { class: "tile-label" });
  #muted = h("span", { class: "visually-hidden" });
  #state = h("p", { class: "tile-state" });
  #face = h("p", { class: "face", "aria-hidden": "true" });
  #bars = h("span", { class: "bars", role: "img", hidden: true }, ...[1, 2, 3, 4].map(() => h("span")));
  #size = { width: 0, height: 0 };
  #last = h("canvas", { class: "last", hidden: true });

  /** @param {{ name: string, own?: boolean, screen?: boolean }} options `own`: our own picture, mirrored as people expect, and silent */
  constructor({ name, own = false, screen = false }) {
    /** The element that shows the picture. @readonly */
    this.video = h("video", { autoplay: true, playsinline: true });
    // The attribute alone does not mute it.
    this.video.muted = true;
    this.video.disablePictureInPicture = own;
    this.video.addEventListener("resize", () => this.#fit());
    /** The element to put on the stage. @readonly */
    this.element = h(
      "article",
      { class: "tile no-camera no-audio" },
      this.video,
      this.#last,
      this.#face,
      this.#state,
      h(
        "p",
        { class: "plate" },
        h("span", { class: "muted-mark" }, icon("microphone-off")),
        h("span", { class: "voice", "aria-hidden": "true" }, h("span"), h("span"), h("span")),
        this.#muted,
        this.#name,
        this.#bars,
      ),
    );
    this.element.classList.toggle("own", own);
    this.element.classList.toggle("screen", screen);
    this.setName(name);
  }

  /** @param {string} name */
  setName(name) {
    setText(this.#name, name);
    this.element.setAttribute("aria-label", name);
    const letters = initials(name);
    if (letters === "") this.#face.replaceChildren(icon("person"));
    else setText(this.#face, letters);
  }

  /** @param {string} name whose initials stand for the picture, where they are not the label's */
  setFace(name) {
    const letters = initials(name);
    this.#face.replaceChildren(letters === "" ? icon("person") : letters);
  }

  /**
   * @param {"audio" | "picture"} part
   * @param {MediaStreamTrack | null} track
   * @returns {Promise<boolean>} false if the browser wants a click before it plays this: pictures, too, where it saves power
   */
  async show(part, track) {
    const element = part === "picture" ? this.video : this.#audio;
    const [shown = null] = /** @type {MediaStream | null} */ (element.srcObject)?.getTracks() ?? [];
    if (shown === track) return true;
    element.srcObject = track === null ? null : new MediaStream([track]);
    if (track === null) return true;
    return this.#play(element);
  }

  /** Plays sound and picture, after a click. */
  unblock() {
    for (const element of [this.#audio, this.video]) if (element.srcObject !== null) this.#play(element);
  }

  /**
   * Plays the sound elsewhere, where the browser can.
   *
   * @param {string} id of a speaker; empty for the system's own
   */
  async setSpeaker(id) {
    try {
      await this.#audio.setSinkId?.(id);
    } catch {
      // It was pulled out: the system's own plays on.
    }
  }

  /** @param {{ audio: boolean, camera: boolean }} media what is being sent */
  setMedia({ audio, camera }) {
    this.element.classList.toggle("no-audio", !audio);
    this.element.classList.toggle("no-camera", !camera);
    setText(this.#muted, audio ? "" : strings.tileMuted);
  }

  /** @param {boolean} speaking */
  setSpeaking(speaking) {
    this.element.classList.toggle("speaking", speaking);
  }

  /** @param {0 | 1 | 2 | 3 | 4} bars */
  setBars(bars) {
    this.#bars.hidden = bars === 0;
    this.#bars.dataset.bars = String(bars);
    this.#bars.setAttribute("aria-label", strings.bars[bars] ?? "");
  }

  /**
   * @param {"connecting" | "connected" | "reconnecting" | "closed" | "no-route" | "paused"} state
   */
  setState(state) {
    if (state === "reconnecting" && this.element.dataset.state !== state) this.#keepPicture();
    if (state === "connected" && !this.#last.hidden) this.#awaitPicture();
    this.element.dataset.state = state;
    const words = {
      connecting: strings.tileConnecting,
      reconnecting: strings.tileReconnecting,
      "no-route": strings.tileNoRoute,
      paused: strings.tilePaused,
    };
    setText(this.#state, /** @type {Record<string, string>} */ (words)[state] ?? "");
  }

  /** @param {import("./layout.js").Rect} rect in pixels of the stage */
  place({ x, y, width, height }) {
    this.#size = { width, height };
    const { style } = this.element;
    for (const [name, value] of Object.entries(onWholePixels({ x, y, width, height }))) {
      style.setProperty(`--${name}`, `${value}px`);
    }
    this.#fit();
  }

  /** Takes it off the stage. */
  remove() {
    this.video.srcObject = null;
    this.#audio.srcObject = null;
    this.element.remove();
  }

  /** Draws the last picture, since a connection that is replaced takes its own along. */
  #keepPicture() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (width === 0) return;
    Object.assign(this.#last, { width, height });
    this.#last.getContext("2d")?.drawImage(this.video, 0, 0);
    this.#last.hidden = false;
  }

  /** Shows the video again with its first new picture. */
  #awaitPicture() {
    const show = () => {
      if (this.element.dataset.state !== "reconnecting") this.#last.hidden = true;
    };
    if (this.video.requestVideoFrameCallback === undefined) show();
    else this.video.requestVideoFrameCallback(show);
  }

  #fit() {
    const { videoWidth: width, videoHeight: height } = this.video;
    this.element.classList.toggle("whole", fitOf({ width, height }, this.#size) === "contain");
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

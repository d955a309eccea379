import { openDevices } from "./media.js";

/**
 * @typedef {import("./media.js").DeviceKind} DeviceKind
 * @typedef {import("./media.js").DeviceTracks} DeviceTracks
 */

/**
 * Our own microphone and camera during a call. A camera that is off is stopped, so that its light goes out; a
 * microphone that is off is kept, so that it is back without delay, but nothing of it is sent.
 */
export class Devices {
  /** @type {DeviceTracks} */
  #open = { audio: null, camera: null };
  #on = { audio: false, camera: false };
  #ended;

  /** @param {(kind: DeviceKind) => void} ended called when a device that was on has gone, such as by being unplugged */
  constructor(ended) {
    this.#ended = ended;
  }

  /** What to send: null for what is off. @returns {DeviceTracks} */
  get tracks() {
    return { audio: this.#on.audio ? this.#open.audio : null, camera: this.#on.camera ? this.#open.camera : null };
  }

  /**
   * Turns devices on, asking the person for permission if need be.
   *
   * @param {import("./media.js").Wanted} wanted
   * @returns {Promise<import("./media.js").MediaProblems>} what did not work; empty if all did
   */
  async turnOn(wanted) {
    const missing = {
      audio: wanted.audio && this.#open.audio === null,
      camera: wanted.camera && this.#open.camera === null,
    };
    const { tracks, problems } = await openDevices(missing);
    for (const kind of /** @type {const} */ (["audio", "camera"])) {
      if (tracks[kind] !== null) this.#take(kind, tracks[kind]);
      if (wanted[kind] && this.#open[kind] !== null) this.#set(kind, true);
    }
    return problems;
  }

  /** @param {DeviceKind} kind */
  turnOff(kind) {
    this.#set(kind, false);
    if (kind === "camera") this.#release(kind);
  }

  /** Lets go of everything. */
  close() {
    for (const kind of /** @type {const} */ (["audio", "camera"])) {
      this.#set(kind, false);
      this.#release(kind);
    }
  }

  /**
   * @param {DeviceKind} kind
   * @param {MediaStreamTrack} track
   */
  #take(kind, track) {
    this.#release(kind);
    this.#open[kind] = track;
    // Not heard when we stop the track ourselves (W3C Media Capture and Streams, 4.3.1).
    track.addEventListener("ended", () => {
      if (this.#open[kind] !== track) return;
      this.turnOff(kind);
      this.#release(kind);
      this.#ended(kind);
    });
  }

  /**
   * @param {DeviceKind} kind
   * @param {boolean} on
   */
  #set(kind, on) {
    this.#on[kind] = on;
    const track = this.#open[kind];
    if (track !== null) track.enabled = on;
  }

  /** @param {DeviceKind} kind */
  #release(kind) {
    this.#open[kind]?.stop();
    this.#open[kind] = null;
  }
}

import { TypedTarget } from "../client/room.js";
import { DEVICE_KINDS, openDevices, permissionOf } from "./media.js";
import { readPreferences, writePreferences } from "./preferences.js";

/**
 * @typedef {import("./media.js").DeviceKind} DeviceKind
 * @typedef {import("./media.js").DeviceTracks} DeviceTracks
 * @typedef {"audioinput" | "videoinput" | "audiooutput"} InputKind
 *
 * @typedef {object} DevicesEvents
 * @property {{ kind: DeviceKind }} change what is sent of a kind is another track now, or none
 * @property {{ kind: DeviceKind, problem: import("./media.js").MediaProblem, replaced: boolean }} lost a device that was on
 *   has gone, such as by being unplugged; `replaced`: another one took its place
 * @property {{ kind: DeviceKind, paused: boolean }} paused the system has taken a device away for a while, such as for a phone call
 * @property {{ added: MediaDeviceInfo[], devices: MediaDeviceInfo[] }} list devices were plugged in or pulled out
 */

/** How long a camera may stay paused after the page is seen again before it is opened anew, in milliseconds. */
const PAUSED_MS = 2_000;

/** The ids under which browsers list what the system has chosen, beside that device itself. */
export const SYSTEM_CHOICES = ["default", "communications"];

/**
 * Our own microphone and camera. A camera that is off is stopped, so that its light goes out; a microphone that is off is
 * kept, so that it is back without delay, but nothing of it is sent.
 *
 * @extends {TypedTarget<DevicesEvents>}
 */
export class Devices extends TypedTarget {
  /** @type {DeviceTracks} */
  #open = { audio: null, camera: null };
  #on = { audio: false, camera: false };
  /** What was on when it went, and is not replaced yet. */
  #gone = { audio: false, camera: false };
  #chosen = readPreferences().devices;
  /** One thing at a time: a press while the person is being asked must not ask twice. @type {Promise<unknown>} */
  #queue = Promise.resolve();
  /** How often everything was let go of. What was asked for before that is not wanted any more when it comes. */
  #closed = 0;
  /** @type {MediaDeviceInfo[]} */
  #known = [];

  constructor() {
    super();
    navigator.mediaDevices.addEventListener?.("devicechange", () => this.#listChanged());
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  /** What to send: null for what is off. @returns {DeviceTracks} */
  get tracks() {
    return { audio: this.#on.audio ? this.#open.audio : null, camera: this.#on.camera ? this.#open.camera : null };
  }

  /** The microphone, whether it is on or not: to find out whether somebody speaks while it is off. */
  get microphone() {
    return this.#open.audio;
  }

  /** Ids of what was chosen; empty for the browser's choice. */
  get chosen() {
    return { ...this.#chosen };
  }

  /**
   * The device that is open now.
   *
   * @param {DeviceKind} kind
   * @returns {string} its id, or an empty string
   */
  inUse(kind) {
    return this.#open[kind]?.getSettings().deviceId ?? "";
  }

  /**
   * What the microphone that is open is called; empty where that is not known. The system's choice is a device of its own in some
   * browsers, called "Default": then it is what else is in its group (W3C Media Capture and Streams, 9.2.1), or the only one there is.
   */
  get microphoneName() {
    const { deviceId = "", groupId } = this.#open.audio?.getSettings() ?? {};
    if (!SYSTEM_CHOICES.includes(deviceId)) return this.#open.audio?.label ?? "";
    const real = this.#known.filter(
      ({ kind, deviceId }) => kind === "audioinput" && !SYSTEM_CHOICES.includes(deviceId),
    );
    const chosen = real.length === 1 ? real[0] : real.find((device) => device.groupId === groupId);
    return chosen?.label ?? "";
  }

  /**
   * Turns devices on, asking the person for permission if need be.
   *
   * @param {import("./media.js").Wanted} wanted
   * @returns {Promise<import("./media.js").MediaProblems | null>} what did not work, empty if all did; null if everything was
   *   let go of meanwhile
   */
  turnOn(wanted) {
    return this.#next(async (isOver) => {
      const missing = {
        audio: wanted.audio && this.#open.audio === null,
        camera: wanted.camera && this.#open.camera === null,
      };
      const { tracks, problems } = await openDevices(missing, this.#chosen);
      if (isOver()) return stop(tracks);
      for (const kind of DEVICE_KINDS) {
        if (tracks[kind] !== null) this.#take(kind, tracks[kind]);
        if (wanted[kind] && this.#open[kind] !== null) this.#set(kind, true);
      }
      await this.list();
      return problems;
    });
  }

  /** @param {DeviceKind} kind */
  turnOff(kind) {
    this.#set(kind, false);
    if (kind === "camera") this.#release(kind);
  }

  /**
   * Takes another device from now on; if one of its kind is open, or was when it went away, at once.
   *
   * @param {DeviceKind} kind
   * @param {string} id
   * @returns {Promise<import("./media.js").MediaProblems | null>} as of `turnOn`
   */
  choose(kind, id) {
    this.#remember({ [kind]: id });
    return this.#next(async (isOver) => {
      if (this.#open[kind] === null && !this.#gone[kind]) return {};
      const wasOn = this.#on[kind] || this.#gone[kind];
      // Many phones open one camera at a time.
      if (kind === "camera") this.#release(kind);
      const { tracks, problems } = await openDevices(only(kind), this.#chosen);
      if (isOver()) return stop(tracks);
      if (tracks[kind] !== null) this.#take(kind, tracks[kind]);
      this.#set(kind, wasOn && this.#open[kind] !== null);
      return problems;
    });
  }

  /** @param {string} id of what plays the others' sound */
  chooseSpeaker(id) {
    this.#remember({ speaker: id });
  }

  /**
   * What is plugged in. Names are there once a device has been allowed.
   *
   * @returns {Promise<MediaDeviceInfo[]>}
   */
  async list() {
    try {
      this.#known = await navigator.mediaDevices.enumerateDevices();
    } catch {
      this.#known = [];
    }
    return this.#known;
  }

  /** Lets go of everything, also of what the person is being asked for just now. Whatever is asked for later is opened again. */
  close() {
    this.#closed += 1;
    for (const kind of DEVICE_KINDS) {
      this.#set(kind, false);
      this.#release(kind);
    }
  }

  /** @param {Partial<Record<DeviceKind | "speaker", string>>} changes */
  #remember(changes) {
    this.#chosen = { ...this.#chosen, ...changes };
    writePreferences({ devices: this.#chosen });
  }

  /**
   * @template T
   * @param {(isOver: () => boolean) => Promise<T | null>} act may ask whether everything was let go of since it was called for
   * @returns {Promise<T | null>} null if it was
   */
  #next(act) {
    const closed = this.#closed;
    const isOver = () => this.#closed !== closed;
    const done = this.#queue.then(async () => {
      const result = isOver() ? null : await act(isOver);
      return isOver() ? null : result;
    });
    this.#queue = done.catch(() => {});
    return done;
  }

  /**
   * @param {DeviceKind} kind
   * @param {MediaStreamTrack} track
   */
  #take(kind, track) {
    this.#release(kind);
    this.#open[kind] = track;
    const isOurs = () => this.#open[kind] === track;
    // Not heard when we stop the track ourselves (W3C Media Capture and Streams, 4.3.1).
    track.addEventListener("ended", () => isOurs() && this.#ended(kind));
    for (const name of /** @type {const} */ (["mute", "unmute"])) {
      track.addEventListener(name, () => isOurs() && this.emit("paused", { kind, paused: name === "mute" }));
    }
  }

  /**
   * A device is gone. A microphone is replaced by another if there is one, since its owner speaks on; a camera is not, since
   * another one shows what nobody chose to show.
   *
   * @param {DeviceKind} kind
   */
  async #ended(kind) {
    const wasOn = this.#on[kind];
    const id = this.inUse(kind);
    this.#set(kind, false);
    this.#release(kind);
    if (!wasOn) return;
    this.#gone[kind] = true;
    // What is not sent any more is told before it is known why: that takes a moment.
    this.emit("change", { kind });
    const permission = await permissionOf(kind);
    const isThere = (await this.list()).some(({ deviceId }) => deviceId === id);
    // Taken back, in a way that some browsers do not tell: to ask again for it would be rude.
    const refused = permission === "denied" || (permission !== "granted" && isThere);
    const mayReplace = kind === "audio" && !refused && this.#gone[kind];
    const problems = mayReplace ? await this.turnOn(only(kind)) : {};
    if (problems === null) return;
    const replaced = this.tracks[kind] !== null;
    if (replaced) this.emit("change", { kind });
    this.emit("lost", { kind, problem: refused ? "denied" : (problems[kind] ?? "failed"), replaced });
  }

  async #listChanged() {
    const before = new Set(this.#known.map(identity));
    const now = await this.list();
    const isNew = (/** @type {MediaDeviceInfo} */ device) => !before.has(identity(device)) && device.label !== "";
    this.emit("list", { added: before.size === 0 ? [] : now.filter(isNew), devices: now });
  }

  /** The page is seen again, perhaps on a phone that was locked: what the system has not given back is opened anew. */
  #seen() {
    if (document.visibilityState === "hidden") return;
    setTimeout(() => {
      for (const kind of DEVICE_KINDS) {
        // A page that was frozen may not have heard of it.
        if (this.#open[kind]?.readyState === "ended") this.#ended(kind);
        else if (this.#on[kind] && this.#open[kind]?.muted) this.#reopen(kind);
      }
    }, PAUSED_MS);
  }

  /** @param {DeviceKind} kind */
  #reopen(kind) {
    this.#next(async (isOver) => {
      if (!this.#on[kind] || !this.#open[kind]?.muted) return;
      const { tracks } = await openDevices(only(kind), this.#chosen);
      if (isOver()) stop(tracks);
      if (isOver() || tracks[kind] === null) return;
      this.#take(kind, tracks[kind]);
      this.#set(kind, true);
      this.emit("paused", { kind, paused: false });
      this.emit("change", { kind });
    });
  }

  /**
   * @param {DeviceKind} kind
   * @param {boolean} on
   */
  #set(kind, on) {
    this.#on[kind] = on;
    this.#gone[kind] = false;
    const track = this.#open[kind];
    if (track !== null) track.enabled = on;
  }

  /** @param {DeviceKind} kind */
  #release(kind) {
    this.#open[kind]?.stop();
    this.#open[kind] = null;
  }
}

/**
 * @param {DeviceTracks} tracks that nobody wants any more
 * @returns {null}
 */
function stop(tracks) {
  for (const kind of DEVICE_KINDS) tracks[kind]?.stop();
  return null;
}

/** @param {DeviceKind} kind */
function only(kind) {
  return { audio: kind === "audio", camera: kind === "camera" };
}

/** @param {MediaDeviceInfo} device */
function identity({ kind, deviceId }) {
  return `${kind} ${deviceId}`;
}

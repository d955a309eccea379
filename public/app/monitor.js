import { TypedTarget } from "../client/room.js";
import { Meter, Speech } from "./meter.js";
import { Watch } from "./reception.js";
import { countCandidates, summarize } from "./stats.js";

/** How often the statistics are read, in milliseconds: they cost something with every peer. */
const STATS_MS = 2_000;

/** How often the loudness is read, in milliseconds: a ring that comes later seems to belong to somebody else. */
const LEVEL_MS = 120;

/** So long nobody is found before it is said that there is no way, in milliseconds: the library's third try has begun by then. */
export const NO_ROUTE_MS = 35_000;

/** So long a microphone that is on may be perfectly silent, in milliseconds: a room is never that quiet. */
const SILENT_MS = 10_000;

/** So long somebody has to speak before being told that the microphone is off, in milliseconds: a cough is no speech. */
const MUTED_SPEECH_MS = 900;

/**
 * @typedef {import("./guests.js").Guest} Guest
 *
 * @typedef {object} MonitorEvents
 * @property {{ guest: Guest | null, speaking: boolean }} speaking null: ourselves
 * @property {{ muted: boolean }} mutedspeech somebody speaks here while the microphone is off
 * @property {{ silent: boolean }} silent the microphone is on, but nothing comes from it
 * @property {{ stuck: boolean }} stuck no packets with our sound leave
 */

/**
 * Looks after a call: who speaks, how good each connection is, and whether what is sent leaves and arrives.
 *
 * @extends {TypedTarget<MonitorEvents>}
 */
export class Monitor extends TypedTarget {
  #guests;
  #devices;
  #watched = new Map();
  #leaving = new Watch();
  #own = new Listener();
  #silentSince = Date.now();
  #mutedSince = 0;
  #said = { muted: false, silent: false };
  /** @type {any[]} */
  #timers = [];
  #reading = false;

  /**
   * @param {import("./guests.js").Guests} guests
   * @param {import("./devices.js").Devices} devices
   */
  constructor(guests, devices) {
    super();
    this.#guests = guests;
    this.#devices = devices;
    guests.addEventListener("enter", ({ guest }) => this.#watched.set(guest, new Watched()));
    guests.addEventListener("exit", ({ guest }) => {
      this.#watched.get(guest)?.listener.close();
      this.#watched.delete(guest);
    });
    guests.addEventListener("track", ({ guest, kind, track }) => {
      if (kind === "audio") this.#watched.get(guest)?.listener.follow(track);
    });
    this.#timers = [setInterval(() => this.#read(), STATS_MS), setInterval(() => this.#listen(), LEVEL_MS)];
  }

  /** Whether no packets with our sound leave, though there should be some. */
  get stuck() {
    return this.#leaving.stuck;
  }

  close() {
    for (const timer of this.#timers) clearInterval(timer);
    for (const { listener } of this.#watched.values()) listener.close();
    this.#own.close();
  }

  async #read() {
    if (this.#reading) return;
    this.#reading = true;
    try {
      await Promise.all(this.#guests.all.map((guest) => this.#look(guest)));
      this.#lookAtOwn();
    } finally {
      this.#reading = false;
    }
  }

  /** @param {Guest} guest */
  async #look(guest) {
    const watched = /** @type {Watched | undefined} */ (this.#watched.get(guest));
    if (watched === undefined) return;
    const now = Date.now();
    const { peer } = guest;
    const connected = peer.state === "connected";
    const screen = peer.tracks.screen?.id;
    const report = await peer.getStats().catch(() => null);
    guest.summary = report === null || !connected ? null : summarize(report.values(), guest.summary, screen);
    guest.candidates = report === null || connected ? null : countCandidates(report.values());
    if (peer.state !== "connecting" || peer.away) watched.since = now;
    guest.noRoute = now - watched.since > NO_ROUTE_MS;
    const counts = guest.summary?.received;
    const expected = connected && counts !== undefined;
    const audio = { expected: expected && peer.media.audio, count: counts?.audioPackets ?? 0 };
    const camera = {
      expected: expected && peer.media.camera && watched.shown,
      count: guest.summary?.cameraFrames ?? 0,
    };
    const changed = [watched.audio.look(audio, now), watched.camera.look(camera, now)];
    if (changed.includes(true)) {
      guest.missing = { audio: watched.audio.stuck, camera: watched.camera.stuck };
      this.#guests.complain(guest, guest.missing);
    }
    this.#guests.changed(guest);
  }

  /**
   * Whether somebody's camera is asked for: what is not asked for does not come.
   *
   * @param {Guest} guest
   * @param {boolean} shown
   */
  setShown(guest, shown) {
    const watched = /** @type {Watched | undefined} */ (this.#watched.get(guest));
    if (watched !== undefined) watched.shown = shown;
  }

  #lookAtOwn() {
    const connected = this.#guests.connected.filter(({ summary }) => summary !== null);
    const count = connected.reduce((sum, { summary }) => sum + (summary?.sent.audioPackets ?? 0), 0);
    const expected = connected.length > 0 && this.#devices.tracks.audio !== null;
    if (this.#leaving.look({ expected, count }, Date.now())) this.emit("stuck", { stuck: this.#leaving.stuck });
  }

  #listen() {
    const now = Date.now();
    for (const [guest, { listener }] of this.#watched) {
      if (listener.changed(guest.peer.media.audio, now)) this.emit("speaking", { guest, speaking: listener.speaking });
    }
    this.#listenToOwn(now);
  }

  /** @param {number} now */
  #listenToOwn(now) {
    const { microphone, tracks } = this.#devices;
    this.#own.follow(microphone, { alsoMuted: tracks.audio === null });
    const isOn = tracks.audio !== null;
    const before = this.#own.speaking;
    this.#own.changed(microphone !== null, now);
    const { speaking, level } = this.#own;
    if (before !== speaking && isOn) this.emit("speaking", { guest: null, speaking });
    if (!(speaking && !isOn)) this.#mutedSince = now;
    if (!isOn || level !== 0) this.#silentSince = now;
    this.#say("muted", now - this.#mutedSince > MUTED_SPEECH_MS);
    this.#say("silent", now - this.#silentSince > SILENT_MS);
  }

  /**
   * @param {"muted" | "silent"} what
   * @param {boolean} is
   */
  #say(what, is) {
    if (this.#said[what] === is) return;
    this.#said[what] = is;
    if (what === "muted") this.emit("mutedspeech", { muted: is });
    else this.emit("silent", { silent: is });
  }
}

/** What is watched of one guest. */
class Watched {
  since = Date.now();
  audio = new Watch();
  camera = new Watch();
  shown = true;
  listener = new Listener();
}

/** Hears whether a track has speech on it. */
class Listener {
  speaking = false;
  /** @type {number | null} */
  level = null;
  /** @type {Meter | null} */
  #meter = null;
  /** @type {MediaStreamTrack | null} */
  #track = null;
  /** A copy of a track that is switched off, which goes on hearing. @type {MediaStreamTrack | null} */
  #copy = null;
  #muted = false;
  #speech = new Speech();

  /**
   * @param {MediaStreamTrack | null} track
   * @param {{ alsoMuted?: boolean }} [options] whether to listen though the track is switched off
   */
  follow(track, { alsoMuted = false } = {}) {
    if (track === this.#track && alsoMuted === this.#muted) return;
    this.close();
    this.#track = track;
    this.#muted = alsoMuted;
    if (track === null) return;
    if (alsoMuted) {
      this.#copy = track.clone();
      this.#copy.enabled = true;
    }
    this.#meter = new Meter(this.#copy ?? track);
  }

  /**
   * @param {boolean} expected whether there may be speech
   * @param {number} now
   * @returns {boolean} whether `speaking` has changed
   */
  changed(expected, now) {
    const before = this.speaking;
    this.level = expected ? (this.#meter?.level ?? null) : null;
    this.speaking = this.#speech.hears(this.level, now) && expected;
    return before !== this.speaking;
  }

  close() {
    this.#meter?.close();
    this.#copy?.stop();
    this.#meter = null;
    this.#copy = null;
    this.#track = null;
    this.speaking = false;
  }
}

import { Connection, TRACK_KINDS } from "./connection.js";
import { TypedTarget } from "./events.js";

/** A connection that breaks often comes back by itself: how long it may take, in milliseconds, before we help; up to half as long again, so that both sides do not start together. */
export const DISCONNECTED_MS = 2_000;

/** How long a connection may take to come up, in milliseconds, before another try; up to half as long again. */
export const CONNECT_MS = 10_000;

/** The longest wait between two tries, in milliseconds. */
export const CONNECT_CAP_MS = 40_000;

/** So many restarts of a connection have to fail before it is replaced by a new one. */
export const RESTARTS = 2;

/**
 * - `connecting`: never connected so far
 * - `connected`: media can flow
 * - `reconnecting`: was connected, is not now, and may be again
 * - `closed`: gone
 *
 * @typedef {"connecting" | "connected" | "reconnecting" | "closed"} PeerState
 *
 * @typedef {import("./connection.js").TrackKind} TrackKind
 * @typedef {import("./connection.js").Tracks} Tracks
 * @typedef {Record<TrackKind, boolean>} MediaState which kinds somebody is sending
 *
 * @typedef {object} PeerEvents
 * @property {{ state: PeerState }} state
 * @property {{ away: boolean }} away
 * @property {{ kind: TrackKind, track: MediaStreamTrack }} track a track to play; it replaces an earlier one of its kind
 * @property {{ media: MediaState }} media the peer switched something on or off
 * @property {{}} bye the peer said that it leaves
 * @property {{ data: unknown }} signal came over the connection instead of through the room
 * @property {{ error: unknown }} error a step of the negotiation failed; it will be tried again
 *
 * @typedef {object} PeerContext what a peer needs of its room
 * @property {string} self our own peer id
 * @property {() => boolean} reachable whether the room can be reached now
 * @property {(payload: object) => void} signal sends to this peer, once and in order, whatever happens meanwhile
 * @property {() => import("./protocol.js").IceServer[]} iceServers
 * @property {Tracks} tracks what we send now
 */

/**
 * Somebody else in the room: the media from and to them, whatever becomes of the connection that carries it.
 *
 * The two sides agree on a session, the name of one RTCPeerConnection on either side; its first offer brings it along,
 * and every signal names it. So what was meant for a former connection, or for a page that was reloaded since, is
 * recognised and dropped; and whoever is offered a new session builds a new RTCPeerConnection for it.
 *
 * Signals arrive once and in order (see `Courier`), so none is ever repeated here.
 *
 * @extends {TypedTarget<PeerEvents>}
 */
export class Peer extends TypedTarget {
  #context;
  #environment;
  #polite;
  /** @type {Tracks} */
  #local;
  /** @type {Connection | null} */
  #connection = null;
  /** @type {PeerState} */
  #state = "connecting";
  #away = false;
  /** @type {MediaState} */
  #media = { audio: false, camera: false };
  /** @type {Tracks} */
  #tracks = { audio: null, camera: null };
  #incoming = Promise.resolve();
  #attempts = 0;
  /** @type {any} */
  #timer = null;

  /**
   * @param {string} id
   * @param {PeerContext} context
   * @param {import("./environment.js").Environment} environment
   */
  constructor(id, context, environment) {
    super();
    /** The peer's id in the room. @readonly */
    this.id = id;
    this.#context = context;
    this.#environment = environment;
    this.#polite = context.self < id;
    this.#local = { ...context.tracks };
  }

  get state() {
    return this.#state;
  }

  /** Whether the peer has lost the room, for now. Media may flow all the same. */
  get away() {
    return this.#away;
  }

  /** What the peer says it is sending. */
  get media() {
    return { ...this.#media };
  }

  /** The tracks that play what the peer sends; null before the first connection. */
  get tracks() {
    return { ...this.#tracks };
  }

  /**
   * The statistics of the connection (W3C "Identifiers for WebRTC's Statistics API").
   *
   * @returns {Promise<RTCStatsReport | null>} null if there is no connection
   */
  async getStats() {
    return this.#connection?.getStats() ?? null;
  }

  /** Connects, with a first offer. For the one who came later: whoever was there already waits for it. */
  begin() {
    this.#open(this.#environment.randomId(), true);
  }

  /** Waits for the other side's first offer, and for the connection to come up; if that takes too long, does something. */
  expect() {
    this.#later(CONNECT_MS);
  }

  /**
   * Takes a signal from this peer. Signals are handled one at a time.
   *
   * @param {unknown} data
   * @returns {Promise<void>} settled when the signal has been handled
   */
  receive(data) {
    this.#incoming = this.#incoming.then(() => this.#handle(data));
    return this.#incoming;
  }

  /**
   * Notes whether the peer can be reached through the room.
   *
   * @param {boolean} away
   */
  setAway(away) {
    if (away === this.#away) return;
    this.#away = away;
    this.emit("away", { away });
  }

  /** The peer can be reached again: does again what has not come to its end. */
  resume() {
    if (this.#state === "connected") return;
    this.#attempts = 0;
    if (this.#connection === null || this.#connection.state === "connecting") this.expect();
    else this.#recover();
  }

  /** The peer is another page than before, which knows nothing of the connection: makes a new one. */
  renew() {
    this.#notConnected();
    this.#attempts = 0;
    this.begin();
  }

  /**
   * The network may have changed: looks for a new way, while the old one goes on. Where that is not to be relied on, a
   * connection is left alone until it breaks.
   */
  restart() {
    if (this.#state !== "connected") this.resume();
    else if (this.#connection?.restartable) this.#connection.restart(this.#context.iceServers());
  }

  /**
   * Sends a signal over the connection, past the room.
   *
   * @param {unknown} data what JSON can say
   * @returns {boolean} whether the connection took it; it may still not arrive
   */
  sendSignal(data) {
    return this.#connection?.sendControl({ type: "signal", data }) ?? false;
  }

  /**
   * Something was wrong with what came from this peer.
   *
   * @param {Error} error
   */
  report(error) {
    if (this.#state !== "closed") this.emit("error", { error });
  }

  /**
   * Sends another track, or nothing, from now on, and tells the peer.
   *
   * @param {TrackKind} kind
   * @param {MediaStreamTrack | null} track
   */
  async setTrack(kind, track) {
    this.#local[kind] = track;
    await this.#connection?.setTrack(kind, track);
    this.#tellMedia();
  }

  /**
   * Ends it.
   *
   * @param {{ bye?: boolean }} [options] whether to tell the peer that we leave, so that it need not wait for us
   */
  close({ bye = false } = {}) {
    if (this.#state === "closed") return;
    if (bye) this.#connection?.sendControl({ type: "bye" });
    this.#environment.clearTimeout(this.#timer);
    this.#connection?.close();
    this.#connection = null;
    this.#become("closed");
  }

  /** @param {unknown} data */
  async #handle(data) {
    if (this.#state === "closed" || typeof data !== "object" || data === null) return;
    const signal = /** @type {import("./connection.js").Negotiation} */ (data);
    const known = this.#connection?.session;
    // A client of another make names no session: what it says is about the connection there is, or the first.
    const session = signal.session ?? known ?? "";
    if (session !== known && !this.#accepts(signal, session)) return;
    await this.#connection?.receive(signal);
  }

  /**
   * A signal about another connection than ours: decides whether to build that one.
   *
   * @param {import("./connection.js").Negotiation} signal
   * @param {string} session
   * @returns {boolean} whether the connection is now the one that the signal is about
   */
  #accepts({ description, first, session: named }, session) {
    if (description?.type !== "offer") return false;
    const ours = this.#connection?.opening === true;
    if (first !== true && named !== undefined) {
      // The other side goes on with what we no longer have: only a new start helps.
      if (!ours) this.begin();
      return false;
    }
    // Both sides started at once, and ours stands.
    if (ours && !this.#polite) return false;
    this.#open(session, false);
    return true;
  }

  /**
   * @param {string} session
   * @param {boolean} initiator
   */
  #open(session, initiator) {
    this.#connection?.close();
    const connection = new Connection(
      {
        session,
        initiator,
        polite: this.#polite,
        iceServers: this.#context.iceServers(),
        tracks: this.#local,
        send: (negotiation) => this.#signal(negotiation),
      },
      this.#environment,
    );
    connection.addEventListener("state", ({ state }) => this.#watch(state));
    connection.addEventListener("track", ({ kind, track }) => this.#receiveTrack(kind, track));
    connection.addEventListener("open", () => this.#tellMedia());
    connection.addEventListener("message", ({ message }) => this.#receiveControl(message));
    connection.addEventListener("lost", () => this.#lost());
    connection.addEventListener("error", ({ error }) => this.emit("error", { error }));
    this.#connection = connection;
    this.#watch(connection.state);
  }

  /** @param {import("./connection.js").Negotiation} negotiation */
  #signal(negotiation) {
    try {
      this.#context.signal(negotiation);
    } catch (error) {
      this.emit("error", { error });
    }
  }

  /** @param {import("./connection.js").ConnectionState} state */
  #watch(state) {
    if (state === "connected") {
      this.#attempts = 0;
      this.#stopTimer();
      this.#become("connected");
      return;
    }
    this.#notConnected();
    if (state === "failed") this.#recover();
    else if (state === "disconnected") this.#later(DISCONNECTED_MS);
    else if (this.#timer === null) this.#later(CONNECT_MS);
  }

  /** The other side's connection has ended without a word: its page is gone, and perhaps about to come back. */
  #lost() {
    this.#notConnected();
    this.#attempts = RESTARTS;
    this.#later(DISCONNECTED_MS);
  }

  #notConnected() {
    if (this.#state === "connected") this.#become("reconnecting");
  }

  /** Tries once more: first to restart the connection, if it can be, after that with a new one; and looks again later. */
  #recover() {
    this.#stopTimer();
    this.#attempts += 1;
    const wait = Math.min(CONNECT_CAP_MS, CONNECT_MS * 2 ** (this.#attempts - 1));
    // Nothing would arrive, and the old connection may come back by itself; `resume` follows when it would.
    if (this.#away || !this.#context.reachable()) return;
    const connection = this.#attempts > RESTARTS ? null : this.#connection;
    if (connection?.opening || connection?.restartable) connection.restart(this.#context.iceServers());
    else this.begin();
    this.#later(wait);
  }

  /** @param {number} milliseconds */
  #later(milliseconds) {
    this.#stopTimer();
    const jittered = milliseconds * (1 + this.#environment.random() / 2);
    this.#timer = this.#environment.setTimeout(() => this.#recover(), jittered);
  }

  #stopTimer() {
    this.#environment.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** @param {PeerState} state */
  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.emit("state", { state });
  }

  /**
   * @param {TrackKind} kind
   * @param {MediaStreamTrack} track
   */
  #receiveTrack(kind, track) {
    this.#tracks[kind] = track;
    this.emit("track", { kind, track });
  }

  #tellMedia() {
    const { audio, camera } = this.#local;
    this.#connection?.sendControl({ type: "media", audio: audio !== null, camera: camera !== null });
  }

  /** @param {unknown} message */
  #receiveControl(message) {
    if (typeof message !== "object" || message === null) return;
    const fields = /** @type {Record<string, unknown>} */ (message);
    if (fields.type === "bye") this.emit("bye", {});
    if (fields.type === "signal") this.emit("signal", { data: fields.data });
    if (fields.type !== "media") return;
    for (const kind of TRACK_KINDS) this.#media[kind] = fields[kind] === true;
    this.emit("media", { media: this.media });
  }
}

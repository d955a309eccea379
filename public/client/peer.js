import { divide, EVERYTHING, readWants, UPLOAD_BPS } from "./budget.js";
import { Connection, TRACK_KINDS } from "./connection.js";
import { FileError, MessageError, VerificationError } from "./errors.js";
import { TypedTarget } from "./events.js";
import { announcementOf, FILE_LABEL, Transfers } from "./files.js";
import { Outbox, sizeOf, writeMessage } from "./messages.js";
import { Verification } from "./verification.js";

/** A connection that breaks often comes back by itself: how long it may take, in milliseconds, before we help; up to half as long again, so that both sides do not start together. */
export const DISCONNECTED_MS = 2_000;

/** The same where all we can do is to replace the connection, which ends the old one for good: longer than it takes to find out that it is our own network that is gone (`PROBE_MS`). */
export const REPLACE_MS = 4_000;

/** How long such a connection gets, in milliseconds, once the room can be reached again: if it was the network, it comes back within a moment. */
export const RETURN_MS = 1_000;

/** How long the other side's first offer may take, in milliseconds, before we make one; up to half as long again. It is a matter of two messages, but a busy machine can take seconds for its first offer. */
export const OFFER_MS = 6_000;

/** How long a connection may take to come up, in milliseconds, before another try; up to half as long again. */
export const CONNECT_MS = 10_000;

/** The longest wait between two tries, in milliseconds. */
export const CONNECT_CAP_MS = 20_000;

/** How long the other side may take to answer a verification, in milliseconds. It asks nobody, so this is long. */
export const VERIFY_MS = 10_000;

/** So often a connection can be verified anew, after a verification that came to nothing: each is another guess for whoever sits between. */
export const VERIFY_RUNS = 8;

/** So many restarts of a connection have to fail before it is replaced by a new one. */
export const RESTARTS = 2;

/** So many signals may be on their way through the room before messages wait for them: some room is left for others. */
export const RELAYED_WINDOW = 64;

/**
 * - `connecting`: never connected so far
 * - `connected`: media can flow, or, to a peer that is for signaling only, messages
 * - `reconnecting`: was connected, is not now, and may be again
 * - `closed`: gone
 *
 * @typedef {"connecting" | "connected" | "reconnecting" | "closed"} PeerState
 *
 * @typedef {import("./connection.js").TrackKind} TrackKind
 * @typedef {import("./connection.js").Tracks} Tracks
 * @typedef {Record<TrackKind, boolean>} MediaState which kinds somebody is sending
 *
 * @typedef {import("./connection.js").IceState} IceState
 * @typedef {import("./verification.js").ShortAuthentication} ShortAuthentication
 *
 * @typedef {object} PeerEvents
 * @property {{ state: PeerState }} state
 * @property {{ away: boolean }} away
 * @property {{ kind: TrackKind, track: MediaStreamTrack }} track a track to play; it replaces an earlier one of its kind
 * @property {{ media: MediaState }} media the peer switched something on or off
 * @property {{}} bye the peer said that it leaves
 * @property {{ message: unknown }} message the peer sent a message
 * @property {{ file: import("./files.js").IncomingFile }} file the peer offers a file
 * @property {{ result: Promise<ShortAuthentication> | null }} verification one side has started to verify the connection;
 *   null: that connection is over, and what was found out about it means nothing any more
 * @property {{ data: unknown }} signal came over the connection instead of through the room
 * @property {{ error: unknown }} error a step of the negotiation failed; it will be tried again
 *
 * @typedef {object} PeerContext what a peer needs of its room
 * @property {string} room the room's name
 * @property {string} self our own peer id
 * @property {() => boolean} reachable whether the room can be reached now
 * @property {boolean} signalingOnly whether we make no connections
 * @property {(payload: object) => void} signal sends to this peer, once and in order, whatever happens meanwhile
 * @property {() => void} resend sends again what is not acknowledged
 * @property {() => number} pending how many signals to this peer are not acknowledged
 * @property {() => number} signalBytes the longest message that fits into a signal, in bytes of JSON
 * @property {() => import("./connection.js").IceConfiguration} ice how to look for a way
 * @property {() => Promise<void>} refreshIceServers sees to it, within a second, that these are fresh
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
 * Where one of the two has no WebRTC, it says so instead of offering or answering, and messages go as signals, through the
 * room; there is nothing else then.
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
  #signalingOnly;
  /** @type {MediaState} */
  #media = { audio: false, camera: false, screen: false };
  /** @type {Tracks} */
  #tracks = { audio: null, camera: null, screen: null };
  #budget = UPLOAD_BPS;
  /** What we want from the peer, and what it wants from us. */
  #wants = EVERYTHING;
  #wanted = EVERYTHING;
  #outbox = new Outbox();
  #transfers = new Transfers();
  /** @type {Verification | null} */
  #verification = null;
  /** The how-manieth of this connection it is, or was. */
  #run = 0;
  #incoming = Promise.resolve();
  #attempts = 0;
  #doubted = false;
  /** Whether the connection has ended at the other side, and so can only be replaced. */
  #isGone = false;
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
    this.#signalingOnly = context.signalingOnly;
  }

  get state() {
    return this.#state;
  }

  /** Whether the peer has lost the room, for now. Media may flow all the same. */
  get away() {
    return this.#away;
  }

  /** Whether there is no connection to this peer, since one of the two makes none: then only messages get through. */
  get signalingOnly() {
    return this.#signalingOnly;
  }

  /**
   * Whether what is sent over the connection may not arrive, whatever the browser thinks yet: a way can die in one direction
   * only, and what cannot be sent past the first loss in order waits for ever.
   */
  get doubted() {
    return this.#doubted;
  }

  /** What the peer says it is sending. */
  get media() {
    return { ...this.#media };
  }

  /** The tracks that play what the peer sends; null before the first connection. */
  get tracks() {
    return { ...this.#tracks };
  }

  /** How far the search for a way to the peer is, for diagnostics; null if there is no connection. @returns {IceState | null} */
  get ice() {
    return this.#connection?.ice ?? null;
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
    if (this.#signalingOnly) return;
    this.#open(this.#environment.randomId(), true);
  }

  /** Waits for the other side's first offer, or for the connection to come up; if that takes too long, does something. */
  expect() {
    if (this.#signalingOnly) return;
    this.#later(this.#connection === null ? OFFER_MS : CONNECT_MS);
  }

  /** Tells the peer's page, which has just been met, that there will be no connection. */
  decline() {
    this.#signal({ signalingOnly: true });
    this.#becomeSignalingOnly();
  }

  /** Signals have got through: what waits for them may go. */
  settled() {
    this.#outbox.flush();
  }

  /**
   * Takes a signal from this peer. Signals are handled one at a time.
   *
   * @param {unknown} data
   * @param {{ heard?: boolean, relayed?: boolean }} [options] `heard`: the peer had all our signals when it sent this one;
   *   `relayed`: it came through the room
   * @returns {Promise<void>} settled when the signal has been handled
   */
  receive(data, { heard = false, relayed = true } = {}) {
    this.#incoming = this.#incoming.then(() => this.#handle(data, heard, relayed));
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
    const state = this.#connection?.state ?? "connecting";
    if (state === "connecting") this.expect();
    else if (state === "disconnected" && this.#mayReturn) this.#later(RETURN_MS);
    else this.#recover();
  }

  /** The peer is another page than before, which knows nothing of the connection: makes a new one. */
  renew() {
    this.#signalingOnly = false;
    this.#outbox.use(null);
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
    else if (this.#connection?.restartable) this.#restart(this.#connection);
  }

  /** @param {Connection} connection */
  async #restart(connection) {
    await this.#context.refreshIceServers();
    if (connection !== this.#connection) return;
    // The offer would otherwise be lost with the way that it is about.
    this.#distrust();
    connection.restart(this.#context.ice());
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

  /** The peer does not seem to get what goes over the connection: until something comes over it, signals go through the room. */
  doubt() {
    this.#doubted = true;
  }

  /** Doubts the connection, and with it what it has taken already. */
  #distrust() {
    if (this.#doubted) return;
    this.#doubted = true;
    this.#context.resend();
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
    this.#limit();
    this.#tellMedia();
  }

  /**
   * Tells the peer how large we show its picture, so that it sends no more than that needs.
   *
   * @param {"camera" | "screen"} kind
   * @param {import("./budget.js").Size} size
   */
  want(kind, size) {
    if (this.#wants[kind] === size) return;
    this.#wants = { ...this.#wants, [kind]: size };
    this.#tellWants();
  }

  /**
   * Limits what goes to the peer.
   *
   * @param {number} bps bits per second for sound and pictures together
   */
  setBudget(bps) {
    if (bps === this.#budget) return;
    this.#budget = bps;
    this.#limit();
  }

  #limit() {
    const { camera, screen } = this.#local;
    const sending = { camera: camera !== null, screen: screen !== null };
    this.#connection?.limit(divide(this.#budget, sending, this.#wanted));
  }

  /**
   * Sends a message, which becomes a `message` event at the other side.
   *
   * Messages arrive in order, and none twice. What is sent while there is no connection waits for one. What a connection
   * has taken is as good as there as long as that connection, or a restart of it, lives; but if it is replaced, or the
   * other page or this one ends, the last messages may be lost, and nobody is told. What must not be lost needs an answer.
   *
   * @param {unknown} value what JSON can say
   * @throws {MessageError}
   */
  send(value) {
    this.post(writeMessage(value));
  }

  /**
   * Sends what `writeMessage` has made of a message.
   *
   * @param {string} text
   * @throws {MessageError} `overflow` or `closed`; `too-large` if it has to go through the room, and is too long for that
   */
  post(text) {
    if (this.#state === "closed") throw new MessageError("closed", "the peer is gone");
    if (this.#signalingOnly) this.#checkSignalSize(text);
    this.#outbox.post(text);
  }

  /**
   * Offers a file, and sends it when the other side accepts, however long that takes. It does not outlive the connection:
   * one that is replaced on the way ends it, and it has to be sent again.
   *
   * @param {Blob & { name?: string }} file
   * @param {import("./files.js").SendOptions} [options]
   * @returns {Promise<void>} settled when the other side has all of it
   * @throws {FileError} or the reason of the signal, if that cancelled it
   */
  async sendFile(file, options = {}) {
    options.signal?.throwIfAborted();
    const channel = this.#connection?.openChannel(FILE_LABEL, announcementOf(file));
    if (!channel) throw new FileError("not-connected", "there is no connection now");
    await this.#transfers.send(channel, file, options);
  }

  /**
   * Finds out what both people can compare, over another way such as their voices, to be sure that nobody sits between
   * them: both see the same if, and only if, the connection goes from one's browser to the other's. The other side answers
   * by itself, and both hear `verification`.
   *
   * It holds for the connection there is: asked again, the answer is the same, and a new connection begins anew. Only what came to
   * nothing is tried again, at most `VERIFY_RUNS` times.
   *
   * @returns {Promise<ShortAuthentication>}
   * @throws {VerificationError} if there is no connection, or no honest answer within `VERIFY_MS`; which proves nothing
   */
  async verify() {
    const connection = this.#connection;
    if (!connection?.ready) throw new VerificationError("there is no connection now");
    if (this.#verification === null && this.#run >= VERIFY_RUNS) throw new VerificationError("it was tried too often");
    let verification = this.#verification ?? this.#startVerification(connection, this.#run + 1);
    await verification.start();
    for (;;) {
      try {
        return await verification.result;
      } catch (error) {
        // The other side may have begun anew.
        if (this.#verification === null || this.#verification === verification) throw error;
        verification = this.#verification;
      }
    }
  }

  /**
   * @param {Connection} connection
   * @param {number} run
   */
  #startVerification(connection, run) {
    this.#run = run;
    const verification = new Verification({
      room: this.#context.room,
      own: this.#context.self,
      other: this.id,
      fingerprints: () => connection.fingerprints(),
      send: (message) => {
        // The other side's first word can be here before our end of the channel has opened.
        const later = () => connection.sendControl({ ...message, run });
        if (!connection.sendControl({ ...message, run })) connection.addEventListener("open", later, { once: true });
      },
    });
    this.#verification = verification;
    const timer = this.#environment.setTimeout(() => verification.cancel("the other side does not answer"), VERIFY_MS);
    const settled = () => this.#environment.clearTimeout(timer);
    verification.result.then(settled, () => {
      settled();
      if (this.#verification === verification) this.#verification = null;
    });
    this.emit("verification", { result: verification.result });
    return verification;
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
    this.#disconnect();
    this.#become("closed");
  }

  /**
   * @param {unknown} data
   * @param {boolean} heard
   * @param {boolean} relayed
   */
  async #handle(data, heard, relayed) {
    if (this.#state === "closed" || typeof data !== "object" || data === null) return;
    if ("message" in data) this.emit("message", { message: data.message });
    if ("signalingOnly" in data) this.#becomeSignalingOnly();
    // Whoever offers has not heard it, or has forgotten.
    if ("description" in data && this.#context.signalingOnly) this.#signal({ signalingOnly: true });
    if (this.#signalingOnly || "message" in data) return;
    const signal = /** @type {import("./connection.js").Negotiation} */ (data);
    const known = this.#connection?.session;
    // A client of another make names no session: what it says is about the connection there is, or the first.
    const session = signal.session ?? known ?? "";
    if (session !== known && !this.#accepts(signal, session, heard)) return;
    // As long as the connection works for the other side as well, its offer would have come over it.
    if (relayed && signal.description?.type === "offer" && this.#state === "connected") this.#distrust();
    await this.#connection?.receive(signal);
    // Who gets it over the connection knows that the new way works, and says so if it was in doubt.
    if (this.#doubted && signal.description?.type === "answer") this.#tellMedia();
  }

  /**
   * A signal about another connection than ours: decides whether to build that one.
   *
   * @param {import("./connection.js").Negotiation} signal
   * @param {string} session
   * @param {boolean} heard
   * @returns {boolean} whether the connection is now the one that the signal is about
   */
  #accepts({ description, first, session: named }, session, heard) {
    if (description?.type !== "offer") return false;
    const ours = this.#connection?.opening === true;
    if (first !== true && named !== undefined) {
      // The other side goes on with what we no longer have: only a new start helps.
      if (!ours) this.begin();
      return false;
    }
    // Both sides started at once, and ours stands; unless the other side had our offer, and starts all the same.
    if (ours && !this.#polite && !heard) return false;
    // It ran for the connection before.
    this.#stopTimer();
    this.#open(session, false);
    return true;
  }

  /**
   * @param {string} session
   * @param {boolean} initiator
   */
  #open(session, initiator) {
    this.#disconnect();
    const connection = new Connection(
      {
        session,
        initiator,
        polite: this.#polite,
        ice: this.#context.ice(),
        tracks: this.#local,
        send: (negotiation) => this.#signal(negotiation),
      },
      this.#environment,
    );
    connection.addEventListener("state", ({ state }) => this.#watch(state));
    connection.addEventListener("track", ({ kind, track }) => this.#receiveTrack(kind, track));
    connection.addEventListener("open", () => this.#opened());
    connection.addEventListener("control", ({ message }) => this.#receiveControl(message));
    connection.addEventListener("messages", ({ channel }) => this.#outbox.use(channel));
    connection.addEventListener("message", ({ message }) => this.emit("message", { message }));
    connection.addEventListener("channel", ({ channel }) => this.#offered(channel));
    connection.addEventListener("lost", () => this.#lost());
    connection.addEventListener("error", ({ error }) => this.emit("error", { error }));
    this.#connection = connection;
    this.#wanted = EVERYTHING;
    this.#limit();
    this.#watch(connection.state);
  }

  /** Lets go of the connection, and of what only it could carry. */
  #disconnect() {
    this.#connection?.close();
    this.#connection = null;
    this.#isGone = false;
    this.#doubted = false;
    this.#outbox.use(null);
    this.#transfers.end();
    this.#run = 0;
    if (this.#verification === null) return;
    this.#verification.cancel("the connection ended");
    this.#verification = null;
    this.emit("verification", { result: null });
  }

  /** @param {RTCDataChannel} channel */
  #offered(channel) {
    const file = this.#transfers.receive(channel);
    if (file !== null) this.emit("file", { file });
  }

  #becomeSignalingOnly() {
    this.#signalingOnly = true;
    this.#stopTimer();
    this.#disconnect();
    const { signal, pending } = this.#context;
    this.#outbox.use({
      bufferedAmount: 0,
      get readyState() {
        return pending() < RELAYED_WINDOW ? "open" : "connecting";
      },
      send: (text) => {
        try {
          // It may have waited since before it was known which way it has to go.
          this.#checkSignalSize(text);
          signal({ message: JSON.parse(text) });
        } catch (error) {
          this.emit("error", { error });
        }
      },
    });
    this.#become("connected");
  }

  /**
   * @param {string} text
   * @throws {MessageError} `too-large`
   */
  #checkSignalSize(text) {
    const limit = this.#context.signalBytes();
    if (sizeOf(text) > limit)
      throw new MessageError("too-large", `through the room, a message has at most ${limit} bytes`);
  }

  /** @param {object} payload */
  #signal(payload) {
    try {
      this.#context.signal(payload);
    } catch (error) {
      this.emit("error", { error });
    }
  }

  /** @param {import("./connection.js").ConnectionState} state */
  #watch(state) {
    if (state === "connected") {
      // Firefox can take five seconds to find out by itself (RFC 7675, section 5.1).
      if (this.#state === "reconnecting") {
        this.#doubted = false;
        this.#tellMedia();
      }
      this.#connected();
      return;
    }
    this.#notConnected();
    if (state === "failed") this.#failed();
    else if (state === "disconnected") this.#later(this.#mayReturn ? REPLACE_MS : DISCONNECTED_MS);
    else if (this.#timer === null) this.#later(CONNECT_MS);
  }

  /** Tries again, at once the first time: where a connection fails as soon as it is made, there is no end to it. */
  #failed() {
    if (this.#attempts === 0) this.#recover();
    else this.#later(Math.min(CONNECT_CAP_MS, DISCONNECTED_MS * 2 ** (this.#attempts - 1)));
  }

  #connected() {
    this.#attempts = 0;
    this.#stopTimer();
    this.#become("connected");
  }

  /** The other side's connection has ended without a word: its page is gone, and perhaps about to come back. */
  #lost() {
    this.#notConnected();
    this.#isGone = true;
    this.#later(DISCONNECTED_MS);
  }

  /** Whether the next thing to do would end a connection that may come back by itself. */
  get #mayReturn() {
    return !this.#isGone && this.#attempts < RESTARTS && this.#connection?.restartable === false;
  }

  #notConnected() {
    if (this.#state === "connected") this.#become("reconnecting");
  }

  /** Tries once more: first to restart the connection, if it can be, after that with a new one; and looks again later. */
  async #recover() {
    this.#stopTimer();
    this.#attempts += 1;
    const wait = Math.min(CONNECT_CAP_MS, CONNECT_MS * 2 ** (this.#attempts - 1));
    // Nothing would arrive, and the old connection may come back by itself; `resume` follows when it would.
    if (this.#away || !this.#context.reachable()) return;
    this.#later(wait);
    const broken = this.#connection;
    await this.#context.refreshIceServers();
    // Meanwhile it may have come back by itself, or the other side may have offered another, or have gone.
    if (this.#connection !== broken || this.#state === "connected" || this.#state === "closed") return;
    // What has never worked has nothing to lose.
    const isHopeless =
      this.#isGone ||
      this.#attempts > RESTARTS ||
      // An offer arrives, or its sender hears that nobody is there. If there is no answer all the same, it was not taken.
      (this.#attempts > 1 && broken?.opening === true) ||
      (this.#state === "connecting" && broken?.state === "failed");
    const connection = isHopeless ? null : broken;
    if (connection?.opening || connection?.restartable) connection.restart(this.#context.ice());
    else this.begin();
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

  /** @param {Record<string, unknown>} message */
  #receiveVerification(message) {
    if (this.#connection === null) return;
    const { run = 1, commitment } = message;
    if (!Number.isInteger(run) || typeof run !== "number" || run < 1 || run > VERIFY_RUNS) return;
    if (this.#verification === null && run <= this.#run) {
      // The other side begins with what has come to nothing here.
      if (typeof commitment === "string" && this.#run < VERIFY_RUNS)
        this.#startVerification(this.#connection, this.#run + 1).start();
      return;
    }
    if (run > this.#run) {
      const former = this.#verification;
      this.#startVerification(this.#connection, run);
      former?.cancel("the other side has begun anew");
    }
    if (run === this.#run) this.#verification?.receive(message);
  }

  #opened() {
    this.#tellMedia();
    if (this.#wants !== EVERYTHING) this.#tellWants();
  }

  #tellWants() {
    this.#connection?.sendControl({ type: "wants", ...this.#wants });
  }

  #tellMedia() {
    const { audio, camera, screen } = this.#local;
    const media = { audio: audio !== null, camera: camera !== null, screen: screen !== null };
    this.#connection?.sendControl({ type: "media", ...media });
  }

  /** @param {unknown} message */
  #receiveControl(message) {
    if (typeof message !== "object" || message === null) return;
    const fields = /** @type {Record<string, unknown>} */ (message);
    if (this.#doubted) {
      this.#doubted = false;
      this.#tellMedia();
    }
    if (fields.type === "bye") this.emit("bye", {});
    if (fields.type === "signal") this.emit("signal", { data: fields.data });
    if (fields.type === "wants") {
      this.#wanted = readWants(fields);
      this.#limit();
    }
    if (fields.type === "verify") this.#receiveVerification(fields);
    if (fields.type !== "media") return;
    // The other side has heard from us again, and we from it: an interruption is over, whatever the browser thinks yet.
    if (this.#state === "reconnecting" && this.#connection?.state === "disconnected") this.#connected();
    for (const kind of TRACK_KINDS) this.#media[kind] = fields[kind] === true;
    this.emit("media", { media: this.media });
  }
}

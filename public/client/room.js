import { UPLOAD_BPS } from "./budget.js";
import { TRACK_KINDS } from "./connection.js";
import { Courier } from "./courier.js";
import { environment } from "./environment.js";
import { MessageError, RoomError, SealError } from "./errors.js";
import { TypedTarget } from "./events.js";
import { IceServers } from "./ice.js";
import { parseLink, socketUrl } from "./link.js";
import { writeMessage } from "./messages.js";
import { Peer } from "./peer.js";
import { BUCKET_BYTES, fromBase64Url, Seal } from "./seal.js";
import { SignalingSocket } from "./signaling.js";
import { watchForWake } from "./wake.js";

export { SMALL_LINES } from "./budget.js";
export { CourierError, FileError, LinkError, MessageError, RoomError, SealError, VerificationError } from "./errors.js";
export { TypedTarget } from "./events.js";
export { makeLink, parseLink } from "./link.js";
export { Peer } from "./peer.js";
export { makeKey, Seal } from "./seal.js";

/** So many tries in a row must fail before `join` gives up. Somebody who is in never gives up. */
export const JOIN_ATTEMPTS = 3;

/**
 * - `idle`: not joined yet
 * - `joining`: connecting to the room for the first time
 * - `waiting`: the room is locked, the host has been asked
 * - `joined`: in the room
 * - `reconnecting`: in the room, but the server is out of reach for now; media goes on
 * - `left`: over. A Room is not used twice
 *
 * @typedef {"idle" | "joining" | "waiting" | "joined" | "reconnecting" | "left"} RoomState
 *
 * @typedef {import("./peer.js").TrackKind} TrackKind
 * @typedef {import("./peer.js").Tracks} Tracks
 * @typedef {import("./peer.js").PeerState} PeerState
 * @typedef {import("./peer.js").MediaState} MediaState
 * @typedef {import("./budget.js").Size} Size
 * @typedef {import("./files.js").IncomingFile} IncomingFile
 * @typedef {import("./files.js").SendOptions} SendOptions
 * @typedef {import("./verification.js").ShortAuthentication} ShortAuthentication
 * @typedef {import("./link.js").RoomLink} RoomLink
 *
 * @typedef {object} RoomOptions
 * @property {string | null} [token] a join token (JWT), where the operator asks for one and it is not in the link
 * @property {string | null} [resume] the `resume` of a former Room for the same link, to be the same peer again
 * @property {string} [base] a URL on the server that a bare room name belongs to; the page's own by default
 * @property {boolean} [signalingOnly] makes no connections: there are messages, and nothing else, through the room. For programs
 *   without WebRTC; the default wherever there is neither WebRTC nor a page
 * @property {RTCIceTransportPolicy} [iceTransportPolicy] `relay` sends everything through TURN servers, so that the others do not
 *   learn our address; nothing connects then where the server names none. `all` by default
 * @property {number} [uploadBps] what may go up to all the others together, in bits per second; `UPLOAD_BPS` by default
 *
 * @typedef {import("./protocol.js").LeaveReason | "lost"} PeerLeftReason `lost`: it did not come back after an outage
 *
 * @typedef {object} RoomEvents
 * @property {{ state: RoomState }} state also when `joined` is reached again: `resume` is a new one then
 * @property {{ peer: Peer }} peerjoined
 * @property {{ peer: Peer, reason: PeerLeftReason }} peerleft
 * @property {{ host: string }} host another peer is host now
 * @property {{ locked: boolean }} locked
 * @property {{ peer: string }} knock somebody waits to be let in: to whoever moderates
 * @property {{ peer: string }} knockended it waits no more, whether let in, turned away or gone
 * @property {{ error: RoomError }} error the server ended it, after having let us in; `state` is `left`
 */

/**
 * A room and everybody in it: the way into the library.
 *
 *     const room = new Room("https://call.example/r/k7m2-9qxw-3fzt");
 *     room.addEventListener("peerjoined", ({ peer }) => {
 *       peer.addEventListener("track", ({ kind, track }) => …);
 *       peer.addEventListener("message", ({ message }) => …);
 *       peer.addEventListener("file", async ({ file }) => save(file.name, await file.accept()));
 *     });
 *     await room.join({ audio, camera });
 *     await room.setTrack("camera", null);
 *     await room.setTrack("screen", screen);
 *     room.broadcast({ any: "json" });
 *     const [peer] = room.peers.values();
 *     await peer.sendFile(file, { onProgress });
 *     const { emoji, digits } = await peer.verify();
 *     room.leave();
 *
 * Whoever comes greets all who are there; of each two peers, the one who was there connects to the one who came. Signals
 * go through a courier for each peer, so that none is lost, and over the connection itself once there is one. With a key in
 * the link they are sealed: the server lets in who has it, and learns nothing else. A lost connection to the server is none
 * of the media's business: it comes back by itself, and until then calls go on.
 *
 * It runs outside browsers, too: any JavaScript with a WebSocket can be in a room and exchange messages.
 *
 * @extends {TypedTarget<RoomEvents>}
 */
export class Room extends TypedTarget {
  #link;
  #environment;
  #signaling;
  #token;
  #uploadBps;
  /** Names this page to the others: made anew each time, so that a reloaded page is not taken for its former self. */
  #session;
  /** @type {Seal | null} */
  #seal = null;
  /** One for every peer that ever was here. A counter is never used twice, so none is ever forgotten. @type {Map<string, Courier>} */
  #couriers = new Map();
  /** Who was there when we came, and so connects to us. @type {Set<string>} */
  #elders = new Set();
  /** @type {Map<string, Peer>} */
  #peers = new Map();
  /** @type {Map<string, any>} timers of the peers whose seat is gone while their media is not */
  #expiring = new Map();
  /** @type {Tracks} */
  #tracks = { audio: null, camera: null, screen: null };
  /** @type {RoomState} */
  #state = "idle";
  /** @type {string | null} */
  #self = null;
  /** @type {string | null} */
  #host = null;
  #locked = false;
  /** @type {Set<string>} */
  #knocks = new Set();
  #graceSeconds = 0;
  #messageBytes = 0;
  #signalingOnly;
  #iceTransportPolicy;
  #ice;
  /** Whether the server has ever answered. */
  #reached = false;
  /** @type {Promise<void> | null} */
  #joining = null;
  #joined = () => {};
  #refused = (/** @type {RoomError} */ _error) => {};
  #unwatch = () => {};

  /**
   * @param {string | URL} link `https://HOST/r/ROOM`, or a bare room name
   * @param {RoomOptions & Partial<import("./environment.js").Environment>} [options]
   * @throws {import("./errors.js").LinkError} if the link is not one to a room
   */
  constructor(link, options = {}) {
    super();
    const {
      token = null,
      resume = null,
      base = globalThis.location?.href,
      uploadBps = UPLOAD_BPS,
      iceTransportPolicy = "all",
      signalingOnly,
      ...replaced
    } = options;
    this.#link = parseLink(link, base);
    this.#environment = environment(replaced);
    const hasNoMedia = this.#environment.peerConnection === undefined && globalThis.document === undefined;
    this.#signalingOnly = signalingOnly ?? hasNoMedia;
    this.#token = token ?? this.#link.token ?? null;
    this.#uploadBps = uploadBps;
    this.#iceTransportPolicy = iceTransportPolicy;
    this.#session = this.#environment.randomId();
    this.#ice = new IceServers(() => this.#signaling.send({ type: "ice" }), this.#environment);
    this.#signaling = new SignalingSocket(socketUrl(this.#link), { resume }, this.#environment);
    this.#signaling.addEventListener("frame", ({ frame }) => this.#receive(frame));
    this.#signaling.addEventListener("state", ({ state, failures }) => this.#signalingChanged(state, failures));
    this.#signaling.addEventListener("stopped", ({ reason, message }) => this.#end(new RoomError(reason, message)));
  }

  /** The room's name. */
  get name() {
    return this.#link.room;
  }

  get state() {
    return this.#state;
  }

  /** Our own peer id; null before we are in. */
  get self() {
    return this.#self;
  }

  /** The host's peer id; null before we are in. */
  get host() {
    return this.#host;
  }

  get locked() {
    return this.#locked;
  }

  /** Whether the server takes `setLocked`, `admit`, `deny`, `remove` and `end` from us: as the host, or by our join token. */
  get moderates() {
    if (this.#self === null) return false;
    return this.#token === null ? this.#self === this.#host : mayModerate(this.#token);
  }

  /** Who waits to be let in, by the ids that they will have; empty for whoever does not moderate. @returns {ReadonlySet<string>} */
  get knocks() {
    return this.#knocks;
  }

  /** The others by their ids, those who came first at the front. @returns {ReadonlyMap<string, Peer>} */
  get peers() {
    return this.#peers;
  }

  /** Whether the server has named a relay (TURN server), for where there is no direct way. */
  get hasRelay() {
    return this.#ice.list.some(({ urls }) => urls.some((url) => /^turns?:/.test(url)));
  }

  /** Proves to the server who we are: hand it to the next Room to be the same peer after a reload. Null before we are in. */
  get resume() {
    return this.#signaling.resume;
  }

  /**
   * Enters the room.
   *
   * @param {Partial<Tracks>} [tracks] what to send; without any, one only watches
   * @returns {Promise<void>} settled when the server has let us in
   * @throws {RoomError} `unsupported`; `incomplete-link` if the link's key is cut short; `left`; `unreachable` after
   *   `JOIN_ATTEMPTS` tries; or the server's reason
   */
  join(tracks = {}) {
    this.#joining ??= new Promise((resolve, reject) => {
      this.#joined = resolve;
      this.#refused = reject;
      this.#enter(tracks).catch((error) => this.#end(asRoomError(error)));
    });
    return this.#joining;
  }

  /** @param {Partial<Tracks>} tracks */
  async #enter(tracks) {
    if (this.#environment.peerConnection === undefined && !this.#signalingOnly) {
      this.#end(new RoomError("unsupported", "this browser has no WebRTC"));
      return;
    }
    if (this.#environment.webSocket === undefined) {
      this.#end(new RoomError("unsupported", "there is no WebSocket here: hand one in as `webSocket`"));
      return;
    }
    for (const kind of TRACK_KINDS) this.#tracks[kind] = tracks[kind] ?? null;
    const credentials = this.#token === null ? [] : [`token.${this.#token}`];
    if (this.#link.fragment !== "") {
      this.#seal = await Seal.of(this.#link.room, this.#link.fragment);
      credentials.push(`gate.${this.#seal.gate}`);
    }
    if (this.#state === "left") return;
    this.#unwatch = watchForWake((reason) => this.#woken(reason), this.#environment);
    this.#signaling.connect(credentials);
  }

  /**
   * Sends another track, or nothing, to everybody from now on, without any negotiation; the others are told whether
   * there is something to see or hear. The track is not stopped when it is replaced: it is the caller's.
   *
   * @param {TrackKind} kind
   * @param {MediaStreamTrack | null} track
   * @returns {Promise<void>}
   */
  async setTrack(kind, track) {
    this.#tracks[kind] = track;
    await Promise.all(Array.from(this.#peers.values(), (peer) => peer.setTrack(kind, track)));
  }

  /**
   * Sends a message to everybody who is here now: `Peer.send` to each.
   *
   * @param {unknown} value what JSON can say
   * @throws {MessageError} `overflow` if too much waits for somebody, `too-large` if it is too long for somebody whom it reaches
   *   through the server only; everybody else has been sent it all the same
   */
  broadcast(value) {
    const text = writeMessage(value);
    const refused = Array.from(this.#peers.values(), (peer) => ({ id: peer.id, error: refusalOf(peer, text) }));
    const full = refused.filter(({ error }) => error?.code === "overflow").map(({ id }) => id);
    const other = refused.find(({ error }) => error !== null && error.code !== "overflow");
    if (other !== undefined) throw other.error;
    if (full.length > 0) throw new MessageError("overflow", `too much waits for ${full.join(", ")}`);
  }

  /**
   * Has newcomers wait until they are let in, or lets everybody in from now on, those who wait among them. `locked` follows.
   *
   * @param {boolean} locked
   * @returns {boolean} false if the server is out of reach
   */
  setLocked(locked) {
    return this.#signaling.send({ type: "lock", locked });
  }

  /**
   * Lets somebody in who waits.
   *
   * @param {string} peer one of `knocks`
   * @returns {boolean} false if the server is out of reach
   */
  admit(peer) {
    return this.#signaling.send({ type: "admit", peer });
  }

  /**
   * Turns somebody away who waits.
   *
   * @param {string} peer one of `knocks`
   * @returns {boolean} false if the server is out of reach
   */
  deny(peer) {
    return this.#signaling.send({ type: "deny", peer });
  }

  /**
   * Puts somebody out, who cannot come back as the same peer. With the link, and unless the room is locked, it can come back as
   * another one.
   *
   * @param {string} peer the id of one of `peers`
   * @returns {boolean} false if the server is out of reach
   */
  remove(peer) {
    return this.#signaling.send({ type: "remove", peer });
  }

  /**
   * Ends the call for everybody: all get `error` with the code `ended`, and so do we.
   *
   * @returns {boolean} false if the server is out of reach
   */
  end() {
    return this.#signaling.send({ type: "end" });
  }

  /** Leaves for good; the others know at once. No event but `state` follows. */
  leave() {
    if (this.#state === "left") return;
    this.#clear({ bye: true });
    this.#signaling.leave();
    this.#become("left");
    this.#refused(new RoomError("left", "left before the room was reached"));
  }

  /** @param {RoomError} error */
  #end(error) {
    const wasIn = this.#self !== null;
    this.#clear({ bye: error.code !== "replaced" });
    this.#signaling.leave();
    this.#become("left");
    if (wasIn) this.emit("error", { error });
    else this.#refused(error);
  }

  /**
   * Lets go of everything.
   *
   * @param {{ bye: boolean }} options not said by a peer that lives on elsewhere
   */
  #clear({ bye }) {
    this.#unwatch();
    this.#ice.close();
    for (const id of this.#expiring.keys()) this.#keep(id);
    for (const peer of this.#peers.values()) peer.close({ bye });
    for (const courier of this.#couriers.values()) courier.close();
    this.#peers.clear();
  }

  /**
   * @param {import("./signaling.js").SignalingState} state
   * @param {number} failures
   */
  #signalingChanged(state, failures) {
    if (state === "waiting") {
      this.#reached = true;
      this.#become("waiting");
    }
    if (state !== "connecting") return;
    this.#become(this.#self === null ? "joining" : "reconnecting");
    if (this.#self === null && !this.#reached && failures >= JOIN_ATTEMPTS) {
      this.#end(new RoomError("unreachable", "the server does not answer"));
    }
  }

  /** @param {import("./wake.js").WakeReason} reason */
  #woken(reason) {
    this.#signaling.nudge();
    if (reason === "pageshow") return;
    for (const peer of this.#peers.values()) peer.restart();
  }

  /** @param {import("./protocol.js").ServerFrame} frame */
  #receive(frame) {
    switch (frame.type) {
      case "welcome":
        return this.#welcomed(frame);
      case "joined":
      case "back":
        return this.#arrived(frame.peer);
      case "away":
        return this.#setAway(frame.peer);
      case "left":
        return this.#departed(frame.peer, frame.reason);
      case "signal":
        return this.#signalled(frame.from, frame.data, { relayed: true });
      case "undelivered":
        return this.#undelivered(frame.to, frame.reason);
      case "host":
        return this.#setHost(frame.peer);
      case "locked":
        return this.#setLocked(frame.locked);
      case "knock":
        return this.#knocked(frame.peer);
      case "knockEnded":
        return this.#knockEnded(frame.peer);
      case "ice":
        this.#ice.update(frame.iceServers, frame.iceSeconds);
    }
  }

  /** @param {import("./protocol.js").WelcomeFrame} frame */
  #welcomed({ self, host, room, peers, iceServers, iceSeconds, limits }) {
    const isFirst = this.#self !== self;
    if (this.#self !== null && isFirst) this.#forgetPeers();
    this.#self = self;
    this.#ice.update(iceServers, iceSeconds);
    this.#graceSeconds = limits.graceSeconds;
    this.#messageBytes = limits.messageBytes;
    this.#setHost(host);
    this.#setLocked(room.locked);
    // Those who still wait are told again.
    for (const peer of this.#knocks) this.#knockEnded(peer);
    const listed = new Set(peers.map((peer) => peer.id));
    for (const id of this.#peers.keys()) if (!listed.has(id)) this.#missing(id, "lost");
    // One greeting for all: it says who we are now, and has each answer with what has arrived from us. To those who are new
    // to us it goes before anything else, since whoever hears of them here may take time to show them.
    const greet = () => peers.length > 0 && this.#signaling.send({ type: "signal", data: { v: 1, s: this.#session } });
    if (isFirst) greet();
    for (const { id, away } of peers) {
      if (isFirst) this.#elders.add(id);
      this.#listed(id, away);
    }
    if (!isFirst) greet();
    this.#become("joined", { again: true });
    this.#joined();
  }

  /**
   * Somebody who was there before us, or before we came back.
   *
   * @param {string} id
   * @param {boolean} away
   */
  #listed(id, away) {
    const known = this.#peers.get(id);
    const peer = known ?? this.#add(id);
    this.#keep(id);
    peer.setAway(away);
    if (known === undefined) this.#start(peer);
    else this.#resume(peer);
  }

  /**
   * Somebody came, or came back. After the server has restarted it forgot who was there, and says `joined` of everybody.
   *
   * @param {string} id
   */
  #arrived(id) {
    const known = this.#peers.get(id);
    this.#keep(id);
    if (known === undefined) {
      this.#start(this.#add(id));
      return;
    }
    known.setAway(false);
    this.#resume(known);
  }

  /**
   * The way to a peer was interrupted, and is open again.
   *
   * @param {Peer} peer
   */
  #resume(peer) {
    this.#courier(peer.id).resend();
    peer.resume();
  }

  /**
   * Starts with somebody. Who is here for the first time is heard from in a moment. Whose page we know, we took to be gone
   * after all, and perhaps it still has what we gave up: only we know that a new start is needed. What was on its way then
   * goes first, for what follows would wait for it.
   *
   * @param {Peer} peer
   */
  #start(peer) {
    const courier = this.#courier(peer.id);
    if (courier.theirs === null) return peer.expect();
    courier.resend();
    peer.begin();
  }

  /** @param {string} id */
  #add(id) {
    const peer = new Peer(
      id,
      {
        room: this.name,
        self: this.#self ?? "",
        reachable: () => this.#signaling.state === "open",
        signalingOnly: this.#signalingOnly,
        signal: (payload) => this.#courier(id).post(payload),
        resend: () => this.#courier(id).resend(),
        pending: () => this.#courier(id).pending,
        signalBytes: () => capacityOf(this.#messageBytes),
        ice: () => ({ iceServers: this.#ice.list, iceTransportPolicy: this.#iceTransportPolicy }),
        refreshIceServers: () => this.#ice.refresh(),
        tracks: this.#tracks,
      },
      this.#environment,
    );
    this.#peers.set(id, peer);
    peer.addEventListener("bye", () => this.#remove(id, "bye"));
    peer.addEventListener("state", ({ state }) => this.#peerChanged(peer, state));
    peer.addEventListener("signal", ({ data }) => this.#signalled(id, data, { relayed: false }));
    this.#divideUpload();
    this.emit("peerjoined", { peer });
    // Of a page that was met before its seat was lost nothing more need be awaited.
    if (this.#signalingOnly && this.#courier(id).theirs !== null) peer.decline();
    return peer;
  }

  /**
   * The courier to a peer, which outlives the peer's seat.
   *
   * @param {string} id
   * @returns {Courier}
   */
  #courier(id) {
    const known = this.#couriers.get(id);
    if (known !== undefined) return known;
    const [seal, self, session] = [this.#seal, this.#self ?? "", this.#session];
    const seals =
      seal === null
        ? null
        : async (/** @type {string} */ theirs) => {
            const [outgoing, incoming] = await Promise.all([
              seal.directed({ from: self, fromSession: session, to: id, toSession: theirs }),
              seal.directed({ from: id, fromSession: theirs, to: self, toSession: session }),
            ]);
            return { out: outgoing, in: incoming };
          };
    const send = (/** @type {import("./courier.js").Envelope} */ envelope) => this.#carry(id, envelope);
    const courier = new Courier({ session, send, seals }, this.#environment);
    courier.addEventListener("session", ({ again }) => this.#met(id, again));
    courier.addEventListener("payload", ({ payload, heard, relayed }) =>
      this.#peers.get(id)?.receive(payload, { heard, relayed }),
    );
    courier.addEventListener("unheard", () => this.#peers.get(id)?.doubt());
    courier.addEventListener("settled", () => this.#peers.get(id)?.settled());
    courier.addEventListener("error", ({ error }) => this.#peers.get(id)?.report(error));
    this.#couriers.set(id, courier);
    return courier;
  }

  /**
   * Carries an envelope to a peer: over the connection to it, which costs nothing and needs no server, or through the room
   * where there is no connection, or one that is doubted.
   *
   * @param {string} id
   * @param {import("./courier.js").Envelope} envelope
   * @returns {boolean} whether there was a way
   */
  #carry(id, envelope) {
    const peer = this.#peers.get(id);
    if (peer === undefined) return false;
    const direct = () => peer.state === "connected" && peer.sendSignal(envelope);
    if (!peer.doubted && direct()) return true;
    return (!peer.away && this.#signaling.send({ type: "signal", to: id, data: envelope })) || direct();
  }

  /**
   * Something came from a peer: an envelope of its courier, or, in a room without a key, the plain signal of a client that
   * has none.
   *
   * @param {string} from
   * @param {unknown} data
   * @param {{ relayed: boolean }} how whether it came through the room
   */
  #signalled(from, data, how) {
    if (typeof data !== "object" || data === null) return;
    const envelope = /** @type {Partial<import("./courier.js").Envelope>} */ (data);
    if (envelope.v === 1 && typeof envelope.s === "string") {
      this.#courier(from).receive(/** @type {import("./courier.js").Envelope} */ (envelope), how);
    } else if (this.#seal === null) {
      this.#peers.get(from)?.receive(data, how);
    }
  }

  /**
   * A peer's page is known, or another one than before.
   *
   * @param {string} id
   * @param {boolean} again
   */
  #met(id, again) {
    const peer = this.#peers.get(id);
    if (this.#signalingOnly) peer?.decline();
    else if (again) peer?.renew();
    else if (!this.#elders.has(id)) peer?.begin();
  }

  /**
   * @param {Peer} peer
   * @param {import("./peer.js").PeerState} state
   */
  #peerChanged(peer, state) {
    this.#divideUpload();
    if (state !== "reconnecting") return;
    // It may be our own network that is gone, and the way to the server with it.
    this.#signaling.probe();
    // What went over the connection may not have arrived.
    this.#courier(peer.id).resend();
    if (this.#expiring.has(peer.id)) this.#remove(peer.id, "lost");
    // The server may not have noticed yet that this peer is gone; asked, it looks.
    else if (!peer.away) this.#signaling.send({ type: "check", peer: peer.id });
  }

  /**
   * @param {string} id
   * @param {import("./protocol.js").LeaveReason} reason
   */
  #departed(id, reason) {
    // Whoever has no connection to live on has nothing but the seat.
    if (reason === "timeout" && !this.#peers.get(id)?.signalingOnly) this.#missing(id, reason);
    else this.#remove(id, reason);
  }

  /**
   * @param {string} id
   * @param {"away" | "unknown"} reason
   */
  #undelivered(id, reason) {
    if (reason === "unknown") this.#missing(id, "lost");
    else this.#setAway(id);
  }

  /**
   * A peer cannot be reached through the room. What was given to the room, as the connection was in doubt, goes over that after all.
   *
   * @param {string} id
   */
  #setAway(id) {
    const peer = this.#peers.get(id);
    if (peer === undefined || peer.away) return;
    peer.setAway(true);
    if (peer.doubted && peer.state === "connected") this.#courier(id).resend();
  }

  /**
   * A peer has no seat any more, but has not said that it leaves: it may have lost the server alone, or the server may
   * have been restarted and the peer not be back yet. While its media lives it gets the time of grace to come back.
   *
   * @param {string} id
   * @param {PeerLeftReason} reason
   */
  #missing(id, reason) {
    const peer = this.#peers.get(id);
    if (peer?.state !== "connected") {
      this.#remove(id, reason);
      return;
    }
    peer.setAway(true);
    this.#keep(id);
    const timer = this.#environment.setTimeout(() => this.#remove(id, reason), this.#graceSeconds * 1000);
    this.#expiring.set(id, timer);
  }

  /** @param {string} id */
  #keep(id) {
    this.#environment.clearTimeout(this.#expiring.get(id));
    this.#expiring.delete(id);
  }

  /**
   * @param {string} id
   * @param {PeerLeftReason} reason
   */
  #remove(id, reason) {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#keep(id);
    this.#peers.delete(id);
    this.#couriers.get(id)?.rest({ forGood: reason === "bye" || reason === "removed" });
    peer.close();
    this.#divideUpload();
    this.emit("peerleft", { peer, reason });
  }

  /** Gives each peer that is connected, and each that will be, its part of what may go up. */
  #divideUpload() {
    const peers = Array.from(this.#peers.values());
    const connected = peers.filter(({ state, signalingOnly }) => state === "connected" && !signalingOnly).length;
    for (const peer of peers) peer.setBudget(this.#uploadBps / Math.max(1, connected));
  }

  /** The server knows us as somebody else now, and so do the others: what we had with them is over. */
  #forgetPeers() {
    for (const id of this.#peers.keys()) this.#remove(id, "lost");
    for (const courier of this.#couriers.values()) courier.close();
    this.#couriers.clear();
    this.#elders.clear();
    this.#session = this.#environment.randomId();
  }

  /** @param {string} host */
  #setHost(host) {
    if (host === this.#host) return;
    this.#host = host;
    this.emit("host", { host });
  }

  /** @param {string} peer */
  #knocked(peer) {
    if (this.#knocks.has(peer)) return;
    this.#knocks.add(peer);
    this.emit("knock", { peer });
  }

  /** @param {string} peer */
  #knockEnded(peer) {
    if (this.#knocks.delete(peer)) this.emit("knockended", { peer });
  }

  /** @param {boolean} locked */
  #setLocked(locked) {
    if (locked === this.#locked) return;
    this.#locked = locked;
    this.emit("locked", { locked });
  }

  /**
   * @param {RoomState} state
   * @param {{ again?: boolean }} [options]
   */
  #become(state, { again = false } = {}) {
    if (state === this.#state && !again) return;
    this.#state = state;
    this.emit("state", { state });
  }
}

/**
 * Whether a join token says that its bearer may moderate. It is the server that checks it.
 *
 * @param {string | null} token
 */
function mayModerate(token) {
  try {
    const [, payload = ""] = token?.split(".") ?? [];
    return JSON.parse(new TextDecoder().decode(fromBase64Url(payload) ?? undefined)).host === true;
  } catch {
    return false;
  }
}

/**
 * How long a message may be, in bytes of JSON, to fit into a frame when it is sealed: a quarter is lost to base64, and the rest
 * to padding and to what stands around it.
 *
 * @param {number} messageBytes the longest frame
 */
function capacityOf(messageBytes) {
  return Math.floor(((messageBytes - 512) * 3) / 4) - BUCKET_BYTES;
}

/**
 * Sends a message to one of many.
 *
 * @param {Peer} peer
 * @param {string} text
 * @returns {MessageError | null} why it was not taken
 */
function refusalOf(peer, text) {
  try {
    peer.post(text);
    return null;
  } catch (error) {
    return /** @type {MessageError} */ (error);
  }
}

/**
 * @param {unknown} error
 * @returns {RoomError}
 */
function asRoomError(error) {
  if (error instanceof RoomError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new RoomError(error instanceof SealError ? "incomplete-link" : "unsupported", message);
}

import { TRACK_KINDS } from "./connection.js";
import { environment } from "./environment.js";
import { RoomError } from "./errors.js";
import { TypedTarget } from "./events.js";
import { parseLink, socketUrl } from "./link.js";
import { Peer } from "./peer.js";
import { SignalingSocket } from "./signaling.js";
import { watchForWake } from "./wake.js";

export { LinkError, RoomError } from "./errors.js";

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
 *
 * @typedef {object} RoomOptions
 * @property {string | null} [token] a join token (JWT), where the operator asks for one
 * @property {string | null} [resume] the `resume` of a former Room for the same link, to be the same peer again
 * @property {string} [base] a URL on the server that a bare room name belongs to; the page's own by default
 *
 * @typedef {import("./protocol.js").LeaveReason | "lost"} PeerLeftReason `lost`: it did not come back after an outage
 *
 * @typedef {object} RoomEvents
 * @property {{ state: RoomState }} state also when `joined` is reached again: `resume` is a new one then
 * @property {{ peer: Peer }} peerjoined
 * @property {{ peer: Peer, reason: PeerLeftReason }} peerleft
 * @property {{ host: string }} host another peer is host now
 * @property {{ locked: boolean }} locked
 * @property {{ error: RoomError }} error the server ended it, after having let us in; `state` is `left`
 */

/**
 * A room and everybody in it: the way into the library.
 *
 *     const room = new Room("https://call.example/r/k7m2-9qxw-3fzt");
 *     room.addEventListener("peerjoined", ({ peer }) => {
 *       peer.addEventListener("track", ({ kind, track }) => …);
 *     });
 *     await room.join({ audio, camera });
 *     await room.setTrack("camera", null);
 *     room.leave();
 *
 * Of each two peers, the one who came later connects to the one who was there. A lost connection to the server is none
 * of the media's business: it comes back by itself, and until then calls go on.
 *
 * @extends {TypedTarget<RoomEvents>}
 */
export class Room extends TypedTarget {
  #link;
  #environment;
  #signaling;
  /** @type {Map<string, Peer>} */
  #peers = new Map();
  /** @type {Map<string, any>} timers of the peers whose seat is gone while their media is not */
  #expiring = new Map();
  /** @type {Tracks} */
  #tracks = { audio: null, camera: null };
  /** @type {RoomState} */
  #state = "idle";
  /** @type {string | null} */
  #self = null;
  /** @type {string | null} */
  #host = null;
  #locked = false;
  #graceSeconds = 0;
  /** @type {import("./protocol.js").IceServer[]} */
  #iceServers = [];
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
  constructor(link, { token = null, resume = null, base = globalThis.location?.href, ...replaced } = {}) {
    super();
    this.#link = parseLink(link, base);
    this.#environment = environment(replaced);
    const credentials = token === null ? [] : [`token.${token}`];
    this.#signaling = new SignalingSocket(socketUrl(this.#link), { credentials, resume }, this.#environment);
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

  /** The others by their ids, those who came first at the front. @returns {ReadonlyMap<string, Peer>} */
  get peers() {
    return this.#peers;
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
   * @throws {RoomError} `unsupported`; `left`; `unreachable` after `JOIN_ATTEMPTS` tries; or the server's reason
   */
  join(tracks = {}) {
    this.#joining ??= new Promise((resolve, reject) => {
      this.#joined = resolve;
      this.#refused = reject;
      this.#enter(tracks);
    });
    return this.#joining;
  }

  /** @param {Partial<Tracks>} tracks */
  #enter(tracks) {
    if (this.#environment.peerConnection === undefined) {
      this.#end(new RoomError("unsupported", "this browser has no WebRTC"));
      return;
    }
    for (const kind of TRACK_KINDS) this.#tracks[kind] = tracks[kind] ?? null;
    this.#unwatch = watchForWake((reason) => this.#woken(reason), this.#environment);
    this.#signaling.connect();
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
    for (const id of this.#expiring.keys()) this.#keep(id);
    for (const peer of this.#peers.values()) peer.close({ bye });
    this.#peers.clear();
  }

  /**
   * @param {import("./signaling.js").SignalingState} state
   * @param {number} failures
   */
  #signalingChanged(state, failures) {
    if (state === "waiting") this.#become("waiting");
    if (state !== "connecting") return;
    this.#become(this.#self === null ? "joining" : "reconnecting");
    if (this.#self === null && failures >= JOIN_ATTEMPTS) {
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
        return this.#peers.get(frame.peer)?.setAway(true);
      case "left":
        return this.#departed(frame.peer, frame.reason);
      case "signal":
        return this.#peers.get(frame.from)?.receive(frame.data);
      case "undelivered":
        return this.#undelivered(frame.to, frame.reason);
      case "host":
        return this.#setHost(frame.peer);
      case "locked":
        return this.#setLocked(frame.locked);
      case "ice":
        this.#iceServers = frame.iceServers;
    }
  }

  /** @param {import("./protocol.js").WelcomeFrame} frame */
  #welcomed({ self, host, room, peers, iceServers, limits }) {
    if (this.#self !== null && this.#self !== self) this.#forgetPeers();
    this.#self = self;
    this.#iceServers = iceServers;
    this.#graceSeconds = limits.graceSeconds;
    this.#setHost(host);
    this.#setLocked(room.locked);
    const listed = new Set(peers.map((peer) => peer.id));
    for (const id of this.#peers.keys()) if (!listed.has(id)) this.#missing(id, "lost");
    for (const { id, away } of peers) this.#listed(id, away);
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
    if (known === undefined) peer.begin();
    else peer.resume();
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
      this.#add(id).expect();
      return;
    }
    known.setAway(false);
    known.resume();
  }

  /** @param {string} id */
  #add(id) {
    const peer = new Peer(
      id,
      {
        self: this.#self ?? "",
        reachable: () => this.#signaling.state === "open",
        signal: (data) => this.#signaling.send({ type: "signal", to: id, data }),
        iceServers: () => this.#iceServers,
        tracks: this.#tracks,
      },
      this.#environment,
    );
    this.#peers.set(id, peer);
    peer.addEventListener("bye", () => this.#remove(id, "bye"));
    peer.addEventListener("state", ({ state }) => this.#peerChanged(peer, state));
    this.emit("peerjoined", { peer });
    return peer;
  }

  /**
   * @param {Peer} peer
   * @param {import("./peer.js").PeerState} state
   */
  #peerChanged(peer, state) {
    if (state !== "reconnecting") return;
    if (this.#expiring.has(peer.id)) this.#remove(peer.id, "lost");
    // The server may not have noticed yet that this peer is gone; asked, it looks.
    else if (!peer.away) this.#signaling.send({ type: "check", peer: peer.id });
  }

  /**
   * @param {string} id
   * @param {import("./protocol.js").LeaveReason} reason
   */
  #departed(id, reason) {
    if (reason === "timeout") this.#missing(id, reason);
    else this.#remove(id, reason);
  }

  /**
   * @param {string} id
   * @param {"away" | "unknown"} reason
   */
  #undelivered(id, reason) {
    if (reason === "unknown") this.#missing(id, "lost");
    else this.#peers.get(id)?.setAway(true);
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
    peer.close();
    this.emit("peerleft", { peer, reason });
  }

  /** The server knows us as somebody else now, and so do the others: what we had with them is over. */
  #forgetPeers() {
    for (const id of this.#peers.keys()) this.#remove(id, "lost");
  }

  /** @param {string} host */
  #setHost(host) {
    if (host === this.#host) return;
    this.#host = host;
    this.emit("host", { host });
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

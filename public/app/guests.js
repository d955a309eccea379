import { TypedTarget } from "../client/room.js";
import { strings } from "./strings.js";
import { readMessage, Undelivered } from "./talk.js";

/**
 * @typedef {import("../client/room.js").Room} Room
 * @typedef {import("../client/peer.js").Peer} Peer
 * @typedef {import("../client/files.js").IncomingFile} IncomingFile
 *
 * - `none`: not asked for, or the connection is another one now
 * - `running`: the two pages are at it
 * - `compare`: the two people are to compare `result`
 * - `verified`, `differs`: what the person has said about it
 * - `failed`: it came to no result, which proves nothing
 *
 * @typedef {"none" | "running" | "compare" | "verified" | "differs" | "failed"} VerificationState
 *
 * @typedef {object} GuestsEvents
 * @property {{ guest: Guest }} enter
 * @property {{ guest: Guest, reason: import("../client/room.js").PeerLeftReason }} exit
 * @property {{ guest: Guest }} change anything about it
 * @property {{ guest: Guest }} named it has said its name for the first time
 * @property {{ guest: Guest, kind: import("../client/connection.js").TrackKind, track: MediaStreamTrack }} track
 * @property {{ guest: Guest, id: string, text: string }} chat
 * @property {{ guest: Guest, id: string }} got
 * @property {{ guest: Guest, file: IncomingFile }} file
 * @property {{ guest: Guest }} asked somebody else wants to verify
 */

/** Somebody else in the call, with all that this page knows of them. */
export class Guest {
  name;
  isNamed = false;
  /** The last statistics. @type {import("./stats.js").Summary | null} */
  summary = null;
  /** What there is to try, as long as there is no way. @type {import("./stats.js").Candidates | null} */
  candidates = null;
  /** What of ours does not reach them. */
  complaint = { audio: false, camera: false };
  /** What of theirs does not reach us, though they send it. */
  missing = { audio: false, camera: false };
  /** Whether no way to them was found for long. */
  noRoute = false;
  /** @type {{ state: VerificationState, result: import("../client/peer.js").ShortAuthentication | null }} */
  verification = { state: "none", result: null };
  /** Ids of the lines of chat that have arrived, so that a repeated one is not shown twice. @type {Set<string>} */
  heard = new Set();
  undelivered;

  /**
   * @param {Peer} peer
   * @param {number} number
   */
  constructor(peer, number) {
    this.peer = peer;
    this.name = strings.guest(number);
    this.undelivered = new Undelivered((message) => peer.send(message));
  }
}

/**
 * How long after somebody came they are shown, in milliseconds. To lay out their tile takes a page as long as a good part of
 * connecting to them, so that goes first.
 */
const SHOWN_AFTER_MS = 120;

/**
 * Everybody else in a call, by the order they came in.
 *
 * @extends {TypedTarget<GuestsEvents>}
 */
export class Guests extends TypedTarget {
  /** @type {Map<string, Guest>} */
  #guests = new Map();
  #count = 0;
  #name;
  /** What is not told yet: somebody's coming, and all that came after it. @type {(() => void)[]} */
  #untold = [];

  /**
   * @param {Room} room before it is joined
   * @param {string} name ours
   */
  constructor(room, name) {
    super();
    this.#name = name;
    room.addEventListener("peerjoined", ({ peer }) => this.#enter(peer));
    room.addEventListener("peerleft", ({ peer, reason }) => this.#exit(peer, reason));
  }

  /**
   * @override
   * @template {keyof GuestsEvents} Name
   * @param {Name} name
   * @param {GuestsEvents[Name]} properties
   */
  emit(name, properties) {
    const tell = () => super.emit(name, properties);
    if (name !== "enter" && this.#untold.length === 0) {
      tell();
      return;
    }
    if (this.#untold.length === 0) setTimeout(() => this.#tellAll(), SHOWN_AFTER_MS);
    this.#untold.push(tell);
  }

  #tellAll() {
    for (const tell of this.#untold.splice(0)) tell();
  }

  get all() {
    return Array.from(this.#guests.values());
  }

  get connected() {
    return this.all.filter(({ peer }) => peer.state === "connected");
  }

  /**
   * Says a line of chat to everybody.
   *
   * @param {string} id
   * @param {string} text
   */
  say(id, text) {
    for (const { undelivered } of this.#guests.values()) undelivered.post({ type: "chat", id, text });
  }

  /**
   * Tells the other page what of its media does not arrive.
   *
   * @param {Guest} guest
   * @param {{ audio: boolean, camera: boolean }} missing
   */
  complain({ peer }, missing) {
    tell(peer, { type: "reception", ...missing });
  }

  /**
   * Verifies the connection to somebody.
   *
   * @param {Guest} guest
   */
  async verify(guest) {
    this.#verifying.add(guest);
    try {
      await guest.peer.verify();
    } catch {
      // Told by the event, or there is no connection: then there was none.
      if (guest.verification.state === "none") this.#setVerification(guest, "failed", null);
    } finally {
      this.#verifying.delete(guest);
    }
  }

  /** Those that we are verifying ourselves. @type {Set<Guest>} */
  #verifying = new Set();

  /**
   * What the person says of the comparison.
   *
   * @param {Guest} guest
   * @param {boolean} same
   */
  judge(guest, same) {
    this.#setVerification(guest, same ? "verified" : "differs", guest.verification.result);
  }

  /** @param {Guest} guest whose fields were changed */
  changed(guest) {
    this.emit("change", { guest });
  }

  /** @param {Peer} peer */
  #enter(peer) {
    this.#count += 1;
    const guest = new Guest(peer, this.#count);
    this.#guests.set(peer.id, guest);
    peer.addEventListener("state", ({ state }) => {
      if (state === "connected") this.#connected(guest);
      this.changed(guest);
    });
    for (const name of /** @type {const} */ (["media", "away"])) {
      peer.addEventListener(name, () => this.changed(guest));
    }
    peer.addEventListener("track", ({ kind, track }) => this.emit("track", { guest, kind, track }));
    peer.addEventListener("message", ({ message }) => this.#read(guest, message));
    peer.addEventListener("file", ({ file }) => this.emit("file", { guest, file }));
    peer.addEventListener("verification", ({ result }) => this.#verified(guest, result));
    this.emit("enter", { guest });
  }

  /**
   * @param {Peer} peer
   * @param {import("../client/room.js").PeerLeftReason} reason
   */
  #exit(peer, reason) {
    const guest = this.#guests.get(peer.id);
    if (guest === undefined) return;
    this.#guests.delete(peer.id);
    this.emit("exit", { guest, reason });
  }

  /** @param {Guest} guest */
  #connected(guest) {
    guest.noRoute = false;
    guest.complaint = { audio: false, camera: false };
    // Over a new connection everything is said again: the old one may have swallowed it.
    tell(guest.peer, { type: "profile", name: this.#name });
    guest.undelivered.again();
  }

  /**
   * @param {Guest} guest
   * @param {unknown} data
   */
  #read(guest, data) {
    const message = readMessage(data);
    if (message === null) return;
    if (message.type === "profile") this.#setName(guest, message.name);
    if (message.type === "reception") guest.complaint = { audio: message.audio, camera: message.camera };
    if (message.type === "reception") this.changed(guest);
    if (message.type === "got") {
      guest.undelivered.settle(message.id);
      this.emit("got", { guest, id: message.id });
    }
    if (message.type !== "chat") return;
    tell(guest.peer, { type: "got", id: message.id });
    if (guest.heard.has(message.id)) return;
    guest.heard.add(message.id);
    this.emit("chat", { guest, id: message.id, text: message.text });
  }

  /**
   * @param {Guest} guest
   * @param {string} name
   */
  #setName(guest, name) {
    if (name !== "") guest.name = name;
    const isFirst = !guest.isNamed;
    guest.isNamed = true;
    this.changed(guest);
    if (isFirst) this.emit("named", { guest });
  }

  /**
   * @param {Guest} guest
   * @param {Promise<import("../client/peer.js").ShortAuthentication> | null} result
   */
  async #verified(guest, result) {
    this.#setVerification(guest, result === null ? "none" : "running", null);
    if (result === null) return;
    const isOurs = this.#verifying.has(guest);
    const outcome = await result.catch(() => null);
    // The connection may be over by now, or another one.
    if (guest.verification.state !== "running") return;
    this.#setVerification(guest, outcome === null ? "failed" : "compare", outcome);
    if (!isOurs && outcome !== null) this.emit("asked", { guest });
  }

  /**
   * @param {Guest} guest
   * @param {VerificationState} state
   * @param {import("../client/peer.js").ShortAuthentication | null} result
   */
  #setVerification(guest, state, result) {
    guest.verification = { state, result };
    this.changed(guest);
  }
}

/**
 * @param {Peer} peer
 * @param {import("./talk.js").PageMessage} message
 */
function tell(peer, message) {
  try {
    peer.send(message);
  } catch {
    // It is gone, or takes nothing more: the next connection brings it up to date.
  }
}

import { WebSocket } from "ws";
import { Room } from "../../public/client/room.js";

/** Somebody in a room, through the real client library, over a socket that can be cut. */
export class Member {
  /** The last number that came from each. @type {Map<string, number>} */
  received = new Map();
  /** The last number that went to each. @type {Map<string, number>} */
  sent = new Map();
  /** What was found to be wrong. @type {string[]} */
  wrong = [];
  /** Who it was before it came back as somebody else. @type {string | null} */
  former = null;
  /** How long it was out of reach of the server before it was in last, in milliseconds. */
  outage = 0;
  /** When it was in last. */
  #seen = Date.now();
  #wasIn = false;
  /** Why the server has ended it, if it has. @type {string | null} */
  ended = null;
  /** @type {WebSocket | null} */
  #socket = null;
  #gone = false;
  #self = "";
  #network = new EventTarget();
  room;

  /**
   * @param {string} link
   * @param {string | null} [resume] of somebody whose page is reloaded
   */
  constructor(link, resume = null) {
    const opened = (/** @type {WebSocket} */ socket) => {
      this.#socket = socket;
      if (this.#gone) socket.terminate();
    };
    const webSocket = class extends WebSocket {
      /**
       * @param {string} url
       * @param {string[]} protocols
       */
      constructor(url, protocols) {
        super(url, protocols, { perMessageDeflate: false });
        opened(this);
      }
    };
    this.room = new Room(link, { webSocket, events: this.#network, resume });
    this.room.addEventListener("state", () => this.#checkSelf());
    this.room.addEventListener("error", ({ error }) => {
      this.ended = error.code;
    });
    this.room.addEventListener("peerjoined", ({ peer }) => {
      peer.addEventListener("error", ({ error }) => this.wrong.push(`${this.id}: ${error}`));
      peer.addEventListener("message", ({ message }) => {
        const last = this.received.get(peer.id) ?? 0;
        if (message !== last + 1) this.wrong.push(`${this.id}: ${message} from ${peer.id} after ${last}`);
        this.received.set(peer.id, Number(message));
      });
    });
  }

  get id() {
    return this.#self;
  }

  get isIn() {
    return this.room.state === "joined";
  }

  /** Whether its connection is gone. */
  get isCut() {
    return this.#socket === null || this.#socket.readyState === WebSocket.CLOSED;
  }

  /** Sends the next number to everybody. */
  post() {
    let count = 0;
    for (const [id, peer] of this.room.peers) {
      if (peer.state !== "connected") continue;
      const number = (this.sent.get(id) ?? 0) + 1;
      this.sent.set(id, number);
      peer.send(number);
      count += 1;
    }
    return count;
  }

  /** The connection is gone without a close frame. */
  cut() {
    this.#socket?.terminate();
  }

  /** The network is back: no waiting for the next try. */
  nudge() {
    this.#network.dispatchEvent(new Event("online"));
  }

  /** Gone for good without a word, as a page that has crashed. */
  vanish() {
    this.#gone = true;
    this.#socket?.terminate();
    this.room.leave();
  }

  leave() {
    this.room.leave();
  }

  /** Whoever has this id has a new page, which counts from the beginning. @param {string} id */
  forget(id) {
    this.sent.delete(id);
    this.received.delete(id);
  }

  #checkSelf() {
    if (this.isIn) this.outage = this.#wasIn ? 0 : Date.now() - this.#seen;
    if (this.#wasIn) this.#seen = Date.now();
    this.#wasIn = this.isIn;
    const { self } = this.room;
    if (self === null || self === this.#self) return;
    if (this.#self !== "") this.former = this.#self;
    this.#self = self;
  }
}

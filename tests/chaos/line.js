import { WebSocket } from "ws";
import { Room } from "../../public/client/room.js";

/**
 * A peer without a browser, over a socket that can be cut like a cable. It sends numbers to everybody, and checks that theirs come
 * once and in order.
 */
export class Line {
  /** The last number that came from each. @type {Map<string, number>} */
  received = new Map();
  /** The last number that went to each. @type {Map<string, number>} */
  sent = new Map();
  /** What was found to be wrong. @type {string[]} */
  faults = [];
  /** @type {WebSocket | null} */
  #socket = null;
  #self = "";
  #network = new EventTarget();
  #room;

  /** @param {string} link */
  constructor(link) {
    const remember = (/** @type {WebSocket} */ socket) => {
      this.#socket = socket;
    };
    const webSocket = class extends WebSocket {
      /**
       * @param {string} url
       * @param {string[]} protocols
       */
      constructor(url, protocols) {
        super(url, protocols, { perMessageDeflate: false });
        remember(this);
      }
    };
    this.#room = new Room(link, { webSocket, events: this.#network });
    this.#room.addEventListener("state", () => this.#checkSelf());
    this.#room.addEventListener("error", ({ error }) => this.faults.push(`ended: ${error.code}`));
    this.#room.addEventListener("peerjoined", ({ peer }) => this.#listen(peer));
    this.#room.addEventListener("peerleft", ({ peer, reason }) => this.faults.push(`${peer.id} left: ${reason}`));
  }

  /** Who we are in the room. */
  get self() {
    return this.#self;
  }

  join() {
    return this.#room.join();
  }

  /** The connection is gone without a close frame. */
  cut() {
    this.#socket?.terminate();
  }

  /** The network is back: no waiting for the next try. */
  nudge() {
    this.#network.dispatchEvent(new Event("online"));
  }

  /**
   * Sends the next number to everybody who can take one.
   *
   * @param {number} limit how many each may have on the way
   * @param {(id: string) => number} receivedBy how many of ours a peer has received
   * @returns {number} how many were sent
   */
  post(limit, receivedBy) {
    let count = 0;
    for (const [id, peer] of this.#room.peers) {
      const number = (this.sent.get(id) ?? 0) + 1;
      if (peer.state !== "connected" || number > receivedBy(id) + limit) continue;
      this.sent.set(id, number);
      peer.send(number);
      count += 1;
    }
    return count;
  }

  leave() {
    this.#room.leave();
  }

  #checkSelf() {
    const { self } = this.#room;
    if (self === null || self === this.#self) return;
    if (this.#self !== "") this.faults.push("came back as somebody else");
    this.#self = self;
  }

  /** @param {import("../../public/client/peer.js").Peer} peer */
  #listen(peer) {
    const { id } = peer;
    peer.addEventListener("error", ({ error }) => this.faults.push(String(error)));
    peer.addEventListener("message", ({ message }) => {
      const last = this.received.get(id) ?? 0;
      if (message !== last + 1) this.faults.push(`${message} from ${id} after ${last}`);
      this.received.set(id, Number(message));
    });
  }
}

import { WebSocket } from "ws";
import { Courier } from "../../public/client/courier.js";
import { environment } from "../../public/client/environment.js";
import { Seal } from "../../public/client/seal.js";
import { SignalingSocket } from "../../public/client/signaling.js";

/** A socket that can be cut like a cable. */
class CuttableSocket extends WebSocket {
  /**
   * @param {string} url
   * @param {string[]} protocols
   */
  constructor(url, protocols) {
    super(url, protocols, { perMessageDeflate: false });
    // A connection that fails also closes.
    this.on("error", () => {});
  }
}

/**
 * A peer without a browser: the library's signaling socket and couriers, put together as `Room` does, with nothing on top. It
 * sends numbers to everybody, and checks that theirs come once and in order.
 */
export class Line {
  /** @type {Map<string, Courier>} */
  couriers = new Map();
  /** The last number that came from each. @type {Map<string, number>} */
  received = new Map();
  /** The last number that went to each. @type {Map<string, number>} */
  sent = new Map();
  /** What was found to be wrong. @type {string[]} */
  faults = [];
  /** @type {Set<string>} */
  #away = new Set();
  /** @type {CuttableSocket | null} */
  #socket = null;
  #self = "";
  #session;
  #environment;
  #signaling;
  #seal;

  /**
   * @param {string} url of the room's socket
   * @param {Seal} seal
   */
  constructor(url, seal) {
    const remember = (/** @type {CuttableSocket} */ socket) => {
      this.#socket = socket;
    };
    const webSocket = class extends CuttableSocket {
      /**
       * @param {string} url
       * @param {string[]} protocols
       */
      constructor(url, protocols) {
        super(url, protocols);
        remember(this);
      }
    };
    this.#environment = environment({ webSocket: /** @type {any} */ (webSocket) });
    this.#session = this.#environment.randomId();
    this.#seal = seal;
    this.#signaling = new SignalingSocket(url, {}, this.#environment);
    this.#signaling.addEventListener("frame", ({ frame }) => this.#receive(frame));
    this.#signaling.addEventListener("stopped", ({ reason }) => this.faults.push(`stopped: ${reason}`));
    this.#signaling.connect([`gate.${seal.gate}`]);
  }

  get isOpen() {
    return this.#signaling.state === "open";
  }

  /** The connection is gone without a close frame. */
  cut() {
    this.#socket?.terminate();
  }

  /** The network is back: no waiting for the next try. */
  nudge() {
    this.#signaling.nudge();
  }

  /**
   * Sends the next number to everybody who can take one.
   *
   * @param {number} limit how many each may have on the way
   * @returns {number} how many were sent
   */
  post(limit) {
    let count = 0;
    for (const [id, courier] of this.couriers) {
      if (courier.theirs === null || courier.pending >= limit) continue;
      const number = (this.sent.get(id) ?? 0) + 1;
      this.sent.set(id, number);
      courier.post({ number });
      count += 1;
    }
    return count;
  }

  close() {
    for (const courier of this.couriers.values()) courier.close();
    this.#signaling.leave();
  }

  /** @param {import("../../public/client/protocol.js").ServerFrame} frame */
  #receive(frame) {
    if (frame.type === "welcome") {
      if (this.#self !== "" && this.#self !== frame.self) this.faults.push("came back as somebody else");
      this.#self = frame.self;
      this.#away = new Set(frame.peers.filter(({ away }) => away).map(({ id }) => id));
      for (const { id } of frame.peers) this.#courier(id).resend();
      if (frame.peers.length > 0) this.#signaling.send({ type: "signal", data: { v: 1, s: this.#session } });
    } else if (frame.type === "joined" || frame.type === "back") {
      this.#away.delete(frame.peer);
      if (this.couriers.has(frame.peer)) this.#courier(frame.peer).resend();
    } else if (frame.type === "away") {
      this.#away.add(frame.peer);
    } else if (frame.type === "undelivered" && frame.reason === "away") {
      this.#away.add(frame.to);
    } else if (frame.type === "signal") {
      this.#courier(frame.from).receive(/** @type {any} */ (frame.data));
    }
  }

  /** @param {string} id */
  #courier(id) {
    const known = this.couriers.get(id);
    if (known !== undefined) return known;
    const [seal, self, session] = [this.#seal, this.#self, this.#session];
    const courier = new Courier(
      {
        session,
        send: (envelope) => !this.#away.has(id) && this.#signaling.send({ type: "signal", to: id, data: envelope }),
        seals: async (theirs) => ({
          out: await seal.directed({ from: self, fromSession: session, to: id, toSession: theirs }),
          in: await seal.directed({ from: id, fromSession: theirs, to: self, toSession: session }),
        }),
      },
      this.#environment,
    );
    courier.addEventListener("payload", ({ payload }) => {
      const { number } = /** @type {{ number: number }} */ (payload);
      const last = this.received.get(id) ?? 0;
      if (number !== last + 1) this.faults.push(`${number} from ${id} after ${last}`);
      this.received.set(id, number);
    });
    courier.addEventListener("error", ({ error }) => this.faults.push(String(error)));
    this.couriers.set(id, courier);
    return courier;
  }
}

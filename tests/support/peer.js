// A peer for the tests: a bare WebSocket that speaks the protocol and keeps every frame that came.

import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";

/** @typedef {{ type: string, [field: string]: any }} Frame */

/** How long a test waits for something that has to happen, in milliseconds. */
const PATIENCE = 20_000;

/**
 * @typedef {object} OpenOptions
 * @property {string} [resume] a token to resume with
 * @property {string} [gate]
 * @property {string} [token] a join token
 * @property {string[]} [protocols] what to offer in place of `switchboard.v1`
 * @property {Record<string, string>} [headers] further headers of the upgrade
 * @property {boolean} [deflate] whether to offer compression
 */

/**
 * @param {{ url: string }} server
 * @param {string} room
 * @param {OpenOptions} options
 */
function dial(server, room, { resume, gate, token, protocols = ["switchboard.v1"], headers = {}, deflate = false }) {
  const offered = [...protocols];
  if (gate !== undefined) {
    offered.push(`gate.${gate}`);
  }
  if (token !== undefined) {
    offered.push(`token.${token}`);
  }
  if (resume !== undefined) {
    offered.push(`resume.${resume}`);
  }
  const url = `${server.url.replace(/^http/, "ws")}/api/rooms/${room}/socket`;
  return new Socket(url, offered, { headers, perMessageDeflate: deflate });
}

/**
 * A WebSocket that tells at once, with a `told`, that the server has sent a close frame. The `close` event says the same
 * only when the TCP connection has ended, which workerd may let take until it evicts the room, ten seconds later.
 */
class Socket extends WebSocket {
  /** Whether this side began to close. */
  leaving = false;

  /**
   * `ws` calls it to answer a close frame.
   *
   * @override
   * @param {number} [code]
   * @param {string | Buffer} [reason]
   */
  close(code, reason) {
    super.close(code, reason);
    if (!this.leaving) {
      this.emit("told", code ?? 1005, reason ?? "");
    }
  }
}

export class Peer {
  /** @type {(Frame | { type: "close", code: number, reason: string })[]} */
  #inbox = [];
  /** @type {(() => void)[]} */
  #waiting = [];
  /** Each frame's text as it came, oldest first. @type {string[]} */
  texts = [];

  /**
   * @param {Socket} socket
   */
  constructor(socket) {
    this.socket = socket;
    let closed = false;
    /** @type {(code: number, reason: Buffer | string) => void} */
    const close = (code, reason) => {
      if (!closed) {
        closed = true;
        this.#deliver({ type: "close", code, reason: reason.toString() });
      }
    };
    socket.on("message", (data) => {
      const text = data.toString();
      this.texts.push(text);
      this.#deliver(text === "pong" ? { type: "pong" } : JSON.parse(text));
    });
    socket.on("told", close);
    socket.on("close", close);
    // A lost connection also closes.
    socket.on("error", () => {});
  }

  /**
   * Opens a socket to a room, whatever becomes of it.
   *
   * @param {{ url: string }} server
   * @param {string} room
   * @param {OpenOptions} [options]
   */
  static async open(server, room, options = {}) {
    const peer = new Peer(dial(server, room, options));
    await new Promise((resolve, reject) => {
      peer.socket.once("open", resolve);
      peer.socket.once("error", reject);
    });
    return peer;
  }

  /**
   * Tries to open a socket that the server does not let come to be, and gives its answer.
   *
   * @param {{ url: string }} server
   * @param {string} room
   * @param {OpenOptions} [options]
   * @returns {Promise<{ status: number, headers: import("node:http").IncomingHttpHeaders, body: any }>}
   */
  static refused(server, room, options = {}) {
    const socket = dial(server, room, options);
    return new Promise((resolve, reject) => {
      socket.once("open", () => reject(new Error("the socket was opened")));
      socket.once("error", reject);
      socket.once("unexpected-response", async (_request, response) => {
        const body = await text(response);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(body) });
      });
    });
  }

  /**
   * Joins a room: `welcome` has come.
   *
   * @param {{ url: string }} server
   * @param {string} room
   * @param {OpenOptions} [options]
   */
  static async join(server, room, options) {
    const peer = await Peer.open(server, room, options);
    peer.welcome = await peer.next();
    assert.equal(peer.welcome.type, "welcome", JSON.stringify(peer.welcome));
    return peer;
  }

  /** @type {Frame} */
  welcome = { type: "none" };

  get id() {
    return /** @type {string} */ (this.welcome.self);
  }

  get resume() {
    return /** @type {string} */ (this.welcome.resume);
  }

  /** @param {any} frame */
  #deliver(frame) {
    this.#inbox.push(frame);
    this.#waiting.shift()?.();
  }

  /**
   * The next frame, or `{ type: "close", code, reason }`.
   *
   * @returns {Promise<Frame>}
   */
  async next() {
    if (this.#inbox.length === 0) {
      await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${this.id ?? "a peer"} got nothing more`)), PATIENCE);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve(undefined);
        });
      });
    }
    const frame = this.#inbox.shift();
    assert(frame);
    return /** @type {Frame} */ (frame);
  }

  /**
   * The next frames are these and no others.
   *
   * @param {...Frame} expected
   */
  async expect(...expected) {
    for (const frame of expected) {
      assert.deepEqual(await this.next(), frame);
    }
  }

  /**
   * The next frames up to and including the first one of this type.
   *
   * @param {string} type
   */
  async until(type) {
    const frames = [await this.next()];
    while (frames.at(-1)?.type !== type) {
      frames.push(await this.next());
    }
    return frames;
  }

  /** Nothing has come, and nothing is on its way: a round trip through the room shows it. */
  async expectNothing() {
    this.send({ type: "signal", to: "nobody", data: null, ref: "nothing" });
    await this.expect({ type: "undelivered", to: "nobody", ref: "nothing", reason: "unknown" });
  }

  /** @param {unknown} frame a text as it is, or anything else as JSON */
  send(frame) {
    this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** The connection is gone without a close frame, as when a cable is pulled and its owner notices. */
  lose() {
    this.socket.terminate();
  }

  /**
   * @param {number} [code]
   * @param {string} [reason]
   */
  close(code, reason) {
    this.socket.leaving = true;
    this.socket.close(code, reason);
  }
}

let rooms = 0;

/** A name that no other test of this run has. */
export function freshRoom() {
  rooms += 1;
  return `test-${process.pid}-${rooms}`;
}

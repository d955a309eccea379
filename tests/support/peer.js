// A peer for the tests: a bare WebSocket that speaks the protocol and keeps every frame that came.

import assert from "node:assert/strict";
import { WebSocket } from "ws";

/** @typedef {{ type: string, [field: string]: any }} Frame */

/** How long a test waits for something that has to happen, in milliseconds. */
const PATIENCE = 20_000;

export class Peer {
  /** @type {(Frame | { type: "close", code: number, reason: string })[]} */
  #inbox = [];
  /** @type {(() => void)[]} */
  #waiting = [];
  /** Each frame's text as it came, oldest first. @type {string[]} */
  texts = [];

  /**
   * @param {WebSocket} socket
   */
  constructor(socket) {
    this.socket = socket;
    socket.on("message", (data) => {
      const text = data.toString();
      this.texts.push(text);
      this.#deliver(text === "pong" ? { type: "pong" } : JSON.parse(text));
    });
    socket.on("close", (code, reason) => this.#deliver({ type: "close", code, reason: reason.toString() }));
    // A lost connection also closes.
    socket.on("error", () => {});
  }

  /**
   * Opens a socket to a room, whatever becomes of it.
   *
   * @param {{ url: string }} server
   * @param {string} room
   * @param {{ resume?: string, gate?: string, protocols?: string[], headers?: Record<string, string> }} [options]
   */
  static async open(server, room, { resume, gate, protocols, headers = {} } = {}) {
    const offered = protocols ?? ["switchboard.v1"];
    if (gate !== undefined) {
      offered.push(`gate.${gate}`);
    }
    if (resume !== undefined) {
      offered.push(`resume.${resume}`);
    }
    const url = `${server.url.replace(/^http/, "ws")}/api/rooms/${room}/socket`;
    const peer = new Peer(new WebSocket(url, offered, { headers, perMessageDeflate: false }));
    await new Promise((resolve, reject) => {
      peer.socket.once("open", resolve);
      peer.socket.once("error", reject);
    });
    return peer;
  }

  /**
   * Joins a room: `welcome` has come.
   *
   * @param {{ url: string }} server
   * @param {string} room
   * @param {{ resume?: string, gate?: string }} [options]
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
    this.socket.close(code, reason);
  }
}

let rooms = 0;

/** A name that no other test of this run has. */
export function freshRoom() {
  rooms += 1;
  return `test-${process.pid}-${rooms}`;
}

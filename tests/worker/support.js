// What several of the worker's tests need.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { freshRoom, Peer } from "../support/peer.js";

/** @typedef {import("../support/server.js").Server} Server */
/** @typedef {import("../support/peer.js").Frame} Frame */
/** @typedef {import("../support/peer.js").OpenOptions} OpenOptions */

/** How long a test waits for something that has to happen, in milliseconds. */
const PATIENCE = 20_000;

/** A room of peers, the first of whom opened it. Each has seen the later ones join, and nothing else has come. */
export class Call {
  /** @type {Peer[]} */
  #all = [];

  /**
   * @param {Server} server
   * @param {string} room
   */
  constructor(server, room) {
    this.server = server;
    this.room = room;
  }

  /**
   * Opens a fresh room with a first peer. Whoever is still connected when the test ends is dropped.
   *
   * @param {import("node:test").TestContext} t
   * @param {Server} server
   */
  static fresh(t, server) {
    const call = new Call(server, freshRoom());
    t.after(() => {
      for (const peer of call.#all) {
        peer.lose();
      }
    });
    return call;
  }

  /**
   * Joins a peer, and checks nothing but that it gets a seat.
   *
   * @param {OpenOptions} [options]
   */
  async join(options) {
    const peer = await Peer.join(this.server, this.room, options);
    this.#all.push(peer);
    return peer;
  }

  /**
   * Opens a socket, whatever becomes of it.
   *
   * @param {OpenOptions} [options]
   */
  async open(options) {
    const peer = await Peer.open(this.server, this.room, options);
    this.#all.push(peer);
    return peer;
  }
}

/**
 * A fresh room with so many peers. Each of them has seen the later ones join.
 *
 * @param {import("node:test").TestContext} t
 * @param {Server} server
 * @param {OpenOptions} [options]
 * @returns {Promise<[Call, Peer]>}
 */
export async function one(t, server, options) {
  const call = Call.fresh(t, server);
  return [call, await call.join(options)];
}

/**
 * @param {import("node:test").TestContext} t
 * @param {Server} server
 * @param {OpenOptions} [options]
 * @returns {Promise<[Call, Peer, Peer]>}
 */
export async function two(t, server, options) {
  const [call, a] = await one(t, server, options);
  const b = await call.join(options);
  await a.expect({ type: "joined", peer: b.id });
  return [call, a, b];
}

/**
 * @param {import("node:test").TestContext} t
 * @param {Server} server
 * @param {OpenOptions} [options]
 * @returns {Promise<[Call, Peer, Peer, Peer]>}
 */
export async function three(t, server, options) {
  const [call, a, b] = await two(t, server, options);
  const c = await call.join(options);
  await a.expect({ type: "joined", peer: c.id });
  await b.expect({ type: "joined", peer: c.id });
  return [call, a, b, c];
}

/**
 * Each of them gets these frames next.
 *
 * @param {Peer[]} peers
 * @param {...Frame} frames
 */
export async function expectEach(peers, ...frames) {
  for (const peer of peers) {
    await peer.expect(...frames);
  }
}

/**
 * A peer's connection breaks off, and the others see it.
 *
 * @param {Peer} peer
 * @param {...Peer} others
 */
export async function lose(peer, ...others) {
  peer.lose();
  await expectEach(others, { type: "away", peer: peer.id });
}

/**
 * A peer says that it leaves, and the others see it.
 *
 * @param {Peer} peer
 * @param {...Peer} others
 */
export async function bye(peer, ...others) {
  peer.send({ type: "bye" });
  await peer.expect({ type: "close", code: 1000, reason: "bye" });
  await expectEach(others, { type: "left", peer: peer.id, reason: "bye" });
}

/**
 * Asks again and again until it is so.
 *
 * @param {() => Promise<boolean> | boolean} isSo
 * @param {number} [milliseconds] between two times
 */
export async function until(isSo, milliseconds = 20) {
  const deadline = Date.now() + PATIENCE;
  while (!(await isSo())) {
    assert(Date.now() < deadline, "it never came to be so");
    await pause(milliseconds);
  }
}

/**
 * Waits until so many seats are taken: nobody may be left to tell.
 *
 * @param {Server} server
 * @param {string} room
 * @param {number} seats
 */
export async function untilPresent(server, room, seats) {
  await until(async () => {
    const answer = await fetch(`${server.url}/api/rooms/${room}`);
    return (await answer.json()).present === seats;
  });
}

/**
 * Waits until nothing of a room is stored any more.
 *
 * @param {Server} server
 * @param {string} room
 */
export async function untilForgotten(server, room) {
  await until(async () => (await server.tables(room)).length === 0);
}

/**
 * Does something again and again until it is told to stop, or the test ends.
 *
 * @param {import("node:test").TestContext} t
 * @param {number} milliseconds
 * @param {() => void} work
 */
export function every(t, milliseconds, work) {
  const timer = setInterval(work, milliseconds);
  const stop = () => clearInterval(timer);
  t.after(stop);
  return stop;
}

/**
 * An `error` with this code came, with some message.
 *
 * @param {Peer} peer
 * @param {string} code
 */
export async function expectError(peer, code) {
  const frame = await peer.next();
  assert.deepEqual({ ...frame, message: typeof frame.message }, { type: "error", code, message: "string" });
  assert.notEqual(frame.message, "");
}

/**
 * The connection was closed by the server, for the reason that it also told in an `error`.
 *
 * @param {Peer} peer
 * @param {number} code
 * @param {string} reason
 */
export async function expectClosedWith(peer, code, reason) {
  await expectError(peer, reason);
  await peer.expect({ type: "close", code, reason });
}

/**
 * Nobody got anything more. After the first round the room has handled all that any of them has sent, and after the
 * second each of them has got all that came of it.
 *
 * @param {...Peer} peers
 */
export async function expectNothingMore(...peers) {
  for (const peer of [...peers, ...peers]) {
    await peer.expectNothing();
  }
}

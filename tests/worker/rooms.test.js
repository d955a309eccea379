// Many rooms at once, and a peer that does its worst.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Peer } from "../support/peer.js";
import { startServer } from "../support/server.js";
import { bye, expectNothingMore, three, two, untilForgotten } from "./support.js";

/** @typedef {import("../support/server.js").Server} Server */
/** @typedef {import("../support/peer.js").Frame} Frame */

/** @type {Server} */
let server;
before(async () => {
  server = await startServer({ vars: { GRACE_SECONDS: "1" } });
});
after(() => server.stop());

test("a hundred rooms of three know nothing of each other", async (t) => {
  const rooms = await Promise.all(Array.from({ length: 100 }, () => three(t, server)));
  // Everybody to everybody else in the room, all rooms at once.
  for (const [{ room }, ...peers] of rooms) {
    for (const peer of peers) {
      for (let n = 0; n < 5; n += 1) {
        peer.send({ type: "signal", data: { room, n } });
      }
      for (const other of peers) {
        if (other !== peer) {
          peer.send({ type: "signal", to: other.id, data: { room, to: other.id } });
        }
      }
    }
  }
  await Promise.all(
    rooms.map(async ([{ room }, ...peers]) => {
      for (const peer of peers) {
        /** @type {Map<string, unknown[]>} */
        const heard = new Map();
        for (let n = 0; n < 12; n += 1) {
          const { type, from, data } = await peer.next();
          assert.equal(type, "signal");
          heard.set(from, [...(heard.get(from) ?? []), data]);
        }
        const each = [0, 1, 2, 3, 4].map((n) => ({ room, n }));
        const others = peers.filter((other) => other !== peer);
        assert.deepEqual(heard, new Map(others.map(({ id }) => [id, [...each, { room, to: peer.id }]])));
      }
      await expectNothingMore(...peers);
    }),
  );
  // Every other room is left by everybody; the rest never learn of it.
  await Promise.all(
    rooms.map(async ([{ room }, a, b, c], index) => {
      if (index % 2 === 0) {
        await bye(c, a, b);
        await bye(b, a);
        await bye(a);
        await untilForgotten(server, room);
      }
    }),
  );
  for (const [index, [, a, b, c]] of rooms.entries()) {
    if (index % 2 === 1) {
      await expectNothingMore(a, b, c);
    }
  }
});

test("two people talk undisturbed while a third does its worst", async (t) => {
  const [call, a, b] = await two(t, server);
  const limit = a.welcome.limits.messageBytes;
  let talking = true;
  t.after(() => {
    talking = false;
  });
  /** Every id that the third was given. @type {Set<string>} */
  const strangers = new Set();

  /**
   * Comes in, if there is room, and misbehaves until it is thrown out or leaves.
   *
   * @param {import("./support.js").OpenOptions} options
   * @param {(peer: Peer) => void} misbehave
   */
  const visit = async (options, misbehave) => {
    const peer = await call.open(options);
    const first = await peer.next();
    if (first.type === "welcome") {
      peer.welcome = first;
      strangers.add(peer.id);
      misbehave(peer);
    } else {
      assert.equal(first.code, "full");
    }
    await peer.until("close");
    return peer;
  };
  /** @type {((peer: Peer) => void)[]} */
  const crimes = [
    // A flood of signals to nobody, and of checks.
    (peer) => {
      for (let n = 0; n < 400; n += 1) {
        peer.send({ type: "signal", to: `nobody ${n}`, data: "x".repeat(200), ref: n });
        peer.send({ type: "check", peer: n % 2 ? a.id : b.id });
      }
    },
    // Garbage.
    (peer) => {
      for (const garbage of [
        "",
        "{",
        "null",
        '{"type":"signal"}',
        "[".repeat(20_000),
        '{"type":"welcome"}',
        "\u0000",
      ]) {
        peer.send(garbage);
        peer.socket.send(Buffer.from(garbage));
      }
    },
    // Giants.
    (peer) => peer.send("x".repeat(limit + 1)),
    (peer) => peer.socket.send(Buffer.alloc(4 * 1024 * 1024)),
    // What only the host may do, then gone without a word.
    (peer) => {
      peer.send({ type: "end" });
      peer.lose();
    },
    // In and out.
    (peer) => peer.send({ type: "bye" }),
    (peer) => peer.close(),
    // A flood of pings.
    (peer) => {
      for (let n = 0; n < 1000; n += 1) {
        peer.send("ping");
      }
      peer.close(4999, "had enough");
    },
  ];
  const hostility = (async () => {
    /** @type {string | undefined} */
    let own;
    // However slow the machine: until each crime has been committed.
    for (let n = 0; talking || strangers.size <= crimes.length; n += 1) {
      // A token that claims to be one of the two, its own, and none.
      const claimed = Buffer.from((n % 2 ? a : b).id);
      const forged = own && Buffer.concat([claimed, Buffer.from(own, "base64url").subarray(10)]).toString("base64url");
      const resume = [forged, own, undefined][n % 3];
      const crime = crimes[n % crimes.length];
      assert(crime);
      const peer = await visit(resume === undefined ? {} : { resume }, crime);
      own = peer.welcome.resume ?? own;
    }
  })();

  const paced = (async () => {
    for (let n = 0; n < 200; n += 1) {
      a.send({ type: "signal", to: b.id, data: n });
      b.send({ type: "signal", to: a.id, data: n });
      await pause(25);
    }
  })();

  /**
   * Hears the other one out, in order, and nothing else but strangers that come and go.
   *
   * @param {Peer} peer
   * @param {Peer} other
   */
  const hear = async (peer, other) => {
    /** @type {Frame[]} */
    const rest = [];
    for (let n = 0; n < 200; ) {
      const frame = await peer.next();
      if (frame.type === "signal") {
        assert.deepEqual(frame, { type: "signal", from: other.id, data: n });
        n += 1;
      } else {
        rest.push(frame);
      }
    }
    return rest;
  };
  const rest = (await Promise.all([hear(a, b), hear(b, a), paced])).slice(0, 2).flatMap((frames) => frames ?? []);
  talking = false;
  await hostility;
  assert(strangers.size > crimes.length);
  assert(!strangers.has(a.id) && !strangers.has(b.id));
  for (const frame of rest) {
    assert(["joined", "away", "back", "left"].includes(frame.type), JSON.stringify(frame));
    assert(strangers.has(frame.peer), JSON.stringify(frame));
  }
  a.send({ type: "signal", to: b.id, data: "the end" });
  const last = await b.until("signal");
  assert.deepEqual(last.at(-1), { type: "signal", from: a.id, data: "the end" });
});

test("nothing of all this was an error to the worker", () => {
  assert.doesNotMatch(server.logs(), /\[error\]/);
});

// What bounds a peer: signs of life, sizes, rates, what can be read, and the variables that set it all.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startServer } from "../support/server.js";
import {
  bye,
  every,
  expectClosedWith,
  expectEach,
  expectError,
  expectNothingMore,
  lose,
  one,
  three,
  two,
} from "./support.js";

/** @typedef {import("../support/server.js").Server} Server */
/** @typedef {import("../support/peer.js").Peer} Peer */

/** @type {Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/**
 * The next frame that is no `pong`.
 *
 * @param {Peer} peer
 */
async function nextButPong(peer) {
  let frame = await peer.next();
  while (frame.type === "pong") {
    frame = await peer.next();
  }
  return frame;
}

describe("signs of life", () => {
  /** @type {Server} */
  let strict;
  before(async () => {
    strict = await startServer({ vars: { PING_SECONDS: "1", GRACE_SECONDS: "1" } });
  });
  after(() => strict.stop());

  test("a check on a peer that lives changes nothing", async (t) => {
    const [, a, b, c] = await three(t, server);
    for (const peer of [b.id, a.id, "0000000000", "nobody", ""]) {
      a.send({ type: "check", peer, to: 1, data: null });
    }
    await expectNothingMore(a, b, c);
  });

  test("a check on a peer that is away, or gone, changes nothing", async (t) => {
    const [, a, b, c] = await three(t, server);
    await lose(b, a, c);
    await bye(c, a);
    a.send({ type: "check", peer: b.id });
    a.send({ type: "check", peer: c.id });
    await expectNothingMore(a);
  });

  test("a ping is answered, however many come, and costs nothing of the rate", async (t) => {
    const [, a, b] = await two(t, server);
    for (let n = 0; n < 500; n += 1) {
      a.send("ping");
    }
    for (let n = 0; n < 500; n += 1) {
      await a.expect({ type: "pong" });
    }
    await expectNothingMore(a, b);
  });

  test("a check finds the peer that is silent, and not the one that pings", async (t) => {
    const [, a, b, c] = await three(t, strict);
    assert.equal(a.welcome.limits.pingSeconds, 1);
    every(t, 200, () => c.send("ping"));
    const stop = every(t, 100, () => {
      a.send({ type: "check", peer: b.id });
      a.send({ type: "check", peer: c.id });
    });
    const left = [
      { type: "away", peer: b.id },
      { type: "left", peer: b.id, reason: "timeout" },
    ];
    await a.expect(...left);
    stop();
    // It was alive after all, and is told so that it may resume.
    await b.expect({ type: "close", code: 1001, reason: "vanished" });
    assert.deepEqual([await nextButPong(c), await nextButPong(c)], left);
    await a.expectNothing();
  });

  test("a signal finds that its recipient is silent", async (t) => {
    const [call, a, b, c] = await three(t, strict);
    every(t, 200, () => c.send("ping"));
    let sent = 0;
    const stop = every(t, 100, () => {
      a.send({ type: "signal", to: b.id, data: sent, ref: sent });
      sent += 1;
    });
    const away = { type: "away", peer: b.id };
    await a.expect(away);
    stop();
    const { ref, ...undelivered } = await a.next();
    assert.deepEqual(undelivered, { type: "undelivered", to: b.id, reason: "away" });
    assert.deepEqual(await nextButPong(c), away);
    for (let n = 0; n < ref; n += 1) {
      await b.expect({ type: "signal", from: a.id, data: n });
    }
    await b.expect({ type: "close", code: 1001, reason: "vanished" });
    const back = await call.join({ resume: b.resume });
    assert.deepEqual([back.id, back.welcome.resumed], [b.id, true]);
  });

  test("a join finds who is silent", async (t) => {
    const [call, a, b] = await two(t, strict);
    every(t, 200, () => a.send("ping"));
    /** @type {Peer[]} */
    const visitors = [];
    let known = false;
    do {
      await pause(50);
      const visitor = await call.join();
      visitors.push(visitor);
      await bye(visitor);
      known = visitor.welcome.peers.at(1)?.away;
      assert.deepEqual(visitor.welcome.peers, [
        { id: a.id, away: false },
        { id: b.id, away: known },
      ]);
    } while (!known);
    for (const visitor of visitors) {
      if (visitor === visitors.at(-1)) {
        assert.deepEqual(await nextButPong(a), { type: "away", peer: b.id });
      } else {
        await b.expect({ type: "joined", peer: visitor.id }, { type: "left", peer: visitor.id, reason: "bye" });
      }
      assert.deepEqual(await nextButPong(a), { type: "joined", peer: visitor.id });
      assert.deepEqual(await nextButPong(a), { type: "left", peer: visitor.id, reason: "bye" });
    }
    await b.expect({ type: "close", code: 1001, reason: "vanished" });
  });
});

describe("frames that are wrong", () => {
  const malformed = [
    "",
    " ",
    "nonsense",
    "{",
    "null",
    "1",
    '"ping"',
    "Ping",
    "ping ",
    "pong",
    "[]",
    '[{"type":"bye"}]',
    '["bye"]',
    '{"type":"bye"} {"type":"bye"}',
    '{"type":"bye",}',
    "{'type':'bye'}",
    "{}",
    '{"type":null}',
    '{"type":5}',
    '{"type":["bye"]}',
    '{"type":{"bye":1}}',
    '{"type":"Bye"}',
    '{"type":"hello"}',
    '{"type":""}',
    '{"type":"joined","peer":"0000000000"}',
    '{"type":"bye","type":"bye"}',
    '{"type":"signal"}',
    '{"type":"signal","to":"0000000000"}',
    '{"type":"signal","to":5,"data":1}',
    '{"type":"signal","to":null,"data":1}',
    '{"type":"signal","to":["0000000000"],"data":1}',
    '{"type":"signal","data":1,"data":2}',
    '{"type":"signal","data":01}',
    '{"type":"signal","data":"a\u0001b"}',
    '{"type":"signal","data":NaN}',
    '{"type":"signal","data":"\\x"}',
    '{"type":"check"}',
    '{"type":"check","peer":5}',
    '{"type":"check","peer":null}',
    '\ufeff{"type":"bye"}',
    `${"[".repeat(10_000)}`,
    `{"type":${"[".repeat(5000)}${"]".repeat(5000)}}`,
    Buffer.from('{"type":"bye"}'),
    Buffer.alloc(0),
    Buffer.from("ping"),
  ];

  test("get an error each, and the connection lives on", async (t) => {
    for (let from = 0; from < malformed.length; from += 9) {
      const [, a, b] = await two(t, server);
      for (const frame of malformed.slice(from, from + 9)) {
        a.socket.send(frame);
        await expectError(a, "malformed");
      }
      a.send({ type: "signal", to: b.id, data: 1 });
      await b.expect({ type: "signal", from: a.id, data: 1 });
      await expectNothingMore(a, b);
    }
  });

  test("are known as such wherever in a long string it is that they are wrong, and right ones as right", async (t) => {
    const wrong = ["\u0000", "\u001f", "\\x", '\\","ref":"b', "\\u12g4"];
    const right = ["", '\\"', "\\\\", "\\u0041", "\u007f", "é"];
    const frame = (/** @type {string} */ letters) => `{"type":"signal","data":"${letters}"}`;
    for (let length = 0; length < 34; length += 1) {
      const [, a, b] = await two(t, server);
      for (const ending of wrong) {
        a.socket.send(frame("x".repeat(length) + ending));
        await expectError(a, "malformed");
      }
      for (const ending of right) {
        const letters = "x".repeat(length) + ending;
        a.socket.send(frame(letters));
        await b.expect({ type: "signal", from: a.id, data: JSON.parse(`"${letters}"`) });
      }
      await expectNothingMore(a, b);
    }
  });

  test("close the connection at the tenth, and the peer may resume", async (t) => {
    const [call, a, b] = await two(t, server);
    for (let n = 0; n < 10; n += 1) {
      a.send("nonsense");
      a.send("ping");
      a.send({ type: "signal", to: b.id, data: n });
    }
    for (let n = 0; n < 9; n += 1) {
      await expectError(a, "malformed");
      await a.expect({ type: "pong" });
      await b.expect({ type: "signal", from: a.id, data: n });
    }
    await expectClosedWith(a, 4010, "malformed");
    await b.expect({ type: "away", peer: a.id });
    const back = await call.join({ resume: a.resume });
    assert.deepEqual([back.id, back.welcome.resumed], [a.id, true]);
    await b.expect({ type: "back", peer: a.id });
    for (let n = 0; n < 9; n += 1) {
      back.send("nonsense");
      await expectError(back, "malformed");
    }
    await expectNothingMore(back, b);
  });

  /**
   * A signal to a peer that makes a frame of so many bytes.
   *
   * @param {Peer} to
   * @param {number} bytes
   * @param {string} filler of two or more bytes
   */
  function frameOf(to, bytes, filler) {
    const frame = `{"type":"signal","to":"${to.id}","data":""}`;
    const rest = bytes - frame.length;
    const wide = filler.repeat(Math.floor(rest / Buffer.byteLength(filler)));
    const data = wide + "x".repeat(rest - Buffer.byteLength(wide));
    const text = frame.replace('""', JSON.stringify(data));
    assert.equal(Buffer.byteLength(text), bytes);
    return { data, text };
  }

  for (const [name, filler] of /** @type {const} */ ([
    ["ASCII", "xy"],
    ["two-byte characters", "é"],
    ["four-byte characters", "😀"],
  ])) {
    test(`pass at messageBytes and close the connection above it: ${name}`, async (t) => {
      const [call, a, b] = await two(t, server);
      const { messageBytes } = a.welcome.limits;
      const fits = frameOf(b, messageBytes, filler);
      a.send(fits.text);
      await b.expect({ type: "signal", from: a.id, data: fits.data });
      a.send(frameOf(b, messageBytes + 1, filler).text);
      a.send({ type: "signal", to: b.id, data: "too late" });
      await expectClosedWith(a, 4009, "too-large");
      await b.expect({ type: "away", peer: a.id });
      const back = await call.join({ resume: a.resume });
      await b.expect({ type: "back", peer: a.id });
      await expectNothingMore(back, b);
    });
  }

  test("close the connection where they are binary and too large", async (t) => {
    const [, a, b] = await two(t, server);
    const { messageBytes } = a.welcome.limits;
    a.socket.send(Buffer.alloc(messageBytes));
    await expectError(a, "malformed");
    a.socket.send(Buffer.alloc(messageBytes + 1));
    await expectClosedWith(a, 4009, "too-large");
    await b.expect({ type: "away", peer: a.id });
    await expectNothingMore(b);
  });

  test("close the connection where they are very much too large", async (t) => {
    const [, a, b] = await two(t, server);
    a.send("x".repeat(8 * 1024 * 1024));
    await expectClosedWith(a, 4009, "too-large");
    await b.expect({ type: "away", peer: a.id });
    await expectNothingMore(b);
  });
});

describe("the rate limit", () => {
  test("lets a burst of two seconds' worth pass", async (t) => {
    const [, a, b] = await two(t, server);
    for (let n = 0; n < 100; n += 1) {
      a.send({ type: "signal", to: b.id, data: n });
    }
    for (let n = 0; n < 100; n += 1) {
      await b.expect({ type: "signal", from: a.id, data: n });
    }
    await b.expectNothing();
  });

  test("drops what is above it and says so once, and lets a peer that slows down live", async (t) => {
    const [, a, b] = await two(t, server);
    for (let n = 0; n < 150; n += 1) {
      a.send({ type: "signal", to: b.id, data: n });
    }
    // The bucket fills up again.
    const stop = every(t, 50, () => a.send({ type: "signal", to: b.id, data: "the end" }));
    let arrived = 0;
    for (let frame = await b.next(), last = -1; frame.data !== "the end"; frame = await b.next()) {
      assert.deepEqual(frame, { type: "signal", from: a.id, data: frame.data });
      assert(frame.data > last);
      last = frame.data;
      arrived += 1;
    }
    stop();
    await expectError(a, "too-many-messages");
    assert.equal(a.texts.length, ["welcome", "joined", "error"].length);
    assert(arrived >= 100 && arrived < 150, `${arrived} of 150 arrived`);
  });

  test("holds nobody up for a peer that reads nothing, which gets it all once it does", async (t) => {
    const [, a, b, c] = await three(t, server);
    b.socket.pause();
    // More than any buffer on the way takes.
    const data = randomBytes(45_000).toString("base64");
    for (let n = 0; n < 99; n += 1) a.send({ type: "signal", to: b.id, data });
    a.send({ type: "signal", to: c.id, data: "and you" });
    await c.expect({ type: "signal", from: a.id, data: "and you" });
    c.send({ type: "signal", to: a.id, data: "me too" });
    await a.expect({ type: "signal", from: c.id, data: "me too" });
    b.socket.resume();
    for (let n = 0; n < 99; n += 1) await b.expect({ type: "signal", from: a.id, data });
    await expectNothingMore(b, c);
  });

  test("closes a peer that floods, which nobody else notices, and it may resume", async (t) => {
    const [call, a, b, c] = await three(t, server);
    const [, d, e] = await two(t, server);
    const talk = Array.from({ length: 20 }, (_, n) => n * 50);
    for (let n = 0; n < 1000; n += 1) {
      a.send({ type: "signal", to: b.id, data: n });
      if (n % 50 === 0) {
        c.send({ type: "signal", to: b.id, data: n });
        d.send({ type: "signal", to: e.id, data: n });
      }
    }
    // One error in all: what the connection is closed for was said.
    await expectClosedWith(a, 4008, "too-many-messages");
    await c.expect({ type: "away", peer: a.id });
    for (const n of talk) {
      await e.expect({ type: "signal", from: d.id, data: n });
    }
    // What c said reached b before or after a's end.
    c.send({ type: "signal", to: b.id, data: "the end" });
    /** @type {Record<string, unknown[]>} */
    const got = { [a.id]: [], [c.id]: [] };
    for (let frame = await b.next(); frame.data !== "the end"; frame = await b.next()) {
      if (frame.type === "away") {
        assert.deepEqual(frame, { type: "away", peer: a.id });
        got[a.id]?.push("away");
      } else {
        assert.deepEqual(frame, { type: "signal", from: frame.from, data: frame.data });
        got[frame.from]?.push(frame.data);
      }
    }
    assert.deepEqual(got[c.id], talk);
    const flood = got[a.id] ?? [];
    assert.equal(flood.pop(), "away");
    assert.deepEqual(
      flood.slice(0, 100),
      Array.from({ length: 100 }, (_, n) => n),
    );
    assert.deepEqual(
      flood,
      flood.toSorted((left, right) => Number(left) - Number(right)),
    );
    const back = await call.join({ resume: a.resume });
    await expectEach([b, c], { type: "back", peer: a.id });
    back.send({ type: "signal", to: b.id, data: "again" });
    await b.expect({ type: "signal", from: a.id, data: "again" });
    await expectNothingMore(back, b, c, d, e);
  });

  test("counts what is malformed too", async (t) => {
    const [, a, b] = await two(t, server);
    for (let n = 0; n < 100; n += 1) {
      a.send({ type: "signal", data: n });
    }
    for (let n = 0; n < 500; n += 1) {
      a.send("nonsense");
    }
    const frames = await a.until("close");
    const told = frames.filter(({ code }) => code === "too-many-messages");
    const nonsense = frames.filter(({ code }) => code === "malformed");
    assert.equal(told.length, 1);
    assert(nonsense.length < 10);
    assert.equal(frames.length, told.length + nonsense.length + 1);
    assert.deepEqual(frames.at(-1), { type: "close", code: 4008, reason: "too-many-messages" });
    for (let n = 0; n < 100; n += 1) {
      await b.expect({ type: "signal", from: a.id, data: n });
    }
    await b.expect({ type: "away", peer: a.id });
    await b.expectNothing();
  });
});

describe("a deployment's variables", () => {
  const turn = { username: "u", credential: "c" };
  /** @type {Server} */
  let custom;
  before(async () => {
    const servers = [{ urls: "stun:stun.example:1" }, { urls: ["turn:a.example", "turns:b.example:5349"], ...turn }];
    custom = await startServer({
      vars: {
        ROOM_CAPACITY: "5",
        MESSAGE_BYTES: "2048",
        MESSAGES_PER_SECOND: "1000",
        GRACE_SECONDS: "60",
        PING_SECONDS: "20",
        ICE_SERVERS: JSON.stringify(servers),
      },
    });
  });
  after(() => custom.stop());

  const iceServers = [{ urls: ["stun:stun.example:1"] }, { urls: ["turn:a.example", "turns:b.example:5349"], ...turn }];

  test("are told in welcome", async (t) => {
    const [, a] = await one(t, custom);
    assert.equal(a.welcome.room.capacity, 5);
    assert.deepEqual(a.welcome.iceServers, iceServers);
    const limits = { messageBytes: 2048, messagesPerSecond: 1000, graceSeconds: 60, pingSeconds: 20 };
    assert.deepEqual(a.welcome.limits, limits);
    a.send("x".repeat(2049));
    await expectClosedWith(a, 4009, "too-large");
  });

  test("give fresh ICE servers to whoever asks", async (t) => {
    const [, a, b] = await two(t, custom);
    a.send({ type: "ice", peer: 5 });
    await a.expect({ type: "ice", iceServers });
    await expectNothingMore(a, b);
  });

  test("let as many messages through as they say, each sender's in order", async (t) => {
    const [, a, b, c] = await three(t, custom);
    for (let n = 0; n < 500; n += 1) {
      a.send({ type: "signal", to: c.id, data: n });
      b.send({ type: "signal", to: c.id, data: n });
      c.send({ type: "signal", data: n });
    }
    const next = new Map([
      [a.id, 0],
      [b.id, 0],
    ]);
    for (let n = 0; n < 1000; n += 1) {
      const frame = await c.next();
      const expected = next.get(frame.from) ?? -1;
      assert.deepEqual(frame, { type: "signal", from: frame.from, data: expected });
      next.set(frame.from, expected + 1);
    }
    for (let n = 0; n < 500; n += 1) {
      await a.expect({ type: "signal", from: c.id, data: n });
      await b.expect({ type: "signal", from: c.id, data: n });
    }
    await expectNothingMore(a, b, c);
  });
});

test("nothing of all this was an error to the worker", () => {
  assert.doesNotMatch(server.logs(), /\[error\]/);
});

// Who sits in a room and what they hear: joining, signals, leaving, resuming, the host.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startServer } from "../support/server.js";
import {
  bye,
  Call,
  expectClosedWith,
  expectEach,
  expectError,
  expectNothingMore,
  lose,
  one,
  three,
  two,
  untilForgotten,
  untilPresent,
} from "./support.js";

/** @typedef {import("../support/server.js").Server} Server */
/** @typedef {import("../support/peer.js").Peer} Peer */

const PEER_ID = /^[0-9a-hjkmnp-tv-z]{10}$/;
const GATE = "Qm9iJ3MtZ2F0ZQ";
const DEFAULT_ICE = [{ urls: ["stun:stun.cloudflare.com:3478"] }];
const DEFAULT_LIMITS = { messageBytes: 65536, messagesPerSecond: 50, graceSeconds: 30, pingSeconds: 30 };

/** @type {Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/**
 * Sends a text and gives the text that the other one got.
 *
 * @param {Peer} from
 * @param {Peer} to
 * @param {string} text
 */
async function through(from, to, text) {
  from.send(text);
  await to.next();
  return to.texts.at(-1);
}

describe("joining", () => {
  test("who opens a room is welcomed as its host", async (t) => {
    const [call, a] = await one(t, server);
    assert.match(a.id, PEER_ID);
    assert.match(a.resume, /^[A-Za-z0-9_-]{47}$/);
    assert.deepEqual(a.welcome, {
      type: "welcome",
      self: a.id,
      resume: a.resume,
      resumed: false,
      host: a.id,
      room: { name: call.room, capacity: 8, locked: false },
      peers: [],
      iceServers: DEFAULT_ICE,
      limits: DEFAULT_LIMITS,
    });
    await expectNothingMore(a);
  });

  test("who comes later is told who is there, and the others are told who came", async (t) => {
    const [call, a, b] = await two(t, server);
    assert.match(b.id, PEER_ID);
    assert.notEqual(b.id, a.id);
    assert.deepEqual(b.welcome, {
      ...a.welcome,
      self: b.id,
      resume: b.resume,
      peers: [{ id: a.id, away: false }],
    });
    const c = await call.join();
    await expectEach([a, b], { type: "joined", peer: c.id });
    await expectNothingMore(a, b, c);
  });

  test("a welcome lists the others oldest first, whoever was away meanwhile", async (t) => {
    const [call, a, b, c] = await three(t, server);
    await lose(b, a, c);
    const d = await call.join();
    assert.deepEqual(d.welcome.peers, [
      { id: a.id, away: false },
      { id: b.id, away: true },
      { id: c.id, away: false },
    ]);
    await expectEach([a, c], { type: "joined", peer: d.id });
    const b2 = await call.join({ resume: b.resume });
    assert.deepEqual(b2.welcome.peers, [
      { id: a.id, away: false },
      { id: c.id, away: false },
      { id: d.id, away: false },
    ]);
    await expectEach([a, c, d], { type: "back", peer: b.id });
    const e = await call.join();
    assert.deepEqual(
      e.welcome.peers,
      [a, b, c, d].map(({ id }) => ({ id, away: false })),
    );
    await expectEach([a, b2, c, d], { type: "joined", peer: e.id });
    await expectNothingMore(a, b2, c, d, e);
  });

  test("switchboard.v1 is echoed and no credential is, in whatever order they were offered", async (t) => {
    const call = Call.fresh(t, server);
    const a = await call.join({ gate: GATE, resume: "AAAA" });
    assert.equal(a.socket.protocol, "switchboard.v1");
    const b = await call.join({ protocols: ["resume.x", "chat", `gate.${GATE}`, "switchboard.v1", "switchboard.v2"] });
    assert.equal(b.socket.protocol, "switchboard.v1");
    assert.deepEqual([a.welcome.resumed, b.welcome.resumed], [false, false]);
    await a.expect({ type: "joined", peer: b.id });
    await expectNothingMore(a, b);
  });

  test("two rooms know nothing of each other", async (t) => {
    const [, a] = await one(t, server);
    const [, b] = await one(t, server);
    a.send({ type: "signal", data: "for my own room" });
    a.send({ type: "signal", to: b.id, data: 1, ref: 2 });
    await a.expect({ type: "undelivered", to: b.id, ref: 2, reason: "unknown" });
    await expectNothingMore(a, b);
  });

  test("compression may be used", async (t) => {
    const [call, a] = await one(t, server);
    const b = await call.join({ deflate: true });
    assert.match(b.socket.extensions, /permessage-deflate/);
    await a.expect({ type: "joined", peer: b.id });
    const data = JSON.stringify("compressible ".repeat(4000));
    assert.equal(
      await through(b, a, `{"type":"signal","to":"${a.id}","data":${data}}`),
      `{"type":"signal","from":"${b.id}","data":${data}}`,
    );
    assert.equal(
      await through(a, b, `{"type":"signal","data":${data}}`),
      `{"type":"signal","from":"${a.id}","data":${data}}`,
    );
    b.close();
    await b.expect({ type: "close", code: 1005, reason: "" });
    await a.expect({ type: "left", peer: b.id, reason: "bye" });
    await expectNothingMore(a);
  });
});

describe("gates", () => {
  test("the gate of whoever opens the room lets in those who show the same", async (t) => {
    const [call, a, b] = await two(t, server, { gate: GATE });
    for (const options of [{}, { gate: "d3Jvbmc" }, { gate: `${GATE}A` }, { gate: "!!!" }, { gate: `${GATE}.x` }]) {
      const refused = await call.open(options);
      await expectClosedWith(refused, 4004, "unauthorized");
    }
    // Of two credentials the first counts.
    const refused = await call.open({ protocols: ["switchboard.v1", "gate.d3Jvbmc"], gate: GATE });
    await expectClosedWith(refused, 4004, "unauthorized");
    await expectNothingMore(a, b);
  });

  test("a room that was opened without a gate takes everybody", async (t) => {
    const [call, a] = await one(t, server);
    const b = await call.join({ gate: GATE });
    await a.expect({ type: "joined", peer: b.id });
    const c = await call.join({ gate: "!!!" });
    await expectEach([a, b], { type: "joined", peer: c.id });
    await expectNothingMore(a, b, c);
  });

  test("what is no gate opens no room", async (t) => {
    const call = Call.fresh(t, server);
    for (const gate of ["!!!", "A".repeat(129), ""]) {
      const refused = await call.open({ gate });
      await expectClosedWith(refused, 4004, "unauthorized");
    }
    const a = await call.join({ gate: "A".repeat(128) });
    assert.equal(a.welcome.host, a.id);
    assert.deepEqual(a.welcome.peers, []);
    await expectNothingMore(a);
  });

  test("a resume token does not stand in for the gate", async (t) => {
    const [call, a, b] = await two(t, server, { gate: GATE });
    const refused = await call.open({ resume: b.resume });
    await expectClosedWith(refused, 4004, "unauthorized");
    await expectNothingMore(a, b);
  });

  test("a room that everybody has left may be opened with another gate", async (t) => {
    const [call, a] = await one(t, server, { gate: GATE });
    await bye(a);
    const b = await call.join({ gate: "b3RoZXI" });
    const refused = await call.open({ gate: GATE });
    await expectClosedWith(refused, 4004, "unauthorized");
    await expectNothingMore(b);
  });

  test("credentials as large as a header may be harm nobody", async (t) => {
    const [call, a] = await one(t, server);
    const b = await call.join({ resume: "A".repeat(12_000), gate: "A".repeat(12_000) });
    assert.equal(b.welcome.resumed, false);
    await a.expect({ type: "joined", peer: b.id });
    await expectNothingMore(a, b);
  });
});

describe("a full room", () => {
  /** @type {Server} */
  let small;
  before(async () => {
    small = await startServer({ vars: { ROOM_CAPACITY: "2" } });
  });
  after(() => small.stop());

  test("refuses newcomers, and nobody in it is told", async (t) => {
    const [call, a, b] = await two(t, small);
    assert.equal(a.welcome.room.capacity, 2);
    const refused = await call.open();
    await expectClosedWith(refused, 4003, "full");
    await expectNothingMore(a, b);
  });

  test("takes back a peer whose seat it keeps", async (t) => {
    const [call, a, b] = await two(t, small);
    await lose(b, a);
    const refused = await call.open();
    await expectClosedWith(refused, 4003, "full");
    const back = await call.join({ resume: b.resume });
    assert.deepEqual([back.id, back.welcome.resumed], [b.id, true]);
    await a.expect({ type: "back", peer: b.id });
    const taken = await call.join({ resume: back.resume });
    assert.deepEqual([taken.id, taken.welcome.resumed], [b.id, true]);
    await a.expect({ type: "back", peer: b.id });
    await expectClosedWith(back, 4001, "replaced");
    await expectNothingMore(a, taken);
  });

  test("has no seat for a peer that left and wants to come back", async (t) => {
    const [call, a, b] = await two(t, small);
    await bye(b, a);
    const c = await call.join();
    await a.expect({ type: "joined", peer: c.id });
    const refused = await call.open({ resume: b.resume });
    await expectClosedWith(refused, 4003, "full");
    await bye(c, a);
    const back = await call.join({ resume: b.resume });
    assert.deepEqual([back.id, back.welcome.resumed], [b.id, true]);
    await a.expect({ type: "joined", peer: b.id });
    await expectNothingMore(a, back);
  });
});

describe("signals", () => {
  const payloads = [
    ["null", "null"],
    ["a string of length nothing", '""'],
    [
      "a description",
      JSON.stringify({ description: { type: "offer", sdp: "v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\n" } }),
    ],
    ["insignificant whitespace", '{ "a" :\t[ 1 ,\n2\r\n] , "b":{ } }'],
    ["unicode of every width", '"é ß Ω 中文 𝄞 👩‍👩‍👧‍👦 \u2028\u2029 \ufeff \u007f"'],
    ["escapes, and halves of surrogate pairs", '"\\u00e9 \\ud83d\\ude00 \\ud83d \\u0000 \\/ \\b\\f\\n\\r\\t \\\\ \\""'],
    ["numbers that no double holds", "[12345678901234567890123, 1e999, -0, 0.1e-1000, 1.0, 1E+2]"],
    ["a key given twice", '{"a":1,"a":2}'],
    ["deep nesting", `${"[".repeat(10_000)}${"]".repeat(10_000)}`],
    ["deep nesting of objects", `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`],
  ];
  for (const [name, data] of payloads) {
    test(`arrive byte for byte: ${name}`, async (t) => {
      const [, a, b, c] = await three(t, server);
      const relayed = `{"type":"signal","from":"${a.id}","data":${data}}`;
      assert.equal(await through(a, b, `{"type":"signal","to":"${b.id}","data":${data}}`), relayed);
      // Whatever stands around the payload does not matter.
      assert.equal(await through(a, b, ` {"data"\n:  ${data}\t, "to":"${b.id}" ,"type":"signal"} \r\n`), relayed);
      await expectNothingMore(a, c);
      assert.equal(await through(a, b, `{"type":"signal","data":${data}}`), relayed);
      await c.next();
      assert.equal(c.texts.at(-1), relayed);
      await expectNothingMore(a, b, c);
    });
  }

  test("to everybody reach every other peer, and none that is away", async (t) => {
    const [call, a, b, c] = await three(t, server);
    const d = await call.join();
    await expectEach([a, b, c], { type: "joined", peer: d.id });
    await lose(d, a, b, c);
    b.send({ type: "signal", data: { n: 1 } });
    await a.expect({ type: "signal", from: b.id, data: { n: 1 } });
    await c.expect({ type: "signal", from: b.id, data: { n: 1 } });
    const back = await call.join({ resume: d.resume });
    await expectEach([a, b, c], { type: "back", peer: d.id });
    await expectNothingMore(a, b, c, back);
    b.send({ type: "signal", data: { n: 2 }, ref: "nobody is missing" });
    await expectEach([a, c, back], { type: "signal", from: b.id, data: { n: 2 } });
    await expectNothingMore(a, b, c, back);
  });

  test("to everybody where nobody else is are no error", async (t) => {
    const [, a] = await one(t, server);
    a.send({ type: "signal", data: 1, ref: 1 });
    await expectNothingMore(a);
  });

  test("come from whoever sent them, whatever the sender says", async (t) => {
    const [, a, b, c] = await three(t, server);
    a.send({ type: "signal", from: c.id, to: b.id, data: 1, peer: c.id, more: { type: "bye" }, locked: "?" });
    await b.expect({ type: "signal", from: a.id, data: 1 });
    await expectNothingMore(a, b, c);
  });

  test("find their recipient however its id is spelt", async (t) => {
    const [, a, b] = await two(t, server);
    const spelt = [...b.id].map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join("");
    a.send(`{"type":"\\u0073ignal","to":"${spelt}","data":1}`);
    await b.expect({ type: "signal", from: a.id, data: 1 });
    await expectNothingMore(a, b);
  });

  test("to nobody come back as undelivered, with whatever stood in ref", async (t) => {
    const [, a, b] = await two(t, server);
    for (const to of ['"0000000000"', '""', '"nobody at all"', '"\\u0061"', `"${b.id.toUpperCase()}!"`, '"中"']) {
      for (const ref of ["1", '"x"', "null", "[ 1 , 2 ]", '{"deep":{"er":"\\u00e9"}}', "1e999"]) {
        const expected = `{"type":"undelivered","to":${to},"ref":${ref},"reason":"unknown"}`;
        assert.equal(await through(a, a, `{"type":"signal","to":${to},"data":0,"ref":${ref}}`), expected);
      }
      const expected = `{"type":"undelivered","to":${to},"reason":"unknown"}`;
      assert.equal(await through(a, a, `{"type":"signal","to":${to},"data":0}`), expected);
    }
    await expectNothingMore(a, b);
  });

  test("to a peer that is away come back as undelivered, and again as unknown once it has left", async (t) => {
    const [call, a, b] = await two(t, server);
    await lose(b, a);
    a.send({ type: "signal", to: b.id, data: 1 });
    await a.expect({ type: "undelivered", to: b.id, reason: "away" });
    a.send({ type: "signal", to: b.id, data: 1, ref: { try: 2 } });
    await a.expect({ type: "undelivered", to: b.id, ref: { try: 2 }, reason: "away" });
    const back = await call.join({ resume: b.resume });
    await a.expect({ type: "back", peer: b.id });
    a.send({ type: "signal", to: b.id, data: 1, ref: 3 });
    await back.expect({ type: "signal", from: a.id, data: 1 });
    await bye(back);
    await a.expect({ type: "left", peer: b.id, reason: "bye" });
    a.send({ type: "signal", to: b.id, data: 1, ref: 4 });
    await a.expect({ type: "undelivered", to: b.id, ref: 4, reason: "unknown" });
    await expectNothingMore(a);
  });
});

describe("leaving", () => {
  test("a bye leaves at once, and what comes after it is ignored", async (t) => {
    const [, a, b, c] = await three(t, server);
    c.send({ type: "bye", to: 5, peer: null });
    c.send({ type: "signal", data: "too late" });
    c.send("nonsense");
    await c.expect({ type: "close", code: 1000, reason: "bye" });
    await expectEach([a, b], { type: "left", peer: c.id, reason: "bye" });
    await expectNothingMore(a, b);
  });

  // The answer to a close has its code, where the runtime lets it have one.
  /** @type {[string, number | undefined, number][]} */
  const goodbyes = [
    ["1000", 1000, 1000],
    ["1001", 1001, 1005],
    ["no code", undefined, 1005],
  ];
  for (const [name, code, answer] of goodbyes) {
    test(`a clean close with ${name} is a bye`, async (t) => {
      const [, a, b] = await two(t, server);
      b.close(code);
      await b.expect({ type: "close", code: answer, reason: "" });
      await a.expect({ type: "left", peer: b.id, reason: "bye" });
      await expectNothingMore(a);
    });
  }

  /** @type {[number, number][]} */
  const complaints = [
    [1011, 1005],
    [3000, 3000],
    [4100, 4100],
  ];
  for (const [code, answer] of complaints) {
    test(`a close with ${code} is a lost connection, and its seat is kept`, async (t) => {
      const [call, a, b] = await two(t, server);
      b.close(code, "a reason");
      await b.expect({ type: "close", code: answer, reason: "" });
      await a.expect({ type: "away", peer: b.id });
      const back = await call.join({ resume: b.resume });
      await a.expect({ type: "back", peer: b.id });
      await expectNothingMore(a, back);
    });
  }

  test("a connection that breaks off is a lost one, and its seat is kept", async (t) => {
    const [call, a, b, c] = await three(t, server);
    await lose(b, a, c);
    const back = await call.join({ resume: b.resume });
    assert.deepEqual([back.id, back.welcome.resumed], [b.id, true]);
    await expectEach([a, c], { type: "back", peer: b.id });
    await expectNothingMore(a, back, c);
  });

  test("the last one to leave takes the room with it", async (t) => {
    const [call, a, b] = await two(t, server);
    await bye(a);
    await b.expect({ type: "left", peer: a.id, reason: "bye" }, { type: "host", peer: b.id });
    assert.notDeepEqual(await server.tables(call.room), []);
    b.close();
    await b.expect({ type: "close", code: 1005, reason: "" });
    await untilForgotten(server, call.room);
    const again = await call.join({ resume: a.resume });
    assert.equal(again.welcome.resumed, false);
    assert.deepEqual(again.welcome.peers, []);
    assert.equal(again.welcome.host, again.id);
    await expectNothingMore(again);
  });
});

describe("resuming", () => {
  test("gives the same peer back, once and again, with any of its tokens", async (t) => {
    const [call, a, b] = await two(t, server);
    let last = b;
    for (const resume of [b.resume, b.resume]) {
      last.lose();
      await a.expect({ type: "away", peer: b.id });
      last = await call.join({ resume });
      assert.deepEqual(last.welcome, { ...b.welcome, resume: last.resume, resumed: true });
      await a.expect({ type: "back", peer: b.id });
    }
    last.lose();
    await a.expect({ type: "away", peer: b.id });
    last = await call.join({ resume: last.resume });
    assert.equal(last.id, b.id);
    await a.expect({ type: "back", peer: b.id });
    await expectNothingMore(a, last);
  });

  test("on a second device takes the peer over from the first", async (t) => {
    const [call, a, b, c] = await three(t, server);
    const taker = await call.join({ resume: b.resume });
    assert.deepEqual(taker.welcome, {
      ...b.welcome,
      resume: taker.resume,
      resumed: true,
      peers: [
        { id: a.id, away: false },
        { id: c.id, away: false },
      ],
    });
    await expectClosedWith(b, 4001, "replaced");
    await expectEach([a, c], { type: "back", peer: b.id });
    a.send({ type: "signal", to: b.id, data: 1 });
    await taker.expect({ type: "signal", from: a.id, data: 1 });
    await expectNothingMore(a, c, taker);
  });

  for (const how of ["closes", "breaks off"]) {
    test(`a replaced socket that ${how} late changes nothing, and neither does what it still says`, async (t) => {
      const [call, a, b] = await two(t, server);
      // It does not read that it was closed.
      b.socket.pause();
      const taker = await call.join({ resume: b.resume });
      await a.expect({ type: "back", peer: b.id });
      b.send({ type: "signal", data: "I am still here" });
      b.send({ type: "bye" });
      b.send("nonsense");
      await expectNothingMore(a, taker);
      if (how === "closes") {
        b.socket.resume();
        await expectClosedWith(b, 4001, "replaced");
        b.lose();
      } else {
        b.lose();
      }
      await expectNothingMore(a, taker);
      // A new connection in the same room is made after the late close at the earliest.
      const c = await call.join();
      assert.deepEqual(c.welcome.peers, [
        { id: a.id, away: false },
        { id: b.id, away: false },
      ]);
      await expectEach([a, taker], { type: "joined", peer: c.id });
      await expectNothingMore(a, taker, c);
    });
  }

  test("with what is no token of the room is a fresh join", async (t) => {
    const [call, a, b] = await two(t, server);
    const [, foreign] = await one(t, server);
    const bytes = Buffer.from(b.resume, "base64url");
    /** @param {number} at */
    const flipped = (at) => {
      const forged = Buffer.from(bytes);
      forged[at] = (forged[at] ?? 0) ^ 1;
      return forged.toString("base64url");
    };
    const impostor = Buffer.concat([Buffer.from(a.id), bytes.subarray(10)]).toString("base64url");
    const tokens = [
      foreign.resume,
      impostor,
      ...[0, 9, 10, 17, 18, 19, 34].map(flipped),
      b.resume.slice(0, -1),
      `${b.resume}A`,
      Buffer.alloc(35).toString("base64url"),
      b.id,
      "!!!",
      "",
    ];
    for (const resume of tokens) {
      const c = await call.join({ resume });
      assert.equal(c.welcome.resumed, false, resume);
      assert(![a.id, b.id, foreign.id].includes(c.id));
      await expectEach([a, b], { type: "joined", peer: c.id });
      c.close();
      await expectEach([a, b], { type: "left", peer: c.id, reason: "bye" });
    }
    await expectNothingMore(a, b);
  });

  test("after a bye gives the same id in a new seat", async (t) => {
    const [call, a, b, c] = await three(t, server);
    await bye(b, a, c);
    const back = await call.join({ resume: b.resume });
    assert.deepEqual([back.id, back.welcome.resumed], [b.id, true]);
    await expectEach([a, c], { type: "joined", peer: b.id });
    const d = await call.join();
    assert.deepEqual(
      d.welcome.peers,
      [a, c, back].map(({ id }) => ({ id, away: false })),
    );
    await expectEach([a, c, back], { type: "joined", peer: d.id });
    await expectNothingMore(a, back, c, d);
  });
});

describe("after the grace period", () => {
  /** @type {Server} */
  let brief;
  before(async () => {
    brief = await startServer({ vars: { GRACE_SECONDS: "1" } });
  });
  after(() => brief.stop());

  test("a peer that did not come back has left", async (t) => {
    const [call, a, b, c] = await three(t, brief);
    assert.equal(a.welcome.limits.graceSeconds, 1);
    b.lose();
    await expectEach([a, c], { type: "away", peer: b.id }, { type: "left", peer: b.id, reason: "timeout" });
    a.send({ type: "signal", to: b.id, data: 1 });
    await a.expect({ type: "undelivered", to: b.id, reason: "unknown" });
    const d = await call.join();
    assert.deepEqual(
      d.welcome.peers,
      [a, c].map(({ id }) => ({ id, away: false })),
    );
    await expectEach([a, c], { type: "joined", peer: d.id });
    await expectNothingMore(a, c, d);
  });

  test("a peer that comes back all the same has its id, and the others see it join", async (t) => {
    const [call, a, b] = await two(t, brief);
    b.lose();
    await a.expect({ type: "away", peer: b.id }, { type: "left", peer: b.id, reason: "timeout" });
    const back = await call.join({ resume: b.resume });
    assert.deepEqual(back.welcome, {
      ...b.welcome,
      resume: back.resume,
      resumed: true,
      peers: [{ id: a.id, away: false }],
    });
    await a.expect({ type: "joined", peer: b.id });
    await expectNothingMore(a, back);
  });

  test("the host's seat goes, and the longest present peer is host", async (t) => {
    const [call, a, b, c] = await three(t, brief);
    a.lose();
    for (const other of [b, c]) {
      await other.expect(
        { type: "away", peer: a.id },
        { type: "left", peer: a.id, reason: "timeout" },
        { type: "host", peer: b.id },
      );
    }
    const back = await call.join({ resume: a.resume });
    assert.equal(back.welcome.host, b.id);
    await expectEach([b, c], { type: "joined", peer: a.id });
    await expectNothingMore(back, b, c);
  });

  test("a room of nobody but away peers is gone", async (t) => {
    const [call, a, b] = await two(t, brief);
    b.lose();
    a.lose();
    await untilPresent(brief, call.room, 0);
    await untilForgotten(brief, call.room);
    const again = await call.join({ resume: a.resume });
    assert.equal(again.welcome.resumed, false);
    await expectNothingMore(again);
  });
});

describe("the host", () => {
  test("leaves, and the longest present peer is host", async (t) => {
    const [call, a, b, c] = await three(t, server);
    assert.deepEqual([b.welcome.host, c.welcome.host], [a.id, a.id]);
    await bye(a);
    await expectEach([b, c], { type: "left", peer: a.id, reason: "bye" }, { type: "host", peer: b.id });
    const back = await call.join({ resume: a.resume });
    assert.equal(back.welcome.host, b.id);
    await expectEach([b, c], { type: "joined", peer: a.id });
    b.close(1000);
    await b.expect({ type: "close", code: 1000, reason: "" });
    await expectEach([back, c], { type: "left", peer: b.id, reason: "bye" }, { type: "host", peer: c.id });
    await expectNothingMore(back, c);
  });

  test("stays host while it is away", async (t) => {
    const [call, a, b] = await two(t, server);
    await lose(a, b);
    const c = await call.join();
    assert.equal(c.welcome.host, a.id);
    await b.expect({ type: "joined", peer: c.id });
    const back = await call.join({ resume: a.resume });
    assert.equal(back.welcome.host, a.id);
    await expectEach([b, c], { type: "back", peer: a.id });
    await expectNothingMore(back, b, c);
  });

  test("is succeeded by one that is connected rather than by an older one that is away", async (t) => {
    const [call, a, b, c] = await three(t, server);
    await lose(b, a, c);
    await bye(a);
    await c.expect({ type: "left", peer: a.id, reason: "bye" }, { type: "host", peer: c.id });
    const back = await call.join({ resume: b.resume });
    assert.equal(back.welcome.host, c.id);
    await c.expect({ type: "back", peer: b.id });
    await expectNothingMore(back, c);
  });

  test("is succeeded by one that is away where nobody is connected", async (t) => {
    const [call, a, b] = await two(t, server);
    await lose(b, a);
    await bye(a);
    const c = await call.join();
    assert.equal(c.welcome.host, b.id);
    assert.deepEqual(c.welcome.peers, [{ id: b.id, away: true }]);
    await expectNothingMore(c);
  });

  test("ends the call for everybody, away peers included", async (t) => {
    const [call, a, b, c] = await three(t, server, { gate: GATE });
    await lose(c, a, b);
    a.send({ type: "end" });
    await expectClosedWith(a, 4006, "ended");
    await expectClosedWith(b, 4006, "ended");
    await untilForgotten(server, call.room);
    // It is a new room that opens under the name.
    const again = await call.join({ gate: "b3RoZXI", resume: c.resume });
    assert.notEqual(again.id, c.id);
    assert.equal(again.welcome.resumed, false);
    assert.deepEqual([again.welcome.host, again.welcome.peers], [again.id, []]);
    await expectNothingMore(again);
  });

  test("is the only one who may end the call", async (t) => {
    const [, a, b] = await two(t, server);
    b.send({ type: "end" });
    await expectError(b, "not-host");
    await expectNothingMore(a, b);
    await bye(a);
    await b.expect({ type: "left", peer: a.id, reason: "bye" }, { type: "host", peer: b.id });
    b.send({ type: "end" });
    await expectClosedWith(b, 4006, "ended");
  });
});

test("nothing of all this was an error to the worker, and no credential is in its log", () => {
  assert.doesNotMatch(server.logs(), /\[error\]/);
  assert(!server.logs().includes(GATE));
  assert.doesNotMatch(server.logs(), /gate\.|resume\./);
});

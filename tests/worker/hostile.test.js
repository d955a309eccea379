// A table of what somebody who means harm would send, each with its exact answer, while two peers in the room notice nothing.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Peer } from "../support/peer.js";
import { startServer } from "../support/server.js";
import { jwt, seconds } from "../support/tokens.js";
import { expectClosedWith, expectNothingMore, two } from "./support.js";

/** @typedef {import("../support/server.js").Server} Server */

const SECRET = "a secret of the operator";
const KEY = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n";

/** How many inputs a connection may send before its tenth malformed frame closes it. */
const PER_CONNECTION = 9;

let inputs = 0;

/**
 * The tokens that let nobody in.
 *
 * @returns {[string, string | undefined][]} what is wrong with it, and the token
 */
function tokens() {
  const room = "hostile";
  const exp = seconds() + 600;
  const good = jwt({ room, exp }, { secret: SECRET });
  const [header = "", payload = "", signature = ""] = good.split(".");
  const unsigned = (/** @type {object} */ head) => Buffer.from(JSON.stringify(head)).toString("base64url");
  const made = (/** @type {string | object} */ claims) => jwt(claims, { secret: SECRET });
  const headed = (/** @type {string | object} */ head, hash = "sha256", secret = SECRET) =>
    jwt({ room, exp }, { secret, header: head, hash });
  const flipped = (/** @type {string} */ text, /** @type {number} */ at) =>
    `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
  return [
    ["none at all", undefined],
    ["empty", ""],
    ["one dot", "."],
    ["two dots", ".."],
    ["three dots", "..."],
    ["a word", "admin"],
    ["null", "null"],
    ["no signature", `${header}.${payload}`],
    ["an empty signature", `${header}.${payload}.`],
    ["an empty payload", `${header}..${signature}`],
    ["an empty header", `.${payload}.${signature}`],
    ["its parts in another order", `${payload}.${header}.${signature}`],
    ["a part too many", `${good}.x`],
    ["a dot too many", `${good}.`],
    ["a dot before it", `.${good}`],
    ["a character too many", `${good}A`],
    ["in capitals", good.toUpperCase()],
    ["backwards", [...good].reverse().join("")],
    ["a signature of zeros", `${header}.${payload}.${"A".repeat(43)}`],
    ["a signature of another length", `${header}.${payload}.${signature.slice(0, 22)}`],
    ["a signature twice as long", `${header}.${payload}.${signature}${signature}`],
    ...[0, 5, 20, 42].map(
      (at) =>
        /** @type {[string, string]} */ ([
          `a signature changed at ${at}`,
          `${header}.${payload}.${flipped(signature, at)}`,
        ]),
    ),
    ...[0, 4, 9].map(
      (at) =>
        /** @type {[string, string]} */ ([
          `a payload changed at ${at}`,
          `${header}.${flipped(payload, at)}.${signature}`,
        ]),
    ),
    ...[1, 7].map(
      (at) =>
        /** @type {[string, string]} */ ([
          `a header changed at ${at}`,
          `${flipped(header, at)}.${payload}.${signature}`,
        ]),
    ),
    ...[1, 5, 10, 30, 60, 90].map((cut) => /** @type {[string, string]} */ ([`cut by ${cut}`, good.slice(0, -cut)])),
    ["signed with nothing", jwt({ room, exp }, { secret: "" })],
    ["signed with another secret", jwt({ room, exp }, { secret: "another" })],
    ["signed with the secret and a space", jwt({ room, exp }, { secret: `${SECRET} ` })],
    ["signed with a public key", jwt({ room, exp }, { secret: KEY })],
    ["algorithm none, unsigned", `${unsigned({ alg: "none" })}.${payload}.`],
    ["algorithm None, unsigned", `${unsigned({ alg: "None" })}.${payload}.`],
    ["algorithm nOnE, unsigned", `${unsigned({ alg: "nOnE" })}.${payload}.`],
    ["algorithm none with a signature", headed({ alg: "none" })],
    ["algorithm HS384", headed({ alg: "HS384" }, "sha384")],
    ["algorithm HS512", headed({ alg: "HS512" }, "sha512")],
    ["algorithm HS384, signed as HS256", headed({ alg: "HS384" })],
    ["algorithm RS256, signed as HS256", headed({ alg: "RS256" })],
    ["algorithm RS256, signed with a public key", headed({ alg: "RS256" }, "sha256", KEY)],
    ["algorithm ES256", headed({ alg: "ES256" })],
    ["algorithm EdDSA", headed({ alg: "EdDSA" })],
    ["algorithm hs256", headed({ alg: "hs256" })],
    ["algorithm HS256 with a space", headed({ alg: "HS256 " })],
    ["algorithm in a list", headed({ alg: ["HS256"] })],
    ["algorithm null", headed({ alg: null })],
    ["algorithm a number", headed({ alg: 256 })],
    ["no algorithm", headed({ typ: "JWT" })],
    ["two algorithms", headed('{"alg":"HS256","alg":"none"}')],
    ["a critical extension", headed({ alg: "HS256", crit: ["exp"] })],
    ["a critical extension of its own", headed({ alg: "HS256", crit: ["b64"], b64: false })],
    ["an empty header text", headed("")],
    ["a header that is a list", headed("[]")],
    ["a header that is cut", headed('{"alg":"HS256"')],
    ["a payload that is a list", made("[]")],
    ["a payload that is text", made('"hostile"')],
    ["a payload that is cut", made('{"room":"hostile"')],
    ["a payload that is no UTF-8", made("\u0000\uffff")],
    ["no room", made({ exp })],
    ["another room", made({ room: "other", exp })],
    ["the room in capitals", made({ room: "HOSTILE", exp })],
    ["a longer room", made({ room: "hostile2", exp })],
    ["a shorter room", made({ room: "hostil", exp })],
    ["an empty room", made({ room: "", exp })],
    ["another prefix", made({ room: "team-*", exp })],
    ["a star in the middle", made({ room: "hos*ile", exp })],
    ["a star at the front", made({ room: "*tile", exp })],
    ["two stars", made({ room: "hostile**", exp })],
    ["a pattern of another kind", made({ room: ".*", exp })],
    ["rooms in a list", made({ room: [room], exp })],
    ["a room that is null", made({ room: null, exp })],
    ["two rooms", made(`{"room":"other","room":"hostile","exp":${exp}}`)],
    ["no expiry", made({ room })],
    ["expired", made({ room, exp: seconds() - 60 })],
    ["expired long ago", made({ room, exp: 1 })],
    ["an expiry of zero", made({ room, exp: 0 })],
    ["a negative expiry", made({ room, exp: -exp })],
    ["an expiry that is text", made({ room, exp: String(exp) })],
    ["an expiry that is null", made({ room, exp: null })],
    ["an expiry that is true", made({ room, exp: true })],
    ["an endless expiry", made(`{"room":"hostile","exp":1e400}`)],
    ["an expiry too large", made(`{"room":"hostile","exp":99999999999999999999999}`)],
    ["two expiries", made(`{"room":"hostile","exp":1,"exp":${exp}}`)],
    ["not valid yet", made({ room, exp, nbf: seconds() + 90 })],
    ["not valid for long", made({ room, exp, nbf: 99999999999 })],
    ["a beginning that is text", made({ room, exp, nbf: "0" })],
    ["a host that is text", made({ room, exp, host: "true" })],
    ["a host that is a number", made({ room, exp, host: 1 })],
    ["a peer that is too short", made({ room, exp, peer: "me" })],
    ["a peer that is too long", made({ room, exp, peer: "somebody-else" })],
    ["a peer with odd characters", made({ room, exp, peer: "some body!" })],
    ["a peer that is a number", made({ room, exp, peer: 1234567890 })],
    ["giant", made({ room, exp, more: "x".repeat(6_000) })],
    ["giant and not signed", "x".repeat(8_000)],
  ];
}

/** Gates that are not the room's. The room's own is "the-gate". */
const GATES = [
  undefined,
  "",
  "the-gat",
  "the-gate2",
  "The-gate",
  "THE-GATE",
  "etag-eht",
  "the_gate",
  "the-gate.",
  ".",
  "*",
  "null",
  "undefined",
  "true",
  "the-gate%20",
  "%74he-gate",
  "the-gate'--",
  "A".repeat(43),
  "A".repeat(128),
  "A".repeat(129),
  "A".repeat(4_000),
];

/** Frames that are none, with the beginning of what is said of each. */
const FRAMES = /** @type {[string | Buffer, string][]} */ ([
  ["", "not a JSON object"],
  [" ", "not a JSON object"],
  ["{", "not a JSON object"],
  ["}", "not a JSON object"],
  ["{}", "not a JSON object"],
  ["[]", "not a JSON object"],
  ["null", "not a JSON object"],
  ["true", "not a JSON object"],
  ["1", "not a JSON object"],
  ['"bye"', "not a JSON object"],
  ["bye", "not a JSON object"],
  ["PING", "not a JSON object"],
  ["ping ", "not a JSON object"],
  ["pong", "not a JSON object"],
  ["\u0000", "not a JSON object"],
  ["\ufeff{}", "not a JSON object"],
  ["{'type':'bye'}", "not a JSON object"],
  ["{type:bye}", "not a JSON object"],
  ['{"type":"bye",}', "not a JSON object"],
  ['{"type":"bye"}{"type":"end"}', "not a JSON object"],
  ['{"type":"bye"} x', "not a JSON object"],
  ['{"type":"bye","type":"end"}', "not a JSON object"],
  ['{"type":7}', "not a JSON object"],
  ['{"type":null}', "not a JSON object"],
  ['{"type":["bye"]}', "not a JSON object"],
  ['{"type":{"bye":1}}', "not a JSON object"],
  ["[".repeat(10_000), "not a JSON object"],
  [`{"type":"signal","data":${"[".repeat(10_000)}`, "not a JSON object"],
  [`{"type":"signal","data":${'{"a":'.repeat(5_000)}`, "not a JSON object"],
  ['{"type":"signal","data":\u0001}', "not a JSON object"],
  ['{"type":"signal","data":"\n"}', "not a JSON object"],
  ['{"type":"signal","data":01}', "not a JSON object"],
  ['{"type":"signal","data":NaN}', "not a JSON object"],
  ['{"type":"signal","data":undefined}', "not a JSON object"],
  ['{"type":""}', "unknown `type`"],
  ['{"type":"welcome"}', "unknown `type`"],
  ['{"type":"joined","peer":"x"}', "unknown `type`"],
  ['{"type":"admin"}', "unknown `type`"],
  ['{"type":"Bye"}', "unknown `type`"],
  ['{"type":"bye\\u0000"}', "unknown `type`"],
  ['{"type":"__proto__"}', "unknown `type`"],
  ['{"type":"constructor","__proto__":{"type":"end"}}', "unknown `type`"],
  ['{"type":"signal"}', "`data` is missing"],
  ['{"type":"signal","to":"x"}', "`data` is missing"],
  ['{"type":"signal","to":7,"data":1}', "`to` must be a string"],
  ['{"type":"signal","to":null,"data":1}', "`to` must be a string"],
  ['{"type":"signal","to":["x"],"data":1}', "`to` must be a string"],
  ['{"type":"signal","to":{},"data":1}', "`to` must be a string"],
  ['{"type":"check"}', "`peer` is missing"],
  ['{"type":"check","peer":null}', "`peer` must be a string"],
  ['{"type":"admit"}', "`peer` is missing"],
  ['{"type":"deny","peer":7}', "`peer` must be a string"],
  ['{"type":"remove"}', "`peer` is missing"],
  ['{"type":"lock"}', "`locked` is missing"],
  ['{"type":"lock","locked":"true"}', "`locked` must be true or false"],
  ['{"type":"lock","locked":null}', "`locked` must be true or false"],
  [Buffer.from([]), "frames are JSON text"],
  [Buffer.from([0]), "frames are JSON text"],
  [Buffer.from('{"type":"bye"}'), "frames are JSON text"],
  [Buffer.alloc(1_000, 255), "frames are JSON text"],
]);

/** Commands of a host. */
const COMMANDS = (/** @type {string} */ host, /** @type {string} */ own) => [
  { type: "lock", locked: true },
  { type: "lock", locked: false },
  { type: "remove", peer: host },
  { type: "remove", peer: own },
  { type: "remove", peer: "nobody" },
  { type: "admit", peer: host },
  { type: "admit", peer: own },
  { type: "deny", peer: host },
  { type: "end" },
  { type: "end", host: own, as: host, from: host, token: "x" },
];

/** What is no room's name, as it stands in a path. */
const NAMES = [
  "%20",
  "a%20b",
  "a%2Fb",
  "a%00",
  "%2e%2e%2f",
  "..%2f..",
  "a.b",
  "a*",
  "a~b",
  "a+b",
  "a:b",
  "a;b",
  "a,b",
  "a=b",
  "a@b",
  "a!b",
  "a$b",
  "a&b",
  "a'b",
  "a(b)",
  "%C3%A9",
  "%F0%9F%98%80",
  "%FF",
  "a%0d%0aset-cookie:x",
  "a%22",
  "%3Cscript%3E",
  "x".repeat(65),
  "x".repeat(8_000),
];

describe("hostile input", { timeout: 300_000 }, () => {
  /** @type {Server} */
  let open;
  /** @type {Server} */
  let closed;
  before(async () => {
    const vars = { ROOM_CAPACITY: "16", MESSAGES_PER_SECOND: "100000" };
    open = await startServer({ vars });
    closed = await startServer({ vars: { ...vars, JOIN_SECRET: SECRET } });
  });
  after(async () => {
    await Promise.all([open.stop(), closed.stop()]);
  });

  test("tokens: every one but a good one is refused", async (t) => {
    const good = jwt({ room: "hostile", exp: seconds() + 600 }, { secret: SECRET });
    const host = await Peer.join(closed, "hostile", { token: good });
    const guest = await Peer.join(closed, "hostile", { token: good });
    t.after(() => [host, guest].map((peer) => peer.lose()));
    await host.expect({ type: "joined", peer: guest.id });
    for (const [wrong, token] of tokens()) {
      inputs += 1;
      const peer = await Peer.open(
        closed,
        "hostile",
        token === undefined ? {} : { protocols: ["switchboard.v1", `token.${token}`] },
      );
      await assert.doesNotReject(expectClosedWith(peer, 4004, "unauthorized"), wrong);
    }
    await expectNothingMore(host, guest);
    const third = await Peer.join(closed, "hostile", { token: good });
    third.lose();
  });

  test("gates: every one but the room's own is refused, at the socket and at the status", async (t) => {
    const [call, host, guest] = await two(t, open, { gate: "the-gate" });
    for (const gate of GATES) {
      inputs += 1;
      const peer = await call.open({ protocols: ["switchboard.v1", ...(gate === undefined ? [] : [`gate.${gate}`])] });
      await assert.doesNotReject(expectClosedWith(peer, 4004, "unauthorized"), String(gate));
      const headers = /** @type {Record<string, string>} */ (
        gate === undefined ? {} : { authorization: `Gate ${gate}` }
      );
      const answer = await fetch(`${open.url}/api/rooms/${call.room}`, { headers });
      assert.equal(answer.status, 401, String(gate));
      assert.equal((await answer.json()).error.code, "unauthorized");
    }
    await expectNothingMore(host, guest);
  });

  test("frames: each is answered, and the connection lives on", async (t) => {
    const [call, host, guest] = await two(t, open);
    let attacker = guest;
    for (const [index, [frame, said]] of FRAMES.entries()) {
      inputs += 1;
      if (index % PER_CONNECTION === 0) {
        const before = attacker.id;
        attacker = await call.join({ resume: attacker.resume });
        assert.equal(attacker.id, before);
        await host.expect({ type: "back", peer: before });
      }
      attacker.socket.send(frame);
      const answer = await attacker.next();
      assert.deepEqual([answer.type, answer.code], ["error", "malformed"], String(frame).slice(0, 50));
      assert.ok(String(answer.message).startsWith(said), `${String(frame).slice(0, 50)}: ${answer.message}`);
    }
    await expectNothingMore(host, attacker);
  });

  test("commands of a host are nobody else's", async (t) => {
    const [call, host, guest] = await two(t, open);
    const other = await call.join();
    for (const peer of [host, guest]) await peer.expect({ type: "joined", peer: other.id });
    for (const command of COMMANDS(host.id, guest.id)) {
      inputs += 1;
      guest.send(command);
      const answer = await guest.next();
      assert.deepEqual([answer.type, answer.code], ["error", "not-host"], JSON.stringify(command));
    }
    await expectNothingMore(host, other, guest);
  });

  test("resume tokens of the removed, of other rooms, forged or cut give nobody a name", async (t) => {
    const [call, host, guest] = await two(t, open);
    const [, stranger] = await two(t, open);
    const removed = await call.join();
    for (const peer of [host, guest]) await peer.expect({ type: "joined", peer: removed.id });
    host.send({ type: "remove", peer: removed.id });
    await expectClosedWith(removed, 4002, "removed");
    for (const peer of [host, guest]) await peer.expect({ type: "left", peer: removed.id, reason: "removed" });
    for (let replay = 0; replay < 3; replay += 1) {
      inputs += 1;
      const again = await call.open({ resume: removed.resume });
      await expectClosedWith(again, 4002, "removed");
    }
    const token = guest.resume;
    const forged = [
      stranger.resume,
      `${token}A`,
      token.slice(0, -1),
      `${token.slice(0, -2)}AA`,
      `A${token.slice(1)}`,
      "A".repeat(token.length),
      "x".repeat(4_000),
      ".",
      "*",
    ];
    for (const resume of forged) {
      inputs += 1;
      const peer = await call.join({ resume });
      assert.equal(peer.welcome.resumed, false, resume.slice(0, 50));
      assert.ok(![host.id, guest.id, removed.id, stranger.id].includes(peer.id), resume.slice(0, 50));
      for (const other of [host, guest]) await other.expect({ type: "joined", peer: peer.id });
      peer.send({ type: "bye" });
      for (const other of [host, guest]) await other.expect({ type: "left", peer: peer.id, reason: "bye" });
    }
    await expectNothingMore(host, guest);
  });

  test("names: what is none is a bad request everywhere", async () => {
    for (const name of NAMES) {
      for (const path of [`/api/rooms/${name}`, `/api/rooms/${name}/socket`]) {
        inputs += 1;
        const answer = await fetch(open.url + path);
        assert.deepEqual([answer.status, (await answer.json()).error.code], [400, "bad-room"], path.slice(0, 80));
      }
    }
  });

  test("headers: what is no upgrade from here that speaks the protocol opens no socket", async () => {
    const refused = async (
      /** @type {import("../support/peer.js").OpenOptions} */ options,
      /** @type {number} */ status,
      /** @type {string} */ code,
    ) => {
      inputs += 1;
      const answer = await Peer.refused(open, "headers", options);
      assert.deepEqual([answer.status, answer.body.error.code], [status, code], JSON.stringify(options).slice(0, 80));
    };
    for (const origin of [
      "https://evil.example",
      "null",
      "https://",
      "file://",
      "http://127.0.0.1.evil.example",
      "//",
      "*",
    ]) {
      await refused({ headers: { origin } }, 403, "origin-not-allowed");
    }
    for (const protocol of ["switchboard.v2", "Switchboard.v1", "switchboard", "chat", "gate.AAAA", "token.a.b.c"]) {
      await refused({ protocols: [protocol] }, 400, "missing-subprotocol");
    }
  });

  test("there were at least two hundred of them, and none was an error to the worker", () => {
    assert.ok(inputs >= 200, `${inputs} inputs`);
    for (const server of [open, closed]) assert.doesNotMatch(server.logs(), /\[error\]|"event":"error"/);
  });
});

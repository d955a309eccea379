// What the worker tells its operator, and what it tells nobody.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { freshRoom, Peer } from "../support/peer.js";
import { startServer } from "../support/server.js";
import { bye, expectClosedWith, expectError, expectNothingMore, lose, one, two, until } from "./support.js";

/** @typedef {import("../support/server.js").Server} Server */

const SECRET = "recognisable";

/** The log's lines that are JSON, or what follows a word. @param {Server} server @param {string} [word] */
function lines(server, word = "") {
  const found = server.logs().matchAll(new RegExp(`^\\[\\w+\\] ${word}(\\{.*\\})$`, "gm"));
  return Array.from(found, ([, json = ""]) => JSON.parse(json));
}

/** What stands for a name in the log today. @param {string} secret @param {string} text */
function pseudonym(secret, text) {
  const day = Buffer.alloc(8);
  day.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 86_400_000)));
  const key = createHmac("sha256", secret).update("switchboard journal 1").update(day).digest();
  return createHmac("sha256", key).update(text).digest().subarray(0, 12).toString("base64url");
}

/** @param {unknown} claims */
function token(claims) {
  const part = (/** @type {unknown} */ json) => Buffer.from(JSON.stringify(json)).toString("base64url");
  const body = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${body}.${createHmac("sha256", `${SECRET}-join-secret`).update(body).digest("base64url")}`;
}

test("the log has a line for each event, with the day's names for rooms and peers", async (t) => {
  const vars = { LOG_SECRET: "north", ROOM_CAPACITY: "2", GRACE_SECONDS: "1", MESSAGE_BYTES: "1024" };
  const server = await startServer({ vars });
  t.after(() => server.stop());
  const [call, a, b] = await two(t, server);
  const c = await call.open();
  await expectClosedWith(c, 4003, "full");
  b.send({ type: "signal", data: 1 });
  await a.expect({ type: "signal", from: b.id, data: 1 });
  b.send("x".repeat(2000));
  await expectClosedWith(b, 4009, "too-large");
  await a.expect({ type: "away", peer: b.id }, { type: "left", peer: b.id, reason: "timeout" });
  await bye(a);
  await Peer.refused(server, freshRoom(), { headers: { origin: "https://evil.example" } });
  const name = (/** @type {Peer} */ peer) => pseudonym("north", `${call.room}/${peer.id}`);
  const room = pseudonym("north", call.room);
  await until(() => lines(server).length === 9);
  assert.deepEqual(lines(server), [
    { event: "opened", room },
    { event: "joined", room, peer: name(a), resumed: false, present: 1 },
    { event: "joined", room, peer: name(b), resumed: false, present: 2 },
    { event: "refused", room, reason: "full" },
    { event: "expelled", room, peer: name(b), reason: "too-large" },
    { event: "left", room, peer: name(b), reason: "timeout", present: 1 },
    { event: "left", room, peer: name(a), reason: "bye", present: 0 },
    { event: "ended", room },
    { event: "refused", reason: "origin-not-allowed" },
  ]);
});

test("the log can be switched off", async (t) => {
  const server = await startServer({ vars: { LOG_EVENTS: "off" } });
  t.after(() => server.stop());
  const [, a, b] = await two(t, server);
  await bye(b, a);
  await Peer.refused(server, freshRoom(), { headers: { origin: "https://evil.example" } });
  await expectNothingMore(a);
  assert.deepEqual(lines(server), []);
});

test("Analytics Engine gets a point for each event, and one for the signals of a second", async (t) => {
  const config = "tests/worker/analytics/wrangler.toml";
  const server = await startServer({ config, vars: { LOG_SECRET: "north", LOG_EVENTS: "off" } });
  t.after(() => server.stop());
  const [call, a, b] = await two(t, server);
  for (let n = 0; n < 20; n += 1) a.send({ type: "signal", to: b.id, data: n });
  for (let n = 0; n < 20; n += 1) await b.expect({ type: "signal", from: a.id, data: n });
  const room = pseudonym("north", call.room);
  const signals = () => lines(server, "point ").filter(({ blobs }) => blobs[0] === "signals");
  const counted = () => signals().reduce((sum, { doubles }) => sum + doubles[1], 0);
  await until(() => counted() === 20);
  assert(signals().length <= 2, "a second has one point");
  for (const { indexes, blobs } of signals()) assert.deepEqual([indexes, blobs], [[room], ["signals", ""]]);
  await bye(b, a);
  await bye(a);
  const events = () => lines(server, "point ").filter(({ blobs }) => blobs[0] !== "signals");
  await until(() => events().length === 6);
  assert.deepEqual(events(), [
    { indexes: [room], blobs: ["opened", ""], doubles: [0, 0] },
    { indexes: [room], blobs: ["joined", ""], doubles: [1, 0] },
    { indexes: [room], blobs: ["joined", ""], doubles: [2, 0] },
    { indexes: [room], blobs: ["left", "bye"], doubles: [1, 0] },
    { indexes: [room], blobs: ["left", "bye"], doubles: [0, 0] },
    { indexes: [room], blobs: ["ended", ""], doubles: [0, 0] },
  ]);
  assert.deepEqual(lines(server), []);
});

test("nothing that is secret, and nobody's name or address, is ever logged", async (t) => {
  // A service that fails and quotes what it was sent.
  const service = createServer((request, response) => {
    response.writeHead(500).end(`${request.headers.authorization} ${SECRET}-answer`);
  });
  await once(service.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    service.closeAllConnections();
    service.close();
  });
  const address = service.address();
  assert(address && typeof address === "object");
  const vars = {
    JOIN_SECRET: `${SECRET}-join-secret`,
    JOIN_SECRET_PREVIOUS: `${SECRET}-former-join-secret`,
    LOG_SECRET: `${SECRET}-log-secret`,
    TURN_URLS: "turn:turn.example",
    TURN_SECRET: `${SECRET}-turn-secret`,
    CLOUDFLARE_TURN_KEY_ID: `${SECRET}-key-id`,
    CLOUDFLARE_TURN_API_TOKEN: `${SECRET}-api-token`,
    CLOUDFLARE_TURN_ENDPOINT: `http://127.0.0.1:${address.port}`,
    MESSAGE_BYTES: "2048",
    ROOM_CAPACITY: "2",
  };
  const server = await startServer({ vars });
  t.after(() => server.stop());
  const name = `${SECRET}-room`;
  const gate = `${SECRET}-gate`;
  const bearer = token({ room: name, exp: Math.floor(Date.now() / 1000) + 600, host: true });
  const protocols = ["switchboard.v1", `token.${bearer}`];
  const headers = { "cf-connecting-ip": "203.0.113.77", "user-agent": `${SECRET}-agent`, cookie: `c=${SECRET}` };
  const join = (/** @type {import("../support/peer.js").OpenOptions} */ options = {}) =>
    Peer.open(server, name, { gate, protocols, headers, ...options });
  const a = await join();
  const welcome = await a.next();
  a.welcome = welcome;
  const b = await join();
  b.welcome = await b.next();
  t.after(() => {
    for (const peer of [a, b]) peer.lose();
  });
  await a.expect({ type: "joined", peer: b.id });
  const sdp = `v=0\r\na=ice-pwd:${SECRET}\r\na=candidate:1 1 udp 1 203.0.113.77 9 typ host`;
  a.send({ type: "signal", to: b.id, data: { description: { type: "offer", sdp } } });
  await b.until("signal");
  for (const text of [`{"type":"${SECRET}"}`, SECRET, `{"type":"signal","to":"${SECRET}"}`]) {
    a.send(text);
    await expectError(a, "malformed");
  }
  for (const type of ["lock", "remove", "admit", "ice"]) a.send({ type, peer: `${SECRET}`, locked: false });
  // Those who are not let in.
  for (const options of [
    { gate: `${SECRET}-wrong-gate` },
    { protocols: ["switchboard.v1", `token.${bearer}x`] },
    { protocols: ["switchboard.v1", `token.${SECRET}`] },
    {},
  ]) {
    const refused = await join(options);
    const [last] = (await refused.until("close")).slice(-1);
    assert(last && last.code >= 4000, JSON.stringify(last));
  }
  await Peer.refused(server, name, { protocols: [`${SECRET}.v1`], headers });
  await Peer.refused(server, name, { protocols, headers: { ...headers, origin: `https://${SECRET}.example` } });
  for (const [method, path] of /** @type {const} */ ([
    ["GET", `/api/rooms/${name}`],
    ["GET", `/api/rooms/${SECRET}%20`],
    ["POST", `/api/rooms?${SECRET}`],
    ["GET", `/api/${SECRET}`],
  ])) {
    const authorization = `Gate ${SECRET}-gate`;
    const answer = await fetch(`${server.url}${path}`, { method, headers: { ...headers, authorization } });
    await answer.arrayBuffer();
  }
  await server.evict(name);
  b.send("x".repeat(5000));
  await b.until("close");
  await lose(a);
  const logged = server.logs();
  assert.match(logged, /"event":"joined"/);
  assert.match(logged, /"event":"refused"/);
  assert.match(logged, /"in":"relays"/);
  assert.doesNotMatch(logged, new RegExp(SECRET, "i"));
  for (const kept of [a.id, b.id, a.resume, b.resume, bearer, "203.0.113.77", "ice-pwd"]) {
    assert(!logged.includes(kept), kept);
  }
});

test("without a secret for the log the names in it are made up", async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const [call, a] = await one(t, server);
  await expectNothingMore(a);
  const [opened, joined] = lines(server);
  assert.equal(opened?.room, joined?.room);
  assert.match(opened?.room, /^[\w-]{16}$/);
  assert.notEqual(opened?.room, pseudonym("", call.room));
});

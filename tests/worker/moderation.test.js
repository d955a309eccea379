// What a host may do, on workerd.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { after, before, test } from "node:test";
import { Peer } from "../support/peer.js";
import { startServer } from "../support/server.js";
import { jwt, seconds } from "../support/tokens.js";
import { expectClosedWith, expectEach, expectError, expectNothingMore, one, two } from "./support.js";

/** @typedef {import("../support/server.js").Server} Server */

const SECRET = "a secret of the operator";
const FORMER_SECRET = "the one before it";

/** @type {Server} */
let server;
/** @type {Server} */
let closed;
before(async () => {
  server = await startServer();
  const vars = { JOIN_SECRET: SECRET, JOIN_SECRET_PREVIOUS: FORMER_SECRET, CREATE: "token" };
  closed = await startServer({ vars });
});
after(() => Promise.all([server.stop(), closed.stop()]));

/** @param {object} [claims] */
const token = (claims = {}) => jwt({ room: "*", exp: seconds() + 60, ...claims }, { secret: SECRET });

/**
 * A locked room with a host and a guest, and somebody who has knocked.
 *
 * @param {import("node:test").TestContext} t
 */
async function knocked(t) {
  const [call, host, guest] = await two(t, server);
  host.send({ type: "lock", locked: true });
  await expectEach([host, guest], { type: "locked", locked: true });
  const newcomer = await call.open();
  await newcomer.expect({ type: "waiting" });
  const knock = await host.next();
  assert.equal(knock.type, "knock");
  return { call, host, guest, newcomer, peer: String(knock.peer) };
}

test("a newcomer to a locked room waits until the host lets it in", async (t) => {
  const { call, host, guest, newcomer, peer } = await knocked(t);
  const answer = await fetch(`${server.url}/api/rooms/${call.room}`);
  assert.deepEqual(await answer.json(), { room: call.room, present: 2, capacity: 8, locked: true });
  host.send({ type: "admit", peer });
  const welcome = await newcomer.next();
  assert.deepEqual([welcome.type, welcome.self, welcome.room.locked], ["welcome", peer, true]);
  await host.expect({ type: "knockEnded", peer }, { type: "joined", peer });
  await guest.expect({ type: "joined", peer });
  await expectNothingMore(host, guest, newcomer);
});

test("who waits survives hibernation, and so does the lock", async (t) => {
  const { call, host, guest, newcomer, peer } = await knocked(t);
  await server.evict(call.room);
  newcomer.send("ping");
  await newcomer.expect({ type: "pong" });
  host.send({ type: "admit", peer });
  assert.equal((await newcomer.next()).self, peer);
  await host.expect({ type: "knockEnded", peer }, { type: "joined", peer });
  await guest.expect({ type: "joined", peer });
  await server.evict(call.room);
  const another = await call.open();
  await another.expect({ type: "waiting" });
});

test("the host turns somebody away", async (t) => {
  const { host, guest, newcomer, peer } = await knocked(t);
  host.send({ type: "deny", peer });
  await expectClosedWith(newcomer, 4005, "denied");
  await host.expect({ type: "knockEnded", peer });
  await expectNothingMore(host, guest);
});

test("who gives up waiting is no more asked about, also when the room slept meanwhile", async (t) => {
  const { call, host, guest, newcomer, peer } = await knocked(t);
  await server.evict(call.room);
  newcomer.lose();
  await host.expect({ type: "knockEnded", peer });
  await expectNothingMore(host, guest);
});

test("unlocking lets in who waits", async (t) => {
  const { host, guest, newcomer, peer } = await knocked(t);
  host.send({ type: "lock", locked: false });
  assert.equal((await newcomer.next()).self, peer);
  await host.expect({ type: "locked", locked: false }, { type: "knockEnded", peer }, { type: "joined", peer });
  await guest.expect({ type: "locked", locked: false }, { type: "joined", peer });
});

test("the host leaves and comes back, and the next host is asked about who waits meanwhile", async (t) => {
  const { call, host, guest, newcomer, peer } = await knocked(t);
  host.send({ type: "bye" });
  await host.expect({ type: "close", code: 1000, reason: "bye" });
  await guest.expect(
    { type: "left", peer: host.id, reason: "bye" },
    { type: "host", peer: guest.id },
    { type: "knock", peer },
  );
  const again = await call.join({ resume: host.resume });
  assert.deepEqual([again.id, again.welcome.host], [host.id, guest.id]);
  await guest.expect({ type: "joined", peer: host.id });
  await expectNothingMore(guest, again);
  newcomer.send({ type: "bye" });
  await newcomer.expect({ type: "close", code: 1000, reason: "bye" });
  await guest.expect({ type: "knockEnded", peer });
});

test("who is removed is gone for good, whatever it still holds, and a restart does not forget it", async (t) => {
  const [call, host, guest] = await two(t, server);
  host.send({ type: "remove", peer: guest.id });
  await expectClosedWith(guest, 4002, "removed");
  await host.expect({ type: "left", peer: guest.id, reason: "removed" });
  for (const sockets of /** @type {const} */ (["hibernate", "close"])) {
    const again = await call.open({ resume: guest.resume });
    await expectClosedWith(again, 4002, "removed");
    await server.evict(call.room, sockets);
  }
  const back = await call.join({ resume: host.resume });
  const again = await call.open({ resume: guest.resume });
  await expectClosedWith(again, 4002, "removed");
  await expectNothingMore(back);
});

test("the end of the call is told to who waits, too", async (t) => {
  const { host, guest, newcomer } = await knocked(t);
  host.send({ type: "end" });
  for (const peer of [host, guest, newcomer]) await expectClosedWith(peer, 4006, "ended");
});

test("where join tokens are needed only their bearers get in and make rooms", async (t) => {
  const [call, peer] = await one(t, closed, { token: token() });
  const without = await call.open();
  await expectClosedWith(without, 4004, "unauthorized");
  const former = await call.join({ token: jwt({ room: call.room, exp: seconds() + 60 }, { secret: FORMER_SECRET }) });
  await peer.expect({ type: "joined", peer: former.id });

  const create = (/** @type {Record<string, string>} */ headers) =>
    fetch(`${closed.url}/api/rooms`, { method: "POST", headers });
  for (const headers of [{}, { authorization: "Bearer a.b.c" }, { authorization: `Gate ${token()}` }]) {
    const answer = await create(/** @type {Record<string, string>} */ (headers));
    assert.deepEqual([answer.status, answer.headers.get("www-authenticate")], [401, "Bearer"]);
    assert.equal((await answer.json()).error.code, "unauthorized");
  }
  assert.equal((await create({ authorization: `Bearer ${token({ room: "other" })}` })).status, 201);
});

test("a token says who moderates, and not who came first", async (t) => {
  const [call, first] = await one(t, closed, { token: token() });
  first.send({ type: "lock", locked: true });
  await expectError(first, "not-host");
  const host = await call.join({ token: token({ host: true }) });
  assert.equal(host.welcome.host, host.id);
  await first.expect({ type: "joined", peer: host.id }, { type: "host", peer: host.id });
  await closed.evict(call.room);
  host.send({ type: "lock", locked: true });
  await expectEach([first, host], { type: "locked", locked: true });
  const newcomer = await call.open({ token: token() });
  await newcomer.expect({ type: "waiting" });
  assert.equal((await host.next()).type, "knock");
  const second = await call.join({ token: token({ host: true }) });
  await expectEach([first, host], { type: "joined", peer: second.id });
  assert.equal((await second.next()).type, "knock");
});

test("a token that names a peer makes it that peer, and the newest connection wins", async (t) => {
  const named = token({ peer: "user-00042" });
  const [call, first] = await one(t, closed, { token: named });
  assert.equal(first.id, "user-00042");
  const other = await call.join({ token: token({ host: true }) });
  await first.expect({ type: "joined", peer: other.id }, { type: "host", peer: other.id });
  const again = await call.join({ token: named });
  assert.deepEqual([again.id, again.welcome.resumed], ["user-00042", true]);
  await expectClosedWith(first, 4001, "replaced");
  await other.expect({ type: "back", peer: "user-00042" });
  other.send({ type: "remove", peer: "user-00042" });
  await expectClosedWith(again, 4002, "removed");
  const removed = await call.open({ token: named });
  await expectClosedWith(removed, 4002, "removed");
});

test("the tokens that npm run token makes are good", async (t) => {
  const made = (/** @type {string[]} */ ...args) =>
    spawnSync(process.execPath, ["scripts/token.js", ...args], {
      encoding: "utf8",
      env: { ...process.env, JOIN_SECRET: SECRET },
    });
  const { stdout } = made("--room", "test-*", "--minutes", "1", "--host", "--peer", "some-00001");
  const [call, peer] = await one(t, closed, { token: stdout.trim() });
  assert.equal(peer.id, "some-00001");
  peer.send({ type: "lock", locked: true });
  await peer.expect({ type: "locked", locked: true });
  const other = await Peer.open(closed, "elsewhere", { token: stdout.trim() });
  await expectClosedWith(other, 4004, "unauthorized");
  for (const wrong of [
    [],
    ["--room", "two words"],
    ["--room", "a", "--minutes", "x"],
    ["--room", "a", "--minutes", "Infinity"],
    ["--room", "a", "--peer", "b"],
  ]) {
    const done = made(...wrong);
    assert.deepEqual([done.status, done.stdout], [1, ""]);
    assert.match(done.stderr, /^switchboard: --(room|minutes|peer) /);
  }
  assert.equal(call.room.startsWith("test-"), true);
});

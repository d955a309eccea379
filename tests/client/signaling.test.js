import assert from "node:assert/strict";
import { test } from "node:test";
import { CLOSE_CODES } from "../../public/client/protocol.js";
import {
  OPEN_TIMEOUT_MS,
  PATIENT_AFTER_MS,
  RECONNECT_DELAY,
  SignalingSocket,
  STABLE_MS,
} from "../../public/client/signaling.js";
import { at, FakeWebSocket, fakePlatform, welcome } from "./fakes.js";

/** @param {{ resume?: string | null, credentials?: string[], random?: number }} [options] */
function start({ random, credentials, ...options } = {}) {
  const { clock, environment } = fakePlatform({ random });
  const signaling = new SignalingSocket("wss://call.example/api/rooms/a/socket", options, environment);
  signaling.connect(credentials);
  return { clock, signaling, sockets: FakeWebSocket.all };
}

/** @param {Parameters<typeof start>[0]} [options] */
function startOpen(options) {
  const started = start(options);
  at(started.sockets).receive(welcome());
  return started;
}

test("the first connection offers the protocol and nothing to resume", () => {
  const { sockets } = start();
  assert.deepEqual(at(sockets).protocols, ["switchboard.v1"]);
});

test("credentials and a token that was handed in are offered as further protocols", () => {
  const { sockets } = start({ credentials: ["token.jwt"], resume: "old" });
  assert.deepEqual(at(sockets).protocols, ["switchboard.v1", "token.jwt", "resume.old"]);
});

test("a socket is open only after the welcome", () => {
  const { signaling, sockets } = start();
  at(sockets).readyState = FakeWebSocket.OPEN;
  assert.equal(signaling.send({ type: "ice" }), false);
  at(sockets).receive(welcome());
  assert.equal(signaling.state, "open");
  assert.equal(signaling.send({ type: "ice" }), true);
  assert.deepEqual(at(sockets).frames, [{ type: "ice" }]);
});

test("a lost connection comes back and resumes with the token of the last welcome", async () => {
  const { clock, signaling, sockets } = startOpen({ resume: "old" });
  at(sockets).lose();
  assert.equal(signaling.state, "connecting");
  await clock.advance(RECONNECT_DELAY.base);
  assert.equal(sockets.length, 2);
  assert.deepEqual(at(sockets).protocols, ["switchboard.v1", "resume.token-1"]);
});

for (const reason of /** @type {const} */ (["replaced", "removed", "full", "unauthorized", "denied", "ended"])) {
  test(`a socket that was closed as ${reason} does not reconnect, and says why`, async () => {
    const { clock, signaling, sockets } = startOpen();
    /** @type {string[]} */
    const stopped = [];
    signaling.addEventListener("stopped", (event) => stopped.push(event.reason, event.message));
    at(sockets).receive({ type: "error", code: reason, message: "for the log" });
    at(sockets).lose(CLOSE_CODES[reason]);
    await clock.advance(3_600_000);
    assert.deepEqual(stopped, [reason, "for the log"]);
    assert.equal(signaling.state, "closed");
    assert.equal(sockets.length, 1);
    assert.equal(clock.pending, 0);
  });
}

for (const code of [1000, 1001, 1005, 1006, 1011, 1012, 4000, 4007, 4008, 4009, 4010, 4100]) {
  test(`a socket that was closed with ${code} reconnects`, async () => {
    const { clock, sockets } = startOpen();
    at(sockets).lose(code);
    await clock.advance(RECONNECT_DELAY.base);
    assert.equal(sockets.length, 2);
  });
}

test("the wait grows from failure to failure up to its cap, and to a higher one in an outage that lasts", async () => {
  const { clock, sockets } = start({ random: 0.999 });
  // Nineteen of the cap, and a minute is over.
  for (const wait of [500, 1000, 2000, ...Array(19).fill(3000), 20_000, 20_000]) {
    const before = sockets.length;
    at(sockets).lose();
    await clock.advance(wait * 0.998);
    assert.equal(sockets.length, before, `still waiting after almost ${wait} ms`);
    await clock.advance(wait * 0.002);
    assert.equal(sockets.length, before + 1, `another try after ${wait} ms`);
  }
});

test("a server that welcomes and drops at once is not hammered", async () => {
  const { clock, sockets } = start({ random: 0.999 });
  for (const wait of [500, 1000, 2000, 3000]) {
    at(sockets).receive(welcome());
    at(sockets).lose();
    const before = sockets.length;
    await clock.advance(wait * 0.998);
    assert.equal(sockets.length, before);
    await clock.advance(wait * 0.002);
  }
});

test("a connection that lasted ends an outage that lasted", async () => {
  const { clock, sockets } = start({ random: 0.999 });
  for (let time = 0; time < 2 * PATIENT_AFTER_MS; time += 10_000) {
    at(sockets).lose();
    await clock.advance(20_000);
  }
  at(sockets).receive(welcome());
  await clock.advance(STABLE_MS);
  const before = sockets.length;
  for (const wait of [500, 1000, 2000, 3000, 3000]) {
    at(sockets).lose();
    await clock.advance(wait);
  }
  assert.equal(sockets.length, before + 5);
});

test("a connection that lasted starts the wait anew", async () => {
  const { clock, sockets } = start({ random: 0.999 });
  at(sockets).lose();
  await clock.advance(500);
  at(sockets).lose();
  await clock.advance(1000);
  at(sockets).receive(welcome());
  await clock.advance(STABLE_MS);
  at(sockets).lose();
  await clock.advance(500);
  assert.equal(sockets.length, 4);
});

test("a connection that does not open is given up for another", async () => {
  const { clock, sockets } = start();
  await clock.advance(OPEN_TIMEOUT_MS);
  await clock.advance(RECONNECT_DELAY.base);
  assert.equal(sockets.length, 2);
});

test("failures are counted until a welcome", async () => {
  const { clock, signaling, sockets } = start();
  /** @type {number[]} */
  const failures = [];
  signaling.addEventListener("state", (event) => failures.push(event.failures));
  at(sockets).lose();
  await clock.advance(500);
  at(sockets).lose();
  await clock.advance(1000);
  at(sockets).receive(welcome());
  assert.deepEqual(failures, [1, 1, 2, 2, 0]);
});

test("a ping goes out as often as the server asks, and an answer keeps the connection", async () => {
  const { clock, sockets } = startOpen();
  for (let beat = 1; beat <= 5; beat += 1) {
    await clock.advance(30_000);
    assert.equal(at(sockets).sent.length, beat);
    at(sockets).receive("pong");
  }
  assert.equal(sockets.length, 1);
});

test("a missed pong means another connection, and the dead one is not told goodbye", async () => {
  const { clock, sockets } = startOpen();
  await clock.advance(30_000 + 10_000 + 500);
  assert.equal(sockets.length, 2);
  assert.equal(at(sockets, 0).closedWith, 4100);
});

test("any frame is as good as a pong", async () => {
  const { clock, sockets } = startOpen();
  await clock.advance(30_000);
  at(sockets).receive({ type: "joined", peer: "a" });
  await clock.advance(15_000);
  assert.equal(sockets.length, 1);
});

test("a nudge tries again at once", () => {
  const { signaling, sockets } = start();
  at(sockets).lose();
  signaling.nudge();
  assert.equal(sockets.length, 2);
});

test("a nudge does not cut off a connection that is being opened", () => {
  const { signaling, sockets } = start();
  signaling.nudge();
  assert.equal(sockets.length, 1);
});

test("a nudge checks an open connection at once and replaces it if it is dead", async () => {
  const { clock, signaling, sockets } = startOpen();
  signaling.nudge();
  assert.deepEqual(at(sockets).sent, ["ping"]);
  await clock.advance(3_000 + 500);
  assert.equal(sockets.length, 2);
});

test("a late close of a former connection changes nothing", async () => {
  const { clock, signaling, sockets } = startOpen();
  const former = at(sockets);
  signaling.nudge();
  await clock.advance(3_000 + 500);
  at(sockets).receive(welcome());
  former.lose(CLOSE_CODES.replaced);
  former.receive({ type: "left", peer: "a", reason: "bye" });
  assert.equal(signaling.state, "open");
});

test("leaving says bye, closes cleanly and stays closed", async () => {
  const { clock, signaling, sockets } = startOpen();
  signaling.leave();
  assert.deepEqual(at(sockets).frames, [{ type: "bye" }]);
  assert.equal(at(sockets).closedWith, 1000);
  at(sockets).lose(1000);
  signaling.nudge();
  await clock.advance(3_600_000);
  assert.equal(sockets.length, 1);
  assert.equal(clock.pending, 0);
});

test("somebody who waits for the host is neither in nor disconnected", () => {
  const { signaling, sockets } = start();
  at(sockets).receive({ type: "waiting" });
  assert.equal(signaling.state, "waiting");
  assert.equal(signaling.send({ type: "ice" }), false);
});

test("frames that are unknown, incomplete or no JSON are ignored", () => {
  const { signaling, sockets } = startOpen();
  /** @type {unknown[]} */
  const frames = [];
  signaling.addEventListener("frame", ({ frame }) => frames.push(frame));
  for (const odd of ["{", "null", "7", '{"type":"dance"}', '{"type":"toString"}', '{"type":"joined"}']) {
    at(sockets).receive(odd);
  }
  at(sockets).receive({ type: "joined", peer: "a", news: true });
  assert.deepEqual(frames, [{ type: "joined", peer: "a", news: true }]);
});

test("an error that is final ends it at once, however long the close takes", () => {
  const { signaling, sockets, clock } = startOpen();
  /** @type {unknown[]} */
  const stopped = [];
  signaling.addEventListener("stopped", ({ reason, message }) => stopped.push([reason, message]));
  at(sockets).receive({ type: "error", code: "malformed", message: "not this one" });
  assert.deepEqual(stopped, []);
  const socket = at(sockets);
  socket.receive({ type: "error", code: "replaced", message: "elsewhere" });
  assert.deepEqual(stopped, [["replaced", "elsewhere"]]);
  socket.lose(4001);
  assert.deepEqual([stopped.length, signaling.state, sockets.length, clock.pending], [1, "closed", 1, 0]);
});

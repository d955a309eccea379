import assert from "node:assert/strict";
import { test } from "node:test";
import { ACK_DELAY_MS, RETRY_MS } from "../../public/client/courier.js";
import { PROBE_MS } from "../../public/client/heartbeat.js";
import { ICE_FRESH_MS } from "../../public/client/ice.js";
import { JOIN_ATTEMPTS, Room } from "../../public/client/room.js";
import { Seal } from "../../public/client/seal.js";
import { RECONNECT_DELAY } from "../../public/client/signaling.js";
import { at, FakePeerConnection, FakeWebSocket, fakePlatform, settle, welcome } from "./fakes.js";

const track = (/** @type {string} */ name) => /** @type {MediaStreamTrack} */ (/** @type {unknown} */ ({ name }));

/** @param {{ link?: string, resume?: string, token?: string, uploadBps?: number, parts?: object }} [options] */
function setUp({ link = "https://call.example/r/test", parts = {}, ...options } = {}) {
  const platform = fakePlatform();
  const room = new Room(link, { ...options, ...platform.parts, ...parts });
  /** @type {string[]} */
  const told = [];
  room.addEventListener("state", ({ state }) => told.push(state));
  room.addEventListener("peerjoined", ({ peer }) => told.push(`+${peer.id}`));
  room.addEventListener("peerleft", ({ peer, reason }) => told.push(`-${peer.id} ${reason}`));
  room.addEventListener("error", ({ error }) => told.push(`error ${error.code}`));
  return { ...platform, room, told };
}

/** Our own session: the first random id of the platform. */
const SESSION = "session-1";

/**
 * What a peer's courier sends us.
 *
 * @param {string} from
 * @param {number} number
 * @param {object} payload
 */
const letter = (from, number, payload) => ({
  type: "signal",
  from,
  data: { v: 1, s: `page of ${from}`, t: SESSION, n: number, ...payload },
});

/** A first offer. @param {string} session */
const offer = (session) => ({ session, first: true, description: { type: "offer", sdp: "theirs" } });

/**
 * A room that has been joined. Those who were there have offered us a connection each.
 *
 * @param {{ peers?: string[] }} [options] who was there already
 */
async function joined({ peers = [] } = {}) {
  const set = setUp();
  const done = set.room.join();
  const listed = peers.map((id) => ({ id, away: false }));
  at(FakeWebSocket.all).receive(welcome({ peers: listed }));
  await done;
  for (const id of peers) at(FakeWebSocket.all).receive(letter(id, 1, offer(`to ${id}`)));
  await settle();
  set.told.length = 0;
  return set;
}

/** The connection to the server is lost, and back. */
async function reconnect(
  /** @type {Pick<Awaited<ReturnType<typeof joined>>, "clock">} */ { clock },
  /** @type {string[]} */ peers,
) {
  at(FakeWebSocket.all).lose();
  await clock.advance(500);
  const listed = peers.map((id) => ({ id, away: false }));
  at(FakeWebSocket.all).receive(welcome({ resumed: true, resume: "token-2", peers: listed }));
  await settle();
}

const socket = () => at(FakeWebSocket.all);

test("joining connects to the room's socket and settles with the welcome", async () => {
  const { room, told } = setUp({ token: "jwt", resume: "old" });
  const done = room.join();
  assert.equal(socket().url, "wss://call.example/api/rooms/test/socket");
  assert.deepEqual(socket().protocols, ["switchboard.v1", "token.jwt", "resume.old"]);
  socket().receive(welcome());
  await done;
  assert.deepEqual(told, ["joining", "joined"]);
  assert.equal(room.self, "selfselfse");
  assert.equal(room.resume, "token-1");
});

test("joining twice is joining once", () => {
  const { room } = setUp();
  assert.equal(room.join(), room.join());
  assert.equal(FakeWebSocket.all.length, 1);
});

test("a bad link is an error before anything is connected", () => {
  assert.throws(() => setUp({ link: "https://call.example/r/two words" }), { code: "bad-link" });
});

test("without WebRTC a page cannot join", async () => {
  const { room } = setUp({ parts: { peerConnection: null, signalingOnly: false } });
  await assert.rejects(room.join(), { name: "RoomError", code: "unsupported" });
});

test("without WebRTC and without a page one joins for signaling only, and says so to everybody who is met", async () => {
  const { room, told } = setUp({ parts: { peerConnection: null } });
  const done = room.join();
  socket().receive(welcome({ peers: [{ id: "elder", away: false }] }));
  await done;
  socket().receive(letter("elder", 1, { message: "hello" }));
  await settle();
  socket().receive({ type: "joined", peer: "newer" });
  socket().receive({ type: "signal", from: "newer", data: { v: 1, s: "page of newer" } });
  await settle();
  assert.deepEqual(told, ["joining", "+elder", "joined", "+newer"]);
  assert.deepEqual(
    socket().frames.map(({ to, data }) => [to, data.n, data.signalingOnly]),
    [
      [undefined, undefined, undefined],
      ["elder", 1, true],
      ["newer", 1, true],
    ],
  );
  assert.deepEqual(
    Array.from(room.peers.values(), ({ state, signalingOnly }) => [state, signalingOnly]),
    [
      ["connected", true],
      ["connected", true],
    ],
  );
});

test("a peer for signaling only that the server took from the room is gone, and one it has forgotten may come back", async () => {
  const { room, clock, told } = setUp({ parts: { peerConnection: null } });
  const done = room.join();
  socket().receive(welcome({ peers: ["one", "two"].map((id) => ({ id, away: false })) }));
  await done;
  for (const id of ["one", "two"]) socket().receive(letter(id, 1, { message: "hello" }));
  await settle();
  told.length = 0;
  socket().receive({ type: "left", peer: "one", reason: "timeout" });
  assert.deepEqual(told, ["-one timeout"]);
  await reconnect({ clock }, []);
  assert.deepEqual([...room.peers.keys()], ["two"]);
  room.broadcast("for when you are back");
  await settle();
  socket().receive({ type: "joined", peer: "two" });
  assert.deepEqual(
    socket()
      .frames.filter(({ to }) => to === "two")
      .map(({ data }) => data.message)
      .filter(Boolean),
    ["for when you are back"],
  );
});

test("without a WebSocket there is nothing to join with", async () => {
  const there = globalThis.WebSocket;
  Reflect.deleteProperty(globalThis, "WebSocket");
  try {
    const { room } = setUp({ parts: { webSocket: null } });
    await assert.rejects(room.join(), { name: "RoomError", code: "unsupported" });
  } finally {
    globalThis.WebSocket = there;
  }
});

test("a refusal rejects with the server's reason", async () => {
  const { room, told } = setUp();
  const done = room.join();
  socket().receive({ type: "error", code: "full", message: "no free seat" });
  socket().lose(4003);
  await assert.rejects(done, { code: "full", message: "no free seat" });
  assert.deepEqual(told, ["joining", "left"]);
});

test("a server that does not answer is given up, while somebody who is in never gives up", async () => {
  const out = setUp();
  const refused = assert.rejects(out.room.join(), { code: "unreachable" });
  for (let attempt = 0; attempt < JOIN_ATTEMPTS; attempt += 1) {
    socket().lose();
    await out.clock.advance(2_000);
  }
  await refused;
  assert.equal(FakeWebSocket.all.length, JOIN_ATTEMPTS);

  const { room, clock } = await joined();
  for (let attempt = 0; attempt < 3 * JOIN_ATTEMPTS; attempt += 1) {
    socket().lose();
    await clock.advance(20_000);
  }
  assert.equal(room.state, "reconnecting");
});

test("leaving before the room was reached rejects", async () => {
  const { room } = setUp();
  const done = room.join();
  room.leave();
  await assert.rejects(done, { code: "left" });
});

test("one who comes greets all who are there at once, and connects to who comes later and greets", async () => {
  const { told, room } = setUp();
  const done = room.join();
  const listed = ["one", "two"].map((id) => ({ id, away: false }));
  socket().receive(welcome({ peers: listed }));
  await done;
  await settle();
  assert.deepEqual(socket().frames, [{ type: "signal", data: { v: 1, s: SESSION } }]);
  told.length = 0;
  socket().receive({ type: "joined", peer: "three" });
  await settle();
  assert.equal(socket().frames.length, 1);
  socket().receive({ type: "signal", from: "three", data: { v: 1, s: "page of three" } });
  await settle();
  const { to, data } = at(socket().frames);
  assert.deepEqual(
    [to, data.t, data.n, data.first, data.description.type],
    ["three", "page of three", 1, true, "offer"],
  );
  assert.deepEqual(told, ["+three"]);
  assert.deepEqual([...room.peers.keys()], ["one", "two", "three"]);
});

test("one who comes greets before hearing of anybody, who may take time to be shown", async () => {
  const { room } = setUp();
  /** @type {number[]} */
  const sent = [];
  room.addEventListener("peerjoined", () => sent.push(socket().frames.length));
  const done = room.join();
  socket().receive(welcome({ peers: [{ id: "one", away: false }] }));
  await done;
  assert.deepEqual(sent, [1]);
});

test("one who is alone greets nobody", async () => {
  await joined();
  assert.deepEqual(socket().frames, []);
});

test("with a key in the link the server sees the gate, and nobody's words", async () => {
  const link = "https://call.example/r/test#AAECAwQFBgcICQoLDA0ODw";
  const { room } = setUp({ link });
  const done = room.join();
  while (FakeWebSocket.all.length === 0) await settle();
  const { gate } = await Seal.of("test", "AAECAwQFBgcICQoLDA0ODw");
  assert.deepEqual(socket().protocols, ["switchboard.v1", `gate.${gate}`]);
  socket().receive(welcome());
  await done;
  socket().receive({ type: "joined", peer: "one" });
  socket().receive({ type: "signal", from: "one", data: { v: 1, s: "page of one" } });
  while (socket().frames.length === 0) await settle();
  const { data } = at(socket().frames);
  assert.deepEqual(Object.keys(data).sort(), ["c", "n", "s", "t", "v"]);
  assert(!JSON.stringify(socket().sent).includes("offer"));
});

test("with a key in the link nothing plain is listened to", async () => {
  const { room } = setUp({ link: "https://call.example/r/test#AAECAwQFBgcICQoLDA0ODw" });
  const done = room.join();
  while (FakeWebSocket.all.length === 0) await settle();
  socket().receive(welcome({ peers: [{ id: "one", away: false }] }));
  await done;
  /** @type {string[]} */
  const errors = [];
  room.peers.get("one")?.addEventListener("error", ({ error }) => {
    errors.push(/** @type {{ code: string }} */ (error).code);
  });
  socket().receive({ type: "signal", from: "one", data: offer("s") });
  socket().receive(letter("one", 1, offer("s")));
  while (errors.length === 0) await settle();
  assert.deepEqual(errors, ["plain"]);
  assert.equal(FakePeerConnection.all.length, 0);
});

test("a key that is cut short is said to be, before anything is connected", async () => {
  const { room } = setUp({ link: "https://call.example/r/test#short" });
  await assert.rejects(room.join(), { name: "RoomError", code: "incomplete-link" });
  assert.equal(FakeWebSocket.all.length, 0);
});

test("connections get the ICE servers of the welcome", async () => {
  await joined({ peers: ["one"] });
  assert.deepEqual(at(FakePeerConnection.all).configuration, {
    iceServers: [{ urls: ["stun:stun.example"] }],
    iceTransportPolicy: "all",
    bundlePolicy: "max-bundle",
  });
});

test("it is known whether the server has named a relay", async () => {
  const { room } = await joined();
  assert.equal(room.hasRelay, false);
  const urls = ["stun:relay.example", "turns:relay.example:443"];
  socket().receive({ type: "ice", iceServers: [{ urls, username: "some", credential: "secret" }] });
  assert.equal(room.hasRelay, true);
});

test("tracks go to those who are there and to those who come", async () => {
  const { room, clock } = setUp();
  room.join({ audio: track("microphone") });
  socket().receive(welcome({ peers: [{ id: "one", away: false }] }));
  await room.setTrack("camera", track("lens"));
  socket().receive({ type: "joined", peer: "two" });
  await clock.advance(15_000);
  for (const pc of FakePeerConnection.all) {
    assert.deepEqual(
      pc.transceivers.map(({ sending }) => sending),
      [{ name: "microphone" }, { name: "lens" }, null],
    );
  }
  assert.equal(FakePeerConnection.all.filter((pc) => !pc.closed).length, 2);
});

test("a plain signal of another client reaches the peer it is from, and one from nobody does nothing", async () => {
  const { told } = await joined();
  socket().receive({ type: "signal", from: "one", data: offer("s") });
  socket().receive({ type: "joined", peer: "one" });
  socket().receive({ type: "signal", from: "one", data: offer("s") });
  await settle();
  assert.equal(FakePeerConnection.all.length, 1);
  assert.deepEqual(told, ["+one"]);
});

test("a lost connection to the server touches no media", async () => {
  const set = await joined({ peers: ["one"] });
  const pc = at(FakePeerConnection.all);
  pc.become("connected");
  await reconnect(set, ["one"]);
  assert.deepEqual(set.told, ["reconnecting", "joined"]);
  assert.equal(pc.closed, false);
  assert.equal(FakePeerConnection.all.length, 1);
  assert.equal(set.room.resume, "token-2");
});

test("what the lost connection swallowed is sent again after the resumption, the very same", async () => {
  const set = await joined({ peers: ["one"] });
  const answer = at(socket().frames);
  assert.equal(answer.data.description.type, "answer");
  await reconnect(set, ["one"]);
  assert.deepEqual(socket().frames, [answer, { type: "signal", data: { v: 1, s: SESSION } }]);
});

test("joined and back of a peer that is known mean the same, and keep its media", async () => {
  for (const type of ["joined", "back"]) {
    const { told, room } = await joined({ peers: ["one"] });
    at(FakePeerConnection.all).become("connected");
    socket().receive({ type: "away", peer: "one" });
    assert.equal(room.peers.get("one")?.away, true);
    socket().receive({ type, peer: "one" });
    assert.equal(room.peers.get("one")?.away, false);
    assert.equal(at(FakePeerConnection.all).closed, false);
    assert.deepEqual(told, []);
  }
});

test("what a peer that was away did not get is sent again when it is back", async () => {
  await joined({ peers: ["one"] });
  const answer = at(socket().frames);
  socket().receive({ type: "undelivered", to: "one", reason: "away" });
  socket().receive({ type: "back", peer: "one" });
  assert.deepEqual(at(socket().frames), answer);
});

for (const [how, comes] of /** @type {[string, (set: Awaited<ReturnType<typeof joined>>) => Promise<void>][]} */ ([
  ["comes", async () => socket().receive({ type: "joined", peer: "one" })],
  ["is there after another outage", (set) => reconnect(set, ["one"])],
])) {
  test(`one who was taken to be gone and ${how} gets what it did not get, and then a new offer`, async () => {
    const set = await joined({ peers: ["one"] });
    const answer = at(socket().frames);
    await reconnect(set, []);
    await comes(set);
    await settle();
    const signals = socket().frames.filter(({ to }) => to === "one");
    assert.deepEqual(signals[0], answer);
    assert.deepEqual(
      signals.map(({ data }) => [data.n, data.first]),
      [
        [1, undefined],
        [2, true],
      ],
    );
  });
}

test("a page that was reloaded is connected to anew", async () => {
  await joined({ peers: ["one"] });
  at(FakePeerConnection.all).become("connected");
  socket().receive({ type: "joined", peer: "one" });
  socket().receive({ type: "signal", from: "one", data: { v: 1, s: "another page of one" } });
  await settle();
  assert.deepEqual(
    FakePeerConnection.all.map(({ closed }) => closed),
    [true, false],
  );
  const { data } = at(socket().frames);
  assert.deepEqual([data.t, data.n, data.first], ["another page of one", 1, true]);
});

test("once connected, signals go over the connection, and through the room again when it breaks", async () => {
  const { room } = await joined({ peers: ["one"] });
  const pc = at(FakePeerConnection.all);
  pc.channel?.open();
  pc.become("connected");
  const before = socket().frames.length;
  pc.gather("candidate:1");
  await settle();
  const { type, data } = /** @type {any} */ (at(pc.channel?.sent ?? []));
  assert.deepEqual([type, data.n], ["signal", 2]);
  assert.equal(socket().frames.length, before);
  pc.channel?.receive({ type: "signal", data: { v: 1, s: "page of one", t: SESSION, n: 2, a: 1, session: "x" } });
  pc.become("disconnected");
  assert.equal(room.peers.get("one")?.state, "reconnecting");
  assert.deepEqual(
    socket()
      .frames.slice(before)
      .map(({ type, data }) => [type, data?.n]),
    [
      ["signal", 2],
      ["check", undefined],
    ],
  );
});

/** A pair that is connected, with everything acknowledged. */
async function connectedPair() {
  const set = await joined({ peers: ["one"] });
  const pc = at(FakePeerConnection.all);
  const channel = /** @type {import("./fakes.js").FakeChannel} */ (pc.channel);
  channel.open();
  pc.become("connected");
  channel.receive({ type: "signal", data: { v: 1, s: "page of one", t: SESSION, a: 1 } });
  channel.sent.length = 0;
  socket().sent.length = 0;
  /** What went over the connection, and through the room, since this was asked last. */
  const sent = () => {
    const brief = (/** @type {any} */ { type, data = {} }) => [type, data.n, data.description?.type, data.a];
    const [over, through] = [channel.sent.splice(0), socket().frames.filter(({ type }) => type === "signal")];
    socket().sent.length = 0;
    return { over: over.map(brief), through: through.map(brief) };
  };
  return { ...set, pc, channel, sent };
}

/** What the other says that it sends: any message over the connection will do. */
const MEDIA = { type: "media", audio: true, camera: false, screen: false };

test("a restart for a network that has changed is offered through the room, until something comes over the connection", async () => {
  const { events, clock, channel, sent } = await connectedPair();
  events.dispatchEvent(new Event("online"));
  await settle();
  socket().receive("pong");
  assert.deepEqual(sent(), { over: [], through: [["signal", 2, "offer", 1]] });
  channel.receive(MEDIA);
  // The other may doubt it as well.
  assert.deepEqual(sent(), { over: [["media", undefined, undefined, undefined]], through: [] });
  const more = { session: "to one", candidates: [] };
  channel.receive({ type: "signal", data: { v: 1, s: "page of one", t: SESSION, n: 2, a: 2, ...more } });
  await settle();
  await clock.advance(ACK_DELAY_MS);
  assert.deepEqual(sent(), { over: [["signal", undefined, undefined, 2]], through: [] });
});

test("what the connection has taken, and has not been acknowledged, goes through the room before a restart", async () => {
  const { events, pc, sent } = await connectedPair();
  pc.gather("candidate:1");
  await settle();
  assert.deepEqual(sent(), { over: [["signal", 2, undefined, 1]], through: [] });
  events.dispatchEvent(new Event("online"));
  await settle();
  assert.deepEqual(sent(), {
    over: [],
    through: [
      ["signal", 2, undefined, 1],
      ["signal", 3, "offer", 1],
    ],
  });
});

test("an answer to a restart has the other side hear that the connection works", async () => {
  const { events, sent } = await connectedPair();
  events.dispatchEvent(new Event("online"));
  await settle();
  sent();
  socket().receive(letter("one", 2, { session: "to one", description: { type: "answer", sdp: "theirs" } }));
  await settle();
  assert.deepEqual(sent(), { over: [["media", undefined, undefined, undefined]], through: [] });
});

test("whoever is offered a restart through the room, over a connection that seems well, answers through the room", async () => {
  const { room, clock, channel, sent } = await connectedPair();
  socket().receive(letter("one", 2, { session: "to one", description: { type: "offer", sdp: "theirs again" } }));
  await settle();
  socket().receive(letter("one", 3, { session: "to one", candidates: [{ candidate: "found later" }] }));
  await settle();
  await clock.advance(ACK_DELAY_MS);
  assert.equal(room.peers.get("one")?.state, "connected");
  assert.deepEqual(sent(), {
    over: [],
    through: [
      ["signal", 2, "answer", 2],
      ["signal", undefined, undefined, 3],
    ],
  });
  channel.receive(MEDIA);
  sent();
  socket().receive(letter("one", 4, { session: "to one", candidates: [{ candidate: "found even later" }] }));
  await settle();
  await clock.advance(ACK_DELAY_MS);
  assert.deepEqual(sent(), { over: [["signal", undefined, undefined, 4]], through: [] });
});

test("what was given to the room goes over the connection after all if the room cannot reach the other", async () => {
  const { events, sent } = await connectedPair();
  events.dispatchEvent(new Event("online"));
  await settle();
  assert.deepEqual(sent(), { over: [], through: [["signal", 2, "offer", 1]] });
  socket().receive({ type: "away", peer: "one" });
  assert.deepEqual(sent(), { over: [["signal", 2, "offer", 1]], through: [] });
});

test("what is not acknowledged over a connection that seems well is sent again through the room", async () => {
  const { clock } = await joined({ peers: ["one"] });
  const pc = at(FakePeerConnection.all);
  pc.channel?.open();
  pc.become("connected");
  pc.channel?.receive({ type: "signal", data: { v: 1, s: "page of one", t: SESSION, a: 1 } });
  const before = socket().frames.length;
  pc.gather("candidate:1");
  await settle();
  const { data } = /** @type {any} */ (at(pc.channel?.sent ?? []));
  await clock.advance(RETRY_MS);
  assert.deepEqual(socket().frames.slice(before), [{ type: "signal", to: "one", data }]);
});

test("a signal that is repeated though it was acknowledged is acknowledged through the room", async () => {
  const { clock } = await joined({ peers: ["one"] });
  const pc = at(FakePeerConnection.all);
  pc.channel?.open();
  pc.become("connected");
  const early = letter("one", 2, { session: "to one", candidates: [{ candidate: "one" }] });
  socket().receive(early);
  await settle();
  await clock.advance(ACK_DELAY_MS);
  const acknowledgement = { v: 1, s: SESSION, t: "page of one", a: 2 };
  assert.deepEqual(at(pc.channel?.sent ?? []), { type: "signal", data: acknowledgement });
  const [before, beforeOver] = [socket().frames.length, pc.channel?.sent.length];
  socket().receive(early);
  await settle();
  await clock.advance(ACK_DELAY_MS);
  assert.deepEqual(socket().frames.slice(before), [{ type: "signal", to: "one", data: acknowledgement }]);
  assert.equal(pc.channel?.sent.length, beforeOver);
});

test("a peer that the restarted server has not seen yet keeps its media for the time of grace", async () => {
  const set = await joined({ peers: ["one", "two"] });
  for (const pc of FakePeerConnection.all) pc.become("connected");
  await reconnect(set, []);
  await set.clock.advance(29_000);
  socket().receive({ type: "joined", peer: "one" });
  await set.clock.advance(5_000);
  assert.deepEqual(set.told, ["reconnecting", "joined", "-two lost"]);
  assert.deepEqual([...set.room.peers.keys()], ["one"]);
});

test("a peer that is missing after an outage and has no media either is gone", async () => {
  const set = await joined({ peers: ["one"] });
  await reconnect(set, []);
  assert.deepEqual(set.told, ["reconnecting", "-one lost", "joined"]);
});

test("a peer that is missing is dropped as soon as its media fails", async () => {
  const set = await joined({ peers: ["one"] });
  at(FakePeerConnection.all).become("connected");
  await reconnect(set, []);
  at(FakePeerConnection.all).become("disconnected");
  assert.equal(at(set.told), "-one lost");
});

test("a peer that timed out on the server alone keeps its media for the time of grace", async () => {
  const { told, clock } = await joined({ peers: ["one"] });
  at(FakePeerConnection.all).become("connected");
  socket().receive({ type: "left", peer: "one", reason: "timeout" });
  assert.deepEqual(told, []);
  await clock.advance(30_000);
  assert.deepEqual(told, ["-one timeout"]);
});

test("a peer that says goodbye, or is removed, is gone at once", async () => {
  for (const reason of ["bye", "removed"]) {
    const { told } = await joined({ peers: ["one"] });
    const pc = at(FakePeerConnection.all);
    pc.become("connected");
    socket().receive({ type: "left", peer: "one", reason });
    assert.deepEqual(told, [`-one ${reason}`]);
    assert.equal(pc.closed, true);
  }
});

test("a goodbye on the control channel is enough, and what follows from the same peer is not heard", async () => {
  const { told } = await joined({ peers: ["one"] });
  at(FakePeerConnection.all).channel?.receive({ type: "bye" });
  socket().receive({ type: "signal", from: "one", data: { session: "to one", candidates: [] } });
  socket().receive({ type: "left", peer: "one", reason: "bye" });
  assert.deepEqual(told, ["-one bye"]);
});

test("the server is asked to look after a peer whose media broke", async () => {
  await joined({ peers: ["one"] });
  at(FakePeerConnection.all).become("connected");
  at(FakePeerConnection.all).become("disconnected");
  assert.deepEqual(at(socket().frames), { type: "check", peer: "one" });
});

test("a way to the server that died with the media is found to be dead, and replaced", async () => {
  const { clock, room } = await joined({ peers: ["one"] });
  at(FakePeerConnection.all).become("connected");
  const before = FakeWebSocket.all.length;
  at(FakePeerConnection.all).become("disconnected");
  assert.equal(at(socket().sent.filter((text) => text === "ping")), "ping");
  await clock.advance(PROBE_MS + RECONNECT_DELAY.base);
  assert.equal(FakeWebSocket.all.length, before + 1);
  assert.equal(room.state, "reconnecting");
});

test("one who comes back as somebody else starts anew with everybody", async () => {
  const { told, clock } = await joined({ peers: ["one"] });
  at(FakePeerConnection.all).become("connected");
  socket().lose();
  await clock.advance(500);
  socket().receive(welcome({ self: "otherother", peers: [{ id: "one", away: false }] }));
  assert.deepEqual(told, ["reconnecting", "-one lost", "+one", "joined"]);
  assert.equal(at(FakePeerConnection.all).closed, true);
  const greeting = at(socket().frames);
  assert.deepEqual(Object.keys(greeting.data), ["v", "s"]);
  assert.notEqual(greeting.data.s, SESSION);
});

test("the network that comes back makes every connection look for a new way", async () => {
  const { events } = await joined({ peers: ["one"] });
  const pc = at(FakePeerConnection.all);
  pc.signalingState = "stable";
  pc.become("connected");
  events.dispatchEvent(new Event("online"));
  await settle();
  assert.equal(pc.restarts, 1);
  assert(socket().sent.includes("ping"));
});

test("connections that look for a new way ask the server once for fresh ICE servers, if theirs are old", async () => {
  const { events, clock } = await joined({ peers: ["one", "two"] });
  for (const pc of FakePeerConnection.all) {
    pc.channel?.open();
    pc.become("connected");
  }
  for (let time = 0; time < ICE_FRESH_MS; time += 5_000) {
    await clock.advance(5_000);
    socket().receive("pong");
  }
  const before = socket().frames.length;
  events.dispatchEvent(new Event("online"));
  await settle();
  assert.deepEqual(socket().frames.slice(before), [{ type: "ice" }]);
  const iceServers = [{ urls: ["turn:turn.example"], username: "fresh", credential: "secret" }];
  socket().receive({ type: "ice", iceServers });
  await settle();
  for (const pc of FakePeerConnection.all) {
    assert.equal(pc.restarts, 1);
    assert.deepEqual(pc.configuration, { iceServers, iceTransportPolicy: "all", bundlePolicy: "max-bundle" });
  }
});

test("leaving tells the others and the server, and leaves nothing behind", async () => {
  const { room, told, clock } = await joined({ peers: ["one"] });
  const { channel } = at(FakePeerConnection.all);
  channel?.open();
  room.leave();
  room.leave();
  assert.deepEqual(at(channel?.sent ?? []), { type: "bye" });
  assert.deepEqual(at(socket().frames), { type: "bye" });
  assert.equal(at(FakePeerConnection.all).closed, true);
  assert.deepEqual(told, ["left"]);
  assert.equal(clock.pending, 0);
});

test("a peer that was replaced by itself elsewhere does not say goodbye in its name", async () => {
  const { told, clock } = await joined({ peers: ["one"] });
  const { channel } = at(FakePeerConnection.all);
  channel?.open();
  socket().lose(4001);
  assert.deepEqual(channel?.sent, [{ type: "media", audio: false, camera: false, screen: false }]);
  assert.deepEqual(told, ["left", "error replaced"]);
  assert.equal(clock.pending, 0);
});

test("what is broadcast goes to everybody, also when too much waits for one", async () => {
  const { room } = await joined({ peers: ["one", "two"] });
  const [one, two] = FakePeerConnection.all.map((pc) => pc.channelOf("messages"));
  one?.open();
  two?.open();
  room.broadcast({ hello: 1 });
  if (one) one.bufferedAmount = 2 ** 20;
  assert.throws(() => room.broadcast("more"), { name: "MessageError", code: "overflow", message: /one/ });
  assert.throws(() => room.broadcast(undefined), { code: "not-json" });
  assert.deepEqual(one?.sent, [{ hello: 1 }]);
  assert.deepEqual(two?.sent, [{ hello: 1 }, "more"]);
});

test("what may go up is divided among those who are connected, and divided anew when one comes or goes", async () => {
  const { room } = setUp({ uploadBps: 1_080_000 });
  const done = room.join({ camera: track("lens") });
  socket().receive(welcome({ peers: ["one", "two"].map((id) => ({ id, away: false })) }));
  await done;
  for (const id of ["one", "two"]) socket().receive(letter(id, 1, offer(`to ${id}`)));
  await settle();
  const limits = () => FakePeerConnection.all.map(({ transceivers }) => transceivers[1]?.limit?.maxBitrate);
  for (const pc of FakePeerConnection.all) pc.become("connected");
  await settle();
  assert.deepEqual(limits(), [500_000, 500_000]);
  socket().receive({ type: "left", peer: "two", reason: "bye" });
  await settle();
  assert.equal(limits()[0], 1_040_000);
});

test("host and lock are followed", async () => {
  const { room } = await joined();
  /** @type {unknown[]} */
  const heard = [];
  room.addEventListener("host", ({ host }) => heard.push(host));
  room.addEventListener("locked", ({ locked }) => heard.push(locked));
  socket().receive({ type: "host", peer: "one" });
  socket().receive({ type: "locked", locked: true });
  assert.deepEqual(heard, ["one", true]);
  assert.equal(room.host, "one");
  assert.equal(room.locked, true);
});

test("who moderates is told who waits, and gives orders", async () => {
  const { room } = await joined({ peers: ["one"] });
  /** @type {string[]} */
  const heard = [];
  room.addEventListener("knock", ({ peer }) => heard.push(`knock ${peer}`));
  room.addEventListener("knockended", ({ peer }) => heard.push(`ended ${peer}`));
  for (const peer of ["first", "second", "first"]) socket().receive({ type: "knock", peer });
  socket().receive({ type: "knockEnded", peer: "first" });
  socket().receive({ type: "knockEnded", peer: "nobody" });
  assert.deepEqual(heard, ["knock first", "knock second", "ended first"]);
  assert.deepEqual([...room.knocks], ["second"]);
  assert.equal(room.moderates, true);
  const before = socket().frames.length;
  const done = [room.setLocked(true), room.admit("second"), room.deny("third"), room.remove("one"), room.end()];
  assert.deepEqual(done, [true, true, true, true, true]);
  assert.deepEqual(socket().frames.slice(before), [
    { type: "lock", locked: true },
    { type: "admit", peer: "second" },
    { type: "deny", peer: "third" },
    { type: "remove", peer: "one" },
    { type: "end" },
  ]);
  at(FakeWebSocket.all).lose();
  assert.equal(room.setLocked(false), false);
});

test("a host that lets somebody in where every seat is taken stays", async () => {
  const { room, told } = await joined({ peers: ["one"] });
  socket().receive({ type: "knock", peer: "late" });
  room.admit("late");
  socket().receive({ type: "error", code: "full", message: "every seat in the room is taken" });
  assert.deepEqual(told, []);
  assert.equal(room.state, "joined");
  assert.deepEqual([...room.knocks], ["late"]);
});

test("who waits to be let in does not give up when the server is out of reach", async () => {
  const { room, clock, told } = setUp();
  const done = room.join();
  socket().receive({ type: "waiting" });
  for (let attempt = 0; attempt < 3 * JOIN_ATTEMPTS; attempt += 1) {
    socket().lose();
    await clock.advance(3_000);
  }
  socket().receive({ type: "waiting" });
  socket().receive(welcome());
  await done;
  assert.equal(told.at(-1), "joined");
});

test("who comes back is told anew who waits", async () => {
  const set = await joined();
  socket().receive({ type: "knock", peer: "gone" });
  socket().receive({ type: "knock", peer: "still" });
  await reconnect(set, []);
  assert.deepEqual([...set.room.knocks], []);
  socket().receive({ type: "knock", peer: "still" });
  assert.deepEqual([...set.room.knocks], ["still"]);
});

test("a join token is offered, from the link too, and says whether one may moderate", async () => {
  const claims = (/** @type {object} */ payload) => `h.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.s`;
  for (const [token, moderates] of /** @type {[string, boolean][]} */ ([
    [claims({ host: true, name: "é" }), true],
    [claims({ host: "true" }), false],
    [claims({}), false],
    ["a.b.c", false],
    ["nothing", false],
  ])) {
    const { room } = setUp({ link: `https://call.example/r/test#&token=${token}` });
    const done = room.join();
    assert.deepEqual(socket().protocols, ["switchboard.v1", `token.${token}`]);
    assert.equal(room.moderates, false);
    socket().receive(welcome({ host: "other" }));
    await done;
    assert.equal(room.moderates, moderates, token);
  }
});

test("one who waits for the host is told so, and is in with the welcome", async () => {
  const { room, told } = setUp();
  const done = room.join();
  socket().receive({ type: "waiting" });
  socket().receive(welcome());
  await done;
  assert.deepEqual(told, ["joining", "waiting", "joined"]);
});

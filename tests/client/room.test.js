import assert from "node:assert/strict";
import { test } from "node:test";
import { JOIN_ATTEMPTS, Room } from "../../public/client/room.js";
import { at, FakePeerConnection, FakeWebSocket, fakePlatform, settle, welcome } from "./fakes.js";

const track = (/** @type {string} */ name) => /** @type {MediaStreamTrack} */ (/** @type {unknown} */ ({ name }));

/** @param {{ link?: string, resume?: string, token?: string, parts?: object }} [options] */
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

/**
 * A room that has been joined.
 *
 * @param {{ peers?: string[] }} [options] who was there already
 */
async function joined({ peers = [] } = {}) {
  const set = setUp();
  const done = set.room.join();
  const listed = peers.map((id) => ({ id, away: false }));
  at(FakeWebSocket.all).receive(welcome({ peers: listed }));
  await done;
  await settle();
  set.told.length = 0;
  return set;
}

/** The connection to the server is lost, and back. */
async function reconnect(/** @type {Awaited<ReturnType<typeof joined>>} */ { clock }, /** @type {string[]} */ peers) {
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

test("without WebRTC there is nothing to join with", async () => {
  const { room } = setUp({ parts: { peerConnection: null } });
  await assert.rejects(room.join(), { name: "RoomError", code: "unsupported" });
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

test("one who comes offers to all who are there, and waits for those who come later", async () => {
  const { told, room } = await joined({ peers: ["one", "two"] });
  assert.deepEqual(
    socket().frames.map(({ type, to }) => [type, to]),
    [
      ["signal", "one"],
      ["signal", "two"],
    ],
  );
  socket().receive({ type: "joined", peer: "three" });
  await settle();
  assert.equal(socket().frames.length, 2);
  assert.deepEqual(told, ["+three"]);
  assert.deepEqual([...room.peers.keys()], ["one", "two", "three"]);
});

test("connections get the ICE servers of the welcome", async () => {
  await joined({ peers: ["one"] });
  assert.deepEqual(at(FakePeerConnection.all).configuration, { iceServers: [{ urls: ["stun:stun.example"] }] });
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
      [{ name: "microphone" }, { name: "lens" }],
    );
  }
  assert.equal(FakePeerConnection.all.filter((pc) => !pc.closed).length, 2);
});

test("a signal reaches the peer it is from, and one from nobody does nothing", async () => {
  const { told } = await joined();
  const data = { session: "s", first: true, description: { type: "offer", sdp: "theirs" } };
  socket().receive({ type: "signal", from: "one", data });
  socket().receive({ type: "joined", peer: "one" });
  socket().receive({ type: "signal", from: "one", data });
  await settle();
  assert.deepEqual(socket().frames, [
    { type: "signal", to: "one", data: { session: "s", description: { type: "answer", sdp: "answer to theirs" } } },
  ]);
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

test("an offer that the lost connection swallowed is sent again after the resumption", async () => {
  const set = await joined({ peers: ["one"] });
  await reconnect(set, ["one"]);
  assert.equal(at(socket().frames).data.description.sdp, "offer 0.1");
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

test("an offer to a peer that was away is sent again when it is back", async () => {
  await joined({ peers: ["one"] });
  socket().receive({ type: "undelivered", to: "one", reason: "away" });
  socket().receive({ type: "back", peer: "one" });
  assert.equal(socket().frames.length, 2);
  assert.deepEqual(at(socket().frames), socket().frames[0]);
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
  socket().receive({ type: "signal", from: "one", data: { session: "session-1", candidates: [] } });
  socket().receive({ type: "left", peer: "one", reason: "bye" });
  assert.deepEqual(told, ["-one bye"]);
});

test("the server is asked to look after a peer whose media broke", async () => {
  await joined({ peers: ["one"] });
  at(FakePeerConnection.all).become("connected");
  at(FakePeerConnection.all).become("disconnected");
  assert.deepEqual(at(socket().frames), { type: "check", peer: "one" });
});

test("one who comes back as somebody else starts anew with everybody", async () => {
  const { told, clock } = await joined({ peers: ["one"] });
  at(FakePeerConnection.all).become("connected");
  socket().lose();
  await clock.advance(500);
  socket().receive(welcome({ self: "otherother", peers: [{ id: "one", away: false }] }));
  assert.deepEqual(told, ["reconnecting", "-one lost", "+one", "joined"]);
  assert.equal(FakePeerConnection.all.length, 2);
});

test("the network that comes back makes every connection look for a new way", async () => {
  const { events } = await joined({ peers: ["one"] });
  const pc = at(FakePeerConnection.all);
  pc.signalingState = "stable";
  pc.become("connected");
  events.dispatchEvent(new Event("online"));
  assert.equal(pc.restarts, 1);
  assert.equal(at(socket().sent), "ping");
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
  assert.deepEqual(channel?.sent, [{ type: "media", audio: false, camera: false }]);
  assert.deepEqual(told, ["left", "error replaced"]);
  assert.equal(clock.pending, 0);
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

test("one who waits for the host is told so, and is in with the welcome", async () => {
  const { room, told } = setUp();
  const done = room.join();
  socket().receive({ type: "waiting" });
  socket().receive(welcome());
  await done;
  assert.deepEqual(told, ["joining", "waiting", "joined"]);
});

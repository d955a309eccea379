import assert from "node:assert/strict";
import { test } from "node:test";
import { CANDIDATE_BATCH_MS } from "../../public/client/connection.js";
import { CONNECT_MS, DISCONNECTED_MS, Peer } from "../../public/client/peer.js";
import { at, FakePeerConnection, fakePlatform, settle } from "./fakes.js";

/** @typedef {import("../../public/client/connection.js").Negotiation} Negotiation */

const track = (/** @type {string} */ name) => /** @type {MediaStreamTrack} */ (/** @type {unknown} */ ({ name }));

/** Longer than any wait with its jitter. */
const SOON = CONNECT_MS * 1.5;

/**
 * One side of a pair: what it sends is collected, and delivered when the test says so.
 *
 * @param {{ self?: string, other?: string, tracks?: import("../../public/client/peer.js").Tracks,
 *   platform?: ReturnType<typeof fakePlatform> }} [options] whose id is lower is polite
 */
function side({ self = "a", other = "b", tracks = { audio: null, camera: null }, platform = fakePlatform() } = {}) {
  /** @type {Negotiation[]} */
  const sent = [];
  const link = { reachable: true };
  const peer = new Peer(
    other,
    {
      self,
      tracks,
      reachable: () => link.reachable,
      signal: (data) => {
        if (link.reachable) sent.push(/** @type {Negotiation} */ (data));
        return link.reachable;
      },
      iceServers: () => [{ urls: ["stun:stun.example"] }],
    },
    platform.environment,
  );
  /** @type {string[]} */
  const states = [];
  peer.addEventListener("state", ({ state }) => states.push(state));
  return { peer, sent, link, states, clock: platform.clock };
}

/** Both sides of a pair. `exchange` delivers until nobody has anything to say. */
function pair() {
  const platform = fakePlatform();
  const polite = side({ self: "a", other: "b", platform });
  const impolite = side({ self: "b", other: "a", platform });
  const deliver = async (/** @type {ReturnType<typeof side>} */ from, /** @type {ReturnType<typeof side>} */ to) => {
    for (const data of from.sent.splice(0)) await to.peer.receive(data);
  };
  const exchange = async () => {
    for (let round = 0; round < 20; round += 1) {
      await settle();
      if (polite.sent.length + impolite.sent.length === 0) return;
      await deliver(polite, impolite);
      await deliver(impolite, polite);
    }
    assert.fail("the two never come to an end");
  };
  return { polite, impolite, exchange, platform };
}

/** The peer connections that are still open. */
const open = () => FakePeerConnection.all.filter((pc) => !pc.closed);

/** Two sides have agreed when both open connections are stable and know each other. */
function assertAgreed() {
  const [one, other] = open();
  assert.equal(open().length, 2);
  assert.equal(one?.signalingState, "stable");
  assert.equal(other?.signalingState, "stable");
  const texts = [one?.localDescription?.sdp, one?.remoteDescription?.sdp].sort();
  assert.deepEqual([other?.localDescription?.sdp, other?.remoteDescription?.sdp].sort(), texts);
}

test("the one who begins makes the only offer, with audio and camera in this order", async () => {
  const { polite, impolite, exchange } = pair();
  impolite.peer.expect();
  polite.peer.begin();
  await settle();
  assert.deepEqual(polite.sent, [
    { session: "session-1", first: true, description: { type: "offer", sdp: "offer 0.1" } },
  ]);
  await exchange();
  assertAgreed();
  assert.deepEqual(
    at(FakePeerConnection.all, 0).transceivers.map((transceiver) => transceiver.receiver.track.kind),
    ["audio", "video"],
  );
});

test("tracks are sent from the start on both sides", async () => {
  const platform = fakePlatform();
  const tracks = { audio: track("microphone"), camera: track("lens") };
  const one = side({ self: "a", other: "b", tracks, platform });
  const other = side({ self: "b", other: "a", tracks, platform });
  one.peer.begin();
  await settle();
  await other.peer.receive(one.sent[0]);
  for (const pc of FakePeerConnection.all) {
    assert.deepEqual(
      pc.transceivers.map((transceiver) => transceiver.sending),
      [tracks.audio, tracks.camera],
    );
  }
});

test("the answering side takes part in both directions, with the transceivers it was offered", async () => {
  const { polite, impolite, exchange } = pair();
  polite.peer.begin();
  await exchange();
  assert.deepEqual(Object.keys(impolite.peer.tracks), ["audio", "camera"]);
  assert.notEqual(impolite.peer.tracks.camera, null);
  assert.notEqual(polite.peer.tracks.camera, null);
  assert.deepEqual(
    at(open()).transceivers.map((transceiver) => transceiver.direction),
    ["sendrecv", "sendrecv"],
  );
});

test("two that begin at once agree on one connection", async () => {
  const { polite, impolite, exchange } = pair();
  polite.peer.begin();
  impolite.peer.begin();
  await exchange();
  assertAgreed();
});

test("two that restart at once agree", async () => {
  const { polite, impolite, exchange } = pair();
  polite.peer.begin();
  await exchange();
  for (const pc of open()) pc.become("connected");
  polite.peer.restart();
  impolite.peer.restart();
  await exchange();
  assertAgreed();
  assert.equal(FakePeerConnection.all.length, 2);
});

test("a connection with Firefox is not restarted: while it works it is left alone, and replaced when it fails", async () => {
  const { peer, sent } = side();
  await peer.receive({ session: "s", first: true, description: { type: "offer", sdp: "o=mozilla" } });
  const pc = at(FakePeerConnection.all);
  pc.become("connected");
  sent.length = 0;
  peer.restart();
  await settle();
  assert.equal(sent.length, 0);
  pc.become("failed");
  await settle();
  assert.equal(pc.restarts, 0);
  assert.equal(pc.closed, true);
  assert.equal(at(sent).first, true);
});

test("signals are handled one at a time", async () => {
  const { polite, impolite } = pair();
  polite.peer.begin();
  await settle();
  const [offer] = polite.sent;
  const session = offer?.session;
  const candidate = { candidate: "candidate:1" };
  await Promise.all([impolite.peer.receive(offer), impolite.peer.receive({ session, candidates: [candidate] })]);
  assert.deepEqual(at(open()).candidates, [candidate]);
});

test("candidates that come before the answer wait for it", async () => {
  const { polite, impolite } = pair();
  polite.peer.begin();
  await settle();
  await impolite.peer.receive(polite.sent.shift());
  const [answer] = impolite.sent;
  const early = { candidate: "candidate:1" };
  await polite.peer.receive({ session: answer?.session, candidates: [early] });
  assert.deepEqual(at(open(), 0).candidates, []);
  await polite.peer.receive(answer);
  assert.deepEqual(at(open(), 0).candidates, [early]);
});

test("the first candidate goes at once, those after it together", async () => {
  const { peer, sent, clock } = side();
  peer.begin();
  await settle();
  sent.length = 0;
  const pc = at(FakePeerConnection.all);
  for (const candidate of ["one", "two", "", "three", null]) pc.gather(candidate);
  const session = "session-1";
  assert.deepEqual(sent, [{ session, candidates: [{ candidate: "one" }] }]);
  await clock.advance(CANDIDATE_BATCH_MS);
  assert.deepEqual(sent.slice(1), [
    { session, candidates: [{ candidate: "two" }, { candidate: "three" }, { candidate: "" }] },
  ]);
});

test("a candidate never overtakes its description", async () => {
  const { peer, sent } = side();
  peer.begin();
  await Promise.resolve();
  at(FakePeerConnection.all).gather("one");
  await settle();
  assert.deepEqual(
    sent.map((signal) => Object.keys(signal).at(-1)),
    ["description", "candidates"],
  );
});

test("an answer and candidates of a former connection are dropped", async () => {
  const { peer, sent } = side();
  peer.begin();
  await settle();
  await peer.receive({ session: "former", description: { type: "answer", sdp: "old" } });
  await peer.receive({ session: "former", candidates: [{ candidate: "old" }] });
  const pc = at(FakePeerConnection.all);
  assert.equal(pc.signalingState, "have-local-offer");
  await peer.receive({ session: "session-1", description: { type: "answer", sdp: "new" } });
  assert.deepEqual(pc.candidates, []);
  assert.equal(sent.length, 1);
});

test("a peer that was reloaded is given a new connection", async () => {
  const { polite, impolite, exchange, platform } = pair();
  polite.peer.begin();
  await exchange();
  const reloaded = side({ self: "a", other: "b", platform });
  reloaded.peer.begin();
  await settle();
  await impolite.peer.receive(reloaded.sent.shift());
  await reloaded.peer.receive(impolite.sent.shift());
  assert.equal(at(FakePeerConnection.all, 1).closed, true);
  assert.equal(at(FakePeerConnection.all).signalingState, "stable");
  assert.equal(at(FakePeerConnection.all, 2).signalingState, "stable");
});

test("one who is offered the continuation of what it does not know starts anew", async () => {
  const { polite, impolite, exchange, platform } = pair();
  polite.peer.begin();
  await exchange();
  for (const pc of open()) pc.become("connected");
  const reloaded = side({ self: "a", other: "b", platform });
  impolite.peer.restart();
  await settle();
  await reloaded.peer.receive(impolite.sent.shift());
  await settle();
  const offer = at(reloaded.sent);
  assert.equal(offer.first, true);
  await impolite.peer.receive(offer);
  await reloaded.peer.receive(at(impolite.sent));
  assert.equal(at(FakePeerConnection.all).signalingState, "stable");
});

test("an answer that comes twice does no harm", async () => {
  const { polite, impolite } = pair();
  /** @type {unknown[]} */
  const errors = [];
  polite.peer.addEventListener("error", ({ error }) => errors.push(error));
  polite.peer.begin();
  await settle();
  await impolite.peer.receive(polite.sent[0]);
  await polite.peer.receive(impolite.sent[0]);
  await polite.peer.receive(impolite.sent[0]);
  assert.deepEqual(errors, []);
});

test("a connected pair is left alone when the signaling comes back", async () => {
  const { polite, impolite, exchange } = pair();
  polite.peer.begin();
  await exchange();
  for (const pc of open()) pc.become("connected");
  polite.peer.resume();
  impolite.peer.resume();
  await settle();
  assert.deepEqual([...polite.sent, ...impolite.sent], []);
});

test("a short interruption is left to the browser", async () => {
  const { impolite, exchange, platform } = pair();
  impolite.peer.begin();
  await exchange();
  const pc = at(open(), 0);
  pc.become("connected");
  pc.become("disconnected");
  await platform.clock.advance(DISCONNECTED_MS * 0.9);
  pc.become("connected");
  await platform.clock.advance(60_000);
  assert.equal(pc.restarts, 0);
  assert.deepEqual(impolite.states, ["connected", "reconnecting", "connected"]);
});

test("a longer interruption and a failure restart the connection", async () => {
  for (const state of ["disconnected", "failed"]) {
    const { impolite, exchange, platform } = pair();
    impolite.peer.begin();
    await exchange();
    const pc = at(open(), 0);
    pc.become("connected");
    pc.become(state);
    await platform.clock.advance(DISCONNECTED_MS * 1.5);
    assert.equal(pc.restarts, 1, state);
    assert.equal(at(impolite.sent).description?.type, "offer");
  }
});

test("a connection that restarts do not help is replaced", async () => {
  const { polite, impolite, exchange, platform } = pair();
  impolite.peer.begin();
  await exchange();
  const former = at(open(), 0);
  former.become("connected");
  former.become("failed");
  for (let wait = 0; wait < 4; wait += 1) {
    await exchange();
    await platform.clock.advance(SOON * 2);
  }
  assert.equal(former.closed, true);
  assert.equal(former.restarts, 2);
  await exchange();
  assertAgreed();
  assert.equal(polite.states.includes("closed"), false);
});

test("nothing is torn down or restarted while the peer cannot be reached", async () => {
  for (const cut of ["away", "unreachable"]) {
    const { impolite, exchange, platform } = pair();
    impolite.peer.begin();
    await exchange();
    const pc = at(open(), 0);
    pc.become("connected");
    if (cut === "away") impolite.peer.setAway(true);
    else impolite.link.reachable = false;
    pc.become("failed");
    await platform.clock.advance(600_000);
    assert.equal(pc.restarts, 0, cut);
    assert.equal(pc.closed, false, cut);
    impolite.peer.setAway(false);
    impolite.link.reachable = true;
    impolite.peer.resume();
    assert.equal(pc.restarts, 1, cut);
  }
});

test("one who waits in vain for an offer makes it", async () => {
  const { peer, sent, clock } = side();
  peer.expect();
  await clock.advance(SOON);
  assert.equal(at(sent).first, true);
});

test("a connection that the other side closed without a word is replaced soon", async () => {
  const { polite, exchange, platform } = pair();
  polite.peer.begin();
  await exchange();
  const pc = at(open(), 0);
  pc.become("connected");
  pc.channel?.onclose?.();
  assert.equal(polite.peer.state, "reconnecting");
  await platform.clock.advance(DISCONNECTED_MS * 1.5);
  assert.equal(pc.closed, true);
  assert.equal(at(polite.sent).first, true);
});

test("the peer is told what is on, when the channel opens and at every change", async () => {
  const { peer } = side({ tracks: { audio: track("microphone"), camera: null } });
  peer.begin();
  await settle();
  const pc = at(FakePeerConnection.all);
  pc.channel?.open();
  await peer.setTrack("camera", track("lens"));
  assert.deepEqual(pc.channel?.sent, [
    { type: "media", audio: true, camera: false },
    { type: "media", audio: true, camera: true },
  ]);
  assert.equal(pc.transceivers[1]?.sending, peer.tracks.camera ?? pc.transceivers[1]?.sending);
});

test("a track that was changed is sent over the next connection as well", async () => {
  const { peer } = side();
  peer.begin();
  await peer.setTrack("audio", track("other"));
  peer.begin();
  await settle();
  assert.deepEqual(at(FakePeerConnection.all).transceivers[0]?.sending, { name: "other" });
});

test("what the peer says is on is told, and so is its goodbye", async () => {
  const { peer } = side();
  peer.begin();
  /** @type {unknown[]} */
  const heard = [];
  peer.addEventListener("media", ({ media }) => heard.push(media));
  peer.addEventListener("bye", () => heard.push("bye"));
  const { channel } = at(FakePeerConnection.all);
  channel?.receive({ type: "media", audio: true, camera: false });
  channel?.receive({ type: "news" });
  channel?.receive(null);
  channel?.receive({ type: "bye" });
  assert.deepEqual(heard, [{ audio: true, camera: false }, "bye"]);
});

test("a closed peer has said goodbye, holds no timer and hears nothing", async () => {
  const { peer, sent, clock } = side();
  peer.begin();
  await settle();
  const pc = at(FakePeerConnection.all);
  pc.channel?.open();
  peer.close({ bye: true });
  assert.deepEqual(at(pc.channel?.sent ?? []), { type: "bye" });
  assert.equal(pc.closed, true);
  sent.length = 0;
  await peer.receive({ session: "other", first: true, description: { type: "offer", sdp: "late" } });
  assert.equal(FakePeerConnection.all.length, 1);
  assert.equal(clock.pending, 0);
  assert.deepEqual(sent, []);
});

test("nonsense is reported and does not stop what comes after it", async () => {
  const { peer } = side();
  /** @type {unknown[]} */
  const errors = [];
  peer.addEventListener("error", ({ error }) => errors.push(error));
  for (const odd of [null, 7, "x", [], {}, { session: 7 }, { candidates: [{ candidate: "x" }] }]) {
    await peer.receive(odd);
  }
  await peer.receive({ session: "s", first: true, description: { type: "offer", sdp: "nonsense" } });
  assert.equal(errors.length, 1);
  await peer.receive({ session: "s", first: true, description: { type: "offer", sdp: "sense" } });
  assert.equal(at(FakePeerConnection.all).signalingState, "stable");
});

test("a client that names no session can connect", async () => {
  const { peer, sent } = side();
  await peer.receive({ description: { type: "offer", sdp: "theirs" } });
  assert.deepEqual(at(sent).description, { type: "answer", sdp: "answer to theirs" });
});

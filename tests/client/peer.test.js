import assert from "node:assert/strict";
import { test } from "node:test";
import { AUDIO_BPS, OPENING_LINES, OPENING_MS, SMALL_BPS, SMALL_LINES } from "../../public/client/budget.js";
import {
  CANDIDATE_BATCH_MS,
  DESCRIPTION_HOLD_MS,
  DESCRIPTION_REST_MS,
  LAST_CANDIDATE_MS,
} from "../../public/client/candidates.js";
import {
  CONNECT_CAP_MS,
  CONNECT_MS,
  DISCONNECTED_MS,
  OFFER_MS,
  Peer,
  RELAYED_WINDOW,
  REPLACE_MS,
  RETURN_MS,
  VERIFY_MS,
  VERIFY_RUNS,
} from "../../public/client/peer.js";
import { at, FakeChannel, FakePeerConnection, fakePlatform, GatheringPeerConnection, settle } from "./fakes.js";

/** @typedef {import("../../public/client/connection.js").Negotiation} Negotiation */

const track = (/** @type {string} */ name) => /** @type {MediaStreamTrack} */ (/** @type {unknown} */ ({ name }));

/** Longer than any wait with its jitter. */
const SOON = CONNECT_MS * 1.5;

/**
 * One side of a pair: what it sends is collected, and delivered when the test says so.
 *
 * @param {{ self?: string, other?: string, tracks?: import("../../public/client/peer.js").Tracks,
 *   platform?: ReturnType<typeof fakePlatform>, refreshIceServers?: () => Promise<void>, signalingOnly?: boolean,
 *   signalBytes?: number }} [options] whose id is lower is polite
 */
function side({
  self = "a",
  other = "b",
  tracks = { audio: null, camera: null, screen: null },
  platform = fakePlatform(),
  refreshIceServers = async () => {},
  signalingOnly = false,
  signalBytes = 1_000,
} = {}) {
  /** @type {Negotiation[]} */
  const sent = [];
  const link = { reachable: true, pending: 0 };
  const peer = new Peer(
    other,
    {
      room: "test",
      self,
      tracks,
      reachable: () => link.reachable,
      signal: (data) => {
        if (link.reachable) sent.push(/** @type {Negotiation} */ (data));
        return link.reachable;
      },
      ice: () => ({ iceServers: [{ urls: ["stun:stun.example"] }], iceTransportPolicy: /** @type {const} */ ("all") }),
      refreshIceServers,
      signalingOnly,
      resend: () => {},
      pending: () => link.pending,
      signalBytes: () => signalBytes,
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

test("the one who begins makes the only offer, with audio, camera and screen in this order", async () => {
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
    ["audio", "video", "video"],
  );
});

test("tracks are sent from the start on both sides", async () => {
  const platform = fakePlatform();
  const tracks = { audio: track("microphone"), camera: track("lens"), screen: track("desk") };
  const one = side({ self: "a", other: "b", tracks, platform });
  const other = side({ self: "b", other: "a", tracks, platform });
  one.peer.begin();
  await settle();
  await other.peer.receive(one.sent[0]);
  for (const pc of FakePeerConnection.all) {
    assert.deepEqual(
      pc.transceivers.map((transceiver) => transceiver.sending),
      [tracks.audio, tracks.camera, tracks.screen],
    );
  }
});

test("the answering side takes part in both directions, with the transceivers it was offered", async () => {
  const { polite, impolite, exchange } = pair();
  polite.peer.begin();
  await exchange();
  assert.deepEqual(Object.keys(impolite.peer.tracks), ["audio", "camera", "screen"]);
  assert.notEqual(impolite.peer.tracks.camera, null);
  assert.notEqual(polite.peer.tracks.camera, null);
  assert.deepEqual(
    at(open()).transceivers.map((transceiver) => transceiver.direction),
    ["sendrecv", "sendrecv", "sendrecv"],
  );
});

test("a screen is shared and withdrawn without any negotiation, and the other side is told", async () => {
  const { polite, impolite, exchange } = pair();
  polite.peer.begin();
  await exchange();
  const [pc] = open();
  pc?.channel?.open();
  await polite.peer.setTrack("screen", track("desk"));
  await polite.peer.setTrack("screen", null);
  await settle();
  assert.deepEqual([...polite.sent, ...impolite.sent], []);
  assert.deepEqual(
    pc?.channel?.sent.map((message) => /** @type {{ screen: boolean }} */ (message).screen),
    [false, true, false],
  );
  impolite.peer.addEventListener("media", ({ media }) => assert.equal(media.screen, true));
  at(open()).channel?.receive(at(pc?.channel?.sent ?? [], 1));
  assert.equal(impolite.peer.media.screen, true);
});

test("a version without a screen offers two transceivers, and is sent sound and camera", async () => {
  const { peer, sent } = side({ tracks: { audio: track("a"), camera: track("c"), screen: track("s") } });
  await peer.receive({ session: "s", first: true, description: { type: "offer", sdp: "two" } });
  assert.deepEqual(
    at(FakePeerConnection.all).transceivers.map(({ sending }) => sending),
    [{ name: "a" }, { name: "c" }],
  );
  assert.equal(at(sent).description?.type, "answer");
  await peer.setTrack("screen", null);
  assert.equal(peer.tracks.screen, null);
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

test("a connection with Firefox that was interrupted is given time before it is replaced, and a moment when the room is back", async () => {
  const { peer, clock } = side();
  await peer.receive({ session: "s", first: true, description: { type: "offer", sdp: "o=mozilla" } });
  const pc = at(FakePeerConnection.all);
  pc.become("connected");
  pc.become("disconnected");
  await clock.advance(REPLACE_MS * 0.9);
  peer.resume();
  await clock.advance(RETURN_MS * 0.9);
  assert.equal(pc.closed, false);
  pc.become("connected");
  await clock.advance(60_000);
  assert.equal(pc.closed, false);
  pc.become("disconnected");
  peer.resume();
  await clock.advance(RETURN_MS * 1.5);
  assert.equal(pc.closed, true);
  assert.equal(pc.restarts, 0);

  const next = at(FakePeerConnection.all);
  await peer.receive({ session: "t", first: true, description: { type: "offer", sdp: "o=mozilla" } });
  assert.equal(next.closed, true);
  const last = at(FakePeerConnection.all);
  last.become("connected");
  last.become("disconnected");
  await clock.advance(REPLACE_MS * 1.5);
  assert.equal(last.closed, true);
});

test("an interruption is over when the other side says that it is connected again", async () => {
  const { polite, impolite, exchange, platform } = pair();
  polite.peer.begin();
  await exchange();
  for (const pc of open()) {
    pc.channel?.open();
    pc.become("connected");
    pc.become("disconnected");
  }
  const [one, other] = open();
  const before = one?.channel?.sent.length ?? 0;
  one?.become("connected");
  const said = one?.channel?.sent.slice(before) ?? [];
  assert.deepEqual(said, [{ type: "media", audio: false, camera: false, screen: false }]);
  assert.equal(impolite.peer.state, "reconnecting");
  other?.channel?.receive(said[0]);
  assert.equal(impolite.peer.state, "connected");
  other?.become("connected");
  assert.equal(other?.channel?.sent.length, before);
  await platform.clock.advance(60_000);
  assert.deepEqual(
    open().map(({ restarts }) => restarts),
    [0, 0],
  );
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

test("a restart waits for fresh servers, and does not happen if the connection is back before they are", async () => {
  for (const comesBack of [false, true]) {
    let refreshed = () => {};
    const refreshIceServers = () =>
      new Promise((/** @type {(nothing: void) => void} */ resolve) => (refreshed = resolve));
    const { peer, sent } = side({ refreshIceServers });
    peer.begin();
    await settle();
    await peer.receive({ session: at(sent).session, description: { type: "answer", sdp: "theirs" } });
    const pc = at(FakePeerConnection.all);
    pc.become("connected");
    pc.become("failed");
    await settle();
    assert.equal(pc.restarts, 0);
    if (comesBack) pc.become("connected");
    refreshed();
    await settle();
    assert.equal(pc.restarts, comesBack ? 0 : 1);
    peer.close();
  }
});

test("a peer that goes while fresh servers are on their way stays gone", async () => {
  let refreshed = () => {};
  const refreshIceServers = () =>
    new Promise((/** @type {(nothing: void) => void} */ resolve) => (refreshed = resolve));
  const { peer, clock } = side({ refreshIceServers });
  peer.expect();
  await clock.advance(SOON);
  peer.close();
  refreshed();
  await settle();
  assert.equal(FakePeerConnection.all.length, 0);
  assert.equal(clock.pending, 0);
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

test("a connection that fails before it ever worked is replaced, at once the first time and then after longer and longer", async () => {
  const { peer, clock } = side();
  await peer.receive({ session: "s", first: true, description: { type: "offer", sdp: "theirs" } });
  at(FakePeerConnection.all).become("failed");
  await settle();
  assert.equal(FakePeerConnection.all.length, 2);
  for (const wait of [2_000, 4_000, 8_000, 16_000, CONNECT_CAP_MS, CONNECT_CAP_MS]) {
    /** @type {number} */
    const before = FakePeerConnection.all.length;
    at(FakePeerConnection.all).become("failed");
    await clock.advance(wait * 1.24);
    assert.equal(FakePeerConnection.all.length, before, `still waiting after ${wait} ms`);
    await clock.advance(wait * 0.02);
    assert.equal(FakePeerConnection.all.length, before + 1, `another try after ${wait} ms`);
  }
  assert.equal(open().length, 1);
});

test("a first offer that nobody answers is left to be delivered once, and then another is made", async () => {
  const { peer, sent, clock } = side();
  peer.begin();
  await settle();
  await clock.advance(CONNECT_MS * 1.5);
  assert.equal(sent.length, 1);
  await clock.advance(2 * CONNECT_MS * 1.5);
  assert.equal(sent.length, 2);
  assert.equal(sent[1]?.first, true);
  assert.notEqual(sent[1]?.session, sent[0]?.session);
});

test("who starts though it had our first offer does not know of it any more, and is followed", async () => {
  for (const heard of [false, true]) {
    const { peer, sent } = side({ self: "b", other: "a" });
    peer.begin();
    await settle();
    sent.length = 0;
    await peer.receive({ session: "anew", first: true, description: { type: "offer", sdp: "theirs" } }, { heard });
    const answers = sent.map(({ session, description }) => [session, description?.type]);
    assert.deepEqual(answers, heard ? [["anew", "answer"]] : []);
  }
});

test("statistics are there, or null if the connection ends before they are", async () => {
  const { peer } = side();
  assert.equal(await peer.getStats(), null);
  peer.begin();
  assert.equal((await peer.getStats())?.size, 0);
  at(FakePeerConnection.all).getStats = () => new Promise(() => {});
  const asked = peer.getStats();
  peer.renew();
  assert.equal(await asked, null);
});

test("how far the search for a way is can be asked, as long as there is a connection", () => {
  const { peer } = side();
  assert.equal(peer.ice, null);
  peer.begin();
  Object.assign(at(FakePeerConnection.all), { iceConnectionState: "checking", iceGatheringState: "gathering" });
  assert.deepEqual(peer.ice, { connection: "checking", gathering: "gathering" });
  peer.close();
  assert.equal(peer.ice, null);
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
    await settle();
    assert.equal(pc.restarts, 1, cut);
  }
});

test("one who waits in vain for an offer makes it", async () => {
  const { peer, sent, clock } = side();
  peer.expect();
  await clock.advance(OFFER_MS * 1.5);
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

test("what replaces a connection that the other side closed is looked after like any other", async () => {
  for (const isBackMeanwhile of [false, true]) {
    const { polite, impolite, exchange, platform } = pair();
    polite.peer.begin();
    await exchange();
    const pc = at(open(), 0);
    pc.become("connected");
    pc.channel?.onclose?.();
    // The way through the room being interrupted and open again does not make it one to be restarted.
    if (isBackMeanwhile) polite.peer.resume();
    await platform.clock.advance(DISCONNECTED_MS * 1.5);
    assert.equal(pc.closed, true);
    await exchange();
    assertAgreed();
    await platform.clock.advance(CONNECT_MS * 1.5);
    assert.notEqual(polite.sent.length + impolite.sent.length, 0, "it is tried again");
  }
});

test("a connection that replaces a lost one at the other side's offer is given its time", async () => {
  const { polite, impolite, exchange, platform } = pair();
  impolite.peer.begin();
  await exchange();
  for (const pc of open()) pc.become("connected");
  at(open()).channel?.onclose?.();
  await platform.clock.advance(DISCONNECTED_MS * 0.9);
  at(open(), 0).channel?.onclose?.();
  await platform.clock.advance(DISCONNECTED_MS * 0.6);
  await exchange();
  const replacing = open();
  await platform.clock.advance(DISCONNECTED_MS);
  await exchange();
  assert.deepEqual(open(), replacing);
  assert.deepEqual(
    replacing.map(({ restarts }) => restarts),
    [0, 0],
  );
  assert.deepEqual([polite.peer.state, impolite.peer.state], ["reconnecting", "reconnecting"]);
});

test("a connection that is given up in the middle of a step stops nothing that comes after it", async () => {
  for (const step of ["description", "candidates"]) {
    const { polite, impolite, exchange } = pair();
    polite.peer.begin();
    await settle();
    const session = at(polite.sent).session ?? "";
    await exchange();
    const pc = at(FakePeerConnection.all);
    /** @type {Promise<void>} */
    const never = new Promise(() => {});
    pc.takes = () => never;
    pc.addIceCandidate = () => never;
    const handled = impolite.peer.receive({
      session,
      ...(step === "description"
        ? { description: { type: "offer", sdp: "offer 0.2" } }
        : { candidates: [{ candidate: "candidate:1" }] }),
    });
    await settle();
    impolite.peer.begin();
    await handled;
    await exchange();
    assertAgreed();
  }
});

test("a track can be changed while the connection is given up", async () => {
  const { polite, exchange } = pair();
  polite.peer.begin();
  await exchange();
  const [transceiver] = at(open(), 0).transceivers;
  if (transceiver !== undefined) transceiver.sender.replaceTrack = () => new Promise(() => {});
  const changed = polite.peer.setTrack("audio", track("microphone"));
  polite.peer.begin();
  await changed;
  await exchange();
  assert.deepEqual(at(open()).transceivers[0]?.sending ?? at(open(), 0).transceivers[0]?.sending, track("microphone"));
});

test("the peer is told what is on, when the channel opens and at every change", async () => {
  const { peer } = side({ tracks: { audio: track("microphone"), camera: null, screen: null } });
  peer.begin();
  await settle();
  const pc = at(FakePeerConnection.all);
  pc.channel?.open();
  await peer.setTrack("camera", track("lens"));
  assert.deepEqual(pc.channel?.sent, [
    { type: "media", audio: true, camera: false, screen: false },
    { type: "media", audio: true, camera: true, screen: false },
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
  assert.deepEqual(heard, [{ audio: true, camera: false, screen: false }, "bye"]);
});

test("messages sent before the connection is there arrive with it, and after it at once", async () => {
  const { peer } = side();
  peer.send({ early: true });
  peer.begin();
  await settle();
  const channel = at(FakePeerConnection.all).channelOf("messages");
  assert.deepEqual(channel?.sent, []);
  channel?.open();
  peer.send("late");
  assert.deepEqual(channel?.sent, [{ early: true }, "late"]);
  /** @type {unknown[]} */
  const heard = [];
  peer.addEventListener("message", ({ message }) => heard.push(message));
  channel?.receive({ type: "bye" });
  channel?.receive(null);
  assert.deepEqual(heard, [{ type: "bye" }, null]);
  assert.notEqual(peer.state, "closed");
});

test("a message to a peer that is gone is refused", () => {
  const { peer } = side();
  peer.close();
  assert.throws(() => peer.send(1), { name: "MessageError", code: "closed" });
});

test("a file needs a connection, and is lost with it", async () => {
  const { peer } = side();
  await assert.rejects(peer.sendFile(new Blob(["x"])), { name: "FileError", code: "not-connected" });
  peer.begin();
  await assert.rejects(peer.sendFile(new Blob(["x"])), { code: "not-connected" });
  const pc = at(FakePeerConnection.all);
  pc.channel?.open();
  const sent = peer.sendFile(new File(["x"], "x.txt"));
  assert.deepEqual(JSON.parse(at(pc.channels).protocol), { name: "x.txt", size: 1, type: "" });
  peer.begin();
  await assert.rejects(sent, { code: "lost" });
});

test("a file that the peer offers is told, and what is no file is not", async () => {
  const { peer } = side();
  peer.begin();
  /** @type {string[]} */
  const offered = [];
  peer.addEventListener("file", ({ file }) => offered.push(file.name));
  const pc = at(FakePeerConnection.all);
  for (const protocol of ['{"name":"a.txt","size":1}', "nonsense"]) {
    pc.ondatachannel?.({ channel: new FakeChannel("file", { protocol }) });
  }
  assert.deepEqual(offered, ["a.txt"]);
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

/**
 * Two peers that have a connection with certificates, and whose control channels lead to each other.
 *
 * @param {(sdp: string) => string} [swap] what somebody in between makes of the descriptions
 */
async function certified(swap = (sdp) => sdp) {
  const { polite, impolite, exchange } = pair();
  FakePeerConnection.certified = true;
  for (const { sent } of [polite, impolite]) {
    const push = sent.push.bind(sent);
    sent.push = (signal) => {
      const { description } = signal;
      return push({
        ...signal,
        ...(description && { description: { ...description, sdp: swap(description.sdp ?? "") } }),
      });
    };
  }
  polite.peer.begin();
  await exchange();
  const [one, other] = open().map(({ channel }) => channel);
  for (const channel of [one, other]) channel?.open();
  /**
   * What goes over the control channels arrives, until something is known.
   *
   * @template T
   * @param {Promise<T>} awaited
   * @returns {Promise<T>}
   */
  const converse = async (awaited) => {
    let known = false;
    awaited.finally(() => {
      known = true;
    });
    while (!known) {
      for (const message of one?.sent.splice(0) ?? []) other?.receive(message);
      for (const message of other?.sent.splice(0) ?? []) one?.receive(message);
      await settle();
    }
    return awaited;
  };
  return { polite, impolite, exchange, converse };
}

test("both ends of a connection see the same pictures, and the one who did not ask is told", async () => {
  const { polite, impolite, converse } = await certified();
  /** @type {unknown[]} */
  const told = [];
  impolite.peer.addEventListener("verification", ({ result }) => told.push(result));
  const seen = await converse(polite.peer.verify());
  assert.equal(seen.emoji.length, 7);
  assert.equal(told.length, 1);
  assert.deepEqual(await converse(impolite.peer.verify()), seen);
  assert.deepEqual(await told[0], seen);
  assert.deepEqual(await polite.peer.verify(), seen);
  assert.equal(told.length, 1);
});

test("what came to nothing can be asked for again, by either side, a few times", async () => {
  for (const again of /** @type {const} */ (["polite", "impolite"])) {
    const set = await certified();
    for (const connection of open()) connection.become("connected");
    const unanswered = assert.rejects(set.polite.peer.verify(), { message: /does not answer/ });
    await settle();
    for (const { channel } of open()) channel?.sent.splice(0);
    await set.polite.clock.advance(VERIFY_MS);
    await unanswered;
    const seen = await set.converse(set[again].peer.verify());
    assert.deepEqual(await set.converse(set.polite.peer.verify()), seen);
    assert.deepEqual(await set.converse(set.impolite.peer.verify()), seen);
  }
  const { polite } = await certified();
  for (const connection of open()) connection.become("connected");
  for (let run = 0; run < VERIFY_RUNS; run += 1) {
    const unanswered = assert.rejects(polite.peer.verify(), { message: /does not answer/ });
    await settle();
    await polite.clock.advance(VERIFY_MS);
    await unanswered;
  }
  await assert.rejects(polite.peer.verify(), { code: "unverified", message: /too often/ });
});

test("both may start to verify at once", async () => {
  const { polite, impolite, converse } = await certified();
  const [one, other] = await converse(Promise.all([polite.peer.verify(), impolite.peer.verify()]));
  assert.deepEqual(one, other);
});

test("with a server in between that swaps the certificates in the descriptions, the two see different pictures", async () => {
  const { polite, impolite, converse } = await certified((sdp) => sdp.replace(/sha-256 .*/, "sha-256 66:66"));
  const seen = await converse(polite.peer.verify());
  assert.notDeepEqual(await converse(impolite.peer.verify()), seen);
});

test("a certificate that changes after the first description is refused, so that none is exchanged after it was verified", async () => {
  const { polite, impolite } = await certified();
  /** @type {unknown[]} */
  const errors = [];
  polite.peer.addEventListener("error", ({ error }) => errors.push(/** @type {{ code: string }} */ (error).code));
  const pc = at(open(), 0);
  for (const connection of open()) connection.become("connected");
  impolite.peer.restart();
  await settle();
  const offer = at(impolite.sent);
  const before = pc.remoteDescription;
  await polite.peer.receive({
    ...offer,
    description: { type: "offer", sdp: "evil\r\na=fingerprint:sha-256 66:66\r\n" },
  });
  assert.deepEqual(errors, ["unverified"]);
  assert.equal(pc.remoteDescription, before);
  await polite.peer.receive(offer);
  assert.equal(pc.remoteDescription, offer.description);
});

test("a new connection makes an old verification void", async () => {
  const { polite, converse } = await certified();
  /** @type {unknown[]} */
  const told = [];
  polite.peer.addEventListener("verification", ({ result }) => told.push(result));
  await converse(polite.peer.verify());
  const unfinished = (await certified()).polite.peer;
  const never = unfinished.verify();
  polite.peer.begin();
  unfinished.begin();
  assert.equal(told.length, 2);
  assert.equal(told[1], null);
  await assert.rejects(never, { name: "VerificationError", code: "unverified" });
  await assert.rejects(polite.peer.verify(), { code: "unverified" });
});

test("one who does not answer is not verified, and nothing odd that it says does harm", async () => {
  const { peer, clock } = side();
  await assert.rejects(peer.verify(), { code: "unverified" });
  peer.begin();
  const { channel } = at(FakePeerConnection.all);
  channel?.open();
  channel?.receive({ type: "verify", commitment: 7, value: {} });
  const result = peer.verify();
  const refused = assert.rejects(result, { code: "unverified", message: /does not answer/ });
  await settle();
  await clock.advance(VERIFY_MS);
  await refused;
});

/** A pair whose descriptions are held back for candidates. */
function gatheringPair() {
  const set = pair();
  set.platform.environment.peerConnection = /** @type {any} */ (GatheringPeerConnection);
  const connections = () => /** @type {GatheringPeerConnection[]} */ (FakePeerConnection.all);
  return { ...set, connections, hold: () => set.platform.clock.advance(DESCRIPTION_HOLD_MS) };
}

const HOST = "candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host";

test("a description waits a moment for candidates, and what it takes along is not sent again", async () => {
  const { polite, connections, hold, platform } = gatheringPair();
  polite.peer.begin();
  await settle();
  const pc = at(connections());
  pc.gatherDescribed(HOST);
  assert.equal(polite.sent.length, 0);
  await hold();
  assert.equal(polite.sent.length, 1);
  assert.match(at(polite.sent).description?.sdp ?? "", /a=candidate:1 /);
  pc.gather(`${HOST} generation 0 ufrag x`);
  pc.gather("candidate:2 1 udp 1 198.51.100.1 50001 typ srflx");
  await platform.clock.advance(CANDIDATE_BATCH_MS);
  assert.deepEqual(
    polite.sent.slice(1).map(({ candidates }) => candidates),
    [[{ candidate: "candidate:2 1 udp 1 198.51.100.1 50001 typ srflx" }]],
  );
});

test("a description goes out soon after its first candidate, and takes along what follows that closely", async () => {
  const { polite, connections, platform } = gatheringPair();
  polite.peer.begin();
  await settle();
  const pc = at(connections());
  pc.gatherDescribed(HOST);
  await platform.clock.advance(DESCRIPTION_REST_MS - 1);
  pc.gatherDescribed("candidate:2 1 udp 1 192.0.2.2 50001 typ host");
  assert.equal(polite.sent.length, 0);
  await platform.clock.advance(1);
  assert.equal(polite.sent.length, 1);
  assert.match(at(polite.sent).description?.sdp ?? "", /a=candidate:1 .*a=candidate:2 /s);
  await platform.clock.advance(DESCRIPTION_HOLD_MS);
  assert.equal(polite.sent.length, 1);
});

test("a description with all candidates waits no longer, and the end of them is told without haste", async () => {
  const { polite, connections, platform } = gatheringPair();
  polite.peer.begin();
  await settle();
  at(connections()).gatherDescribed(HOST);
  at(connections()).complete();
  assert.equal(polite.sent.length, 1);
  await platform.clock.advance(LAST_CANDIDATE_MS - 1);
  assert.equal(polite.sent.length, 1);
  await platform.clock.advance(1);
  assert.deepEqual(at(polite.sent).candidates, [{ candidate: "" }]);
});

test("an offer that is held back gives way to the other side's, and is never sent", async () => {
  const { polite, connections, hold } = gatheringPair();
  const first = polite.peer.receive({ session: "s", first: true, description: { type: "offer", sdp: "theirs" } });
  await settle();
  await hold();
  await first;
  const pc = at(connections());
  pc.restartIce();
  await settle();
  assert.equal(pc.signalingState, "have-local-offer");
  const handled = polite.peer.receive({ session: "s", description: { type: "offer", sdp: "theirs again" } });
  await settle();
  await hold();
  await handled;
  assert.deepEqual(
    polite.sent.map(({ description }) => description?.sdp),
    ["answer to theirs", "answer to theirs again"],
  );
});

test("an answer that is held back goes out before an offer that follows it", async () => {
  const { polite, connections, hold } = gatheringPair();
  const handled = polite.peer.receive({ session: "s", first: true, description: { type: "offer", sdp: "theirs" } });
  await settle();
  at(connections()).restartIce();
  await settle();
  await hold();
  await handled;
  assert.deepEqual(
    polite.sent.map(({ description }) => description?.type),
    ["answer", "offer"],
  );
});

test("a connection that is given up while its description is held back stops nothing that comes after it", async () => {
  const { polite, platform, hold } = gatheringPair();
  const handled = polite.peer.receive({ session: "s", first: true, description: { type: "offer", sdp: "theirs" } });
  await settle();
  polite.peer.begin();
  await handled;
  await polite.peer.receive(null);
  await hold();
  assert.deepEqual(
    polite.sent.map(({ description }) => description?.type),
    ["offer"],
  );
  polite.peer.close();
  assert.equal(platform.clock.pending, 0);
});

test("two that begin at once agree also while their offers are held back", async () => {
  const { polite, impolite, hold, exchange } = gatheringPair();
  polite.peer.begin();
  impolite.peer.begin();
  for (let round = 0; round < 4; round += 1) {
    await settle();
    await hold();
    const [fromPolite, fromImpolite] = [polite.sent.splice(0), impolite.sent.splice(0)];
    for (const data of fromPolite) impolite.peer.receive(data);
    for (const data of fromImpolite) polite.peer.receive(data);
  }
  await exchange();
  assertAgreed();
});

test("the end of the candidates for a former description is not told for a later one", async () => {
  const { polite, connections, hold, platform } = gatheringPair();
  polite.peer.begin();
  await settle();
  const pc = at(connections());
  pc.complete();
  await polite.peer.receive({ session: at(polite.sent).session, description: { type: "answer", sdp: "theirs" } });
  pc.iceGatheringState = "gathering";
  pc.restartIce();
  await settle();
  await hold();
  await platform.clock.advance(LAST_CANDIDATE_MS);
  assert.deepEqual(
    polite.sent.map((signal) => Object.keys(signal).at(-1)),
    ["description", "description"],
  );
});

test("what is sent is limited as soon as the two have agreed, and again when the share changes", async () => {
  const { peer, sent } = side({ tracks: { audio: track("a"), camera: null, screen: null } });
  peer.setBudget(440_000);
  peer.begin();
  await settle();
  const pc = at(FakePeerConnection.all);
  const limits = () => pc.transceivers.map(({ limit }) => limit?.maxBitrate);
  assert.deepEqual(limits(), [undefined, undefined, undefined]);
  await peer.receive({ session: at(sent).session, description: { type: "answer", sdp: "theirs" } });
  assert.deepEqual(limits().slice(0, 2), [AUDIO_BPS, 400_000]);
  peer.setBudget(240_000);
  await settle();
  assert.equal(limits()[1], 200_000);
});

test("a peer that shows a picture small is sent less, and everything again over a new connection until it asks", async () => {
  const { polite, impolite, exchange } = pair();
  polite.peer.begin();
  await exchange();
  const [one, other] = open();
  for (const pc of open()) pc.channel?.open();
  polite.peer.want("camera", "small");
  polite.peer.want("camera", "small");
  const wish = { type: "wants", camera: "small", screen: "full" };
  assert.deepEqual(one?.channel?.sent.slice(1), [wish]);
  other?.channel?.receive(wish);
  assert.equal(other?.transceivers[1]?.limit?.maxBitrate, SMALL_BPS);
  impolite.peer.begin();
  await exchange();
  for (const pc of open()) pc.channel?.open();
  const [again] = open().filter((pc) => pc.channel?.sent.length === 2);
  assert.deepEqual(again?.channel?.sent.at(-1), wish);
  for (const pc of open()) assert.notEqual(pc.transceivers[1]?.limit?.maxBitrate, SMALL_BPS);
});

/** Hears the messages of a side. @param {ReturnType<typeof side>} side */
function messagesOf({ peer }) {
  /** @type {unknown[]} */
  const messages = [];
  peer.addEventListener("message", ({ message }) => messages.push(message));
  return messages;
}

test("with a peer that makes no connections messages go as signals, also those that waited", async () => {
  const platform = fakePlatform();
  const bot = side({ self: "a", other: "b", platform, signalingOnly: true });
  const browser = side({ self: "b", other: "a", platform });
  const heard = { bot: messagesOf(bot), browser: messagesOf(browser) };
  browser.peer.begin();
  browser.peer.send("before");
  bot.peer.send({ also: "before" });
  await settle();
  bot.peer.decline();
  for (const data of bot.sent.splice(0)) await browser.peer.receive(data);
  assert.deepEqual([bot.states, browser.states], [["connected"], ["connected"]]);
  assert.deepEqual([bot.peer.signalingOnly, browser.peer.signalingOnly], [true, true]);
  assert.deepEqual(open(), []);
  browser.peer.send("after");
  for (const data of browser.sent.splice(0)) await bot.peer.receive(data);
  await platform.clock.advance(10 * SOON);
  assert.deepEqual(heard, { bot: ["before", "after"], browser: [{ also: "before" }] });
  // The offer that came before it was known is answered by the same word, and nothing else is said.
  assert.deepEqual([bot.sent, browser.sent], [[{ signalingOnly: true }], []]);
});

test("a peer that comes back as a page that can connect is connected to", async () => {
  const { peer, sent } = side();
  await peer.receive(/** @type {any} */ ({ signalingOnly: true }));
  peer.renew();
  await settle();
  assert.equal(peer.signalingOnly, false);
  assert.deepEqual(
    sent.map(({ description }) => description?.type),
    ["offer"],
  );
});

test("messages wait while too many signals are on their way, and go when some have arrived", async () => {
  const { peer, sent, link } = side({ signalingOnly: true });
  peer.decline();
  sent.length = 0;
  link.pending = RELAYED_WINDOW;
  peer.send(1);
  peer.send(2);
  assert.deepEqual(sent, []);
  link.pending = RELAYED_WINDOW - 1;
  peer.settled();
  assert.deepEqual(sent, [{ message: 1 }, { message: 2 }]);
});

test("a message that does not fit into a signal is refused, or, if it was taken before that was known, reported", async () => {
  const { peer, sent } = side({ signalBytes: 10 });
  /** @type {string[]} */
  const errors = [];
  peer.addEventListener("error", ({ error }) => errors.push(/** @type {any} */ (error).code));
  peer.send("much too long");
  peer.send("short");
  await peer.receive(/** @type {any} */ ({ signalingOnly: true }));
  assert.deepEqual(errors, ["too-large"]);
  assert.deepEqual(sent, [{ message: "short" }]);
  assert.throws(() => peer.send("much too long"), { name: "MessageError", code: "too-large" });
});

test("to a peer that makes no connections there is nothing to send a file over, and nothing to verify", async () => {
  const { peer } = side({ signalingOnly: true });
  peer.decline();
  await assert.rejects(peer.sendFile(new Blob(["text"])), { code: "not-connected" });
  await assert.rejects(peer.verify(), { code: "unverified" });
  assert.equal(await peer.getStats(), null);
});

test("a sender is limited anew only where something is different, or the browser has not taken it", async () => {
  const { peer, sent } = side({ tracks: { audio: track("a"), camera: null, screen: null } });
  peer.begin();
  await settle();
  const pc = at(FakePeerConnection.all);
  /** @type {string[]} */
  const set = [];
  let refuses = true;
  for (const [place, { sender }] of pc.transceivers.entries()) {
    const take = sender.setParameters;
    sender.setParameters = async (parameters) => {
      set.push(["audio", "camera", "screen"][place] ?? "");
      if (refuses) throw new Error("InvalidModificationError");
      await take(parameters);
    };
  }
  await peer.receive({ session: at(sent).session, description: { type: "answer", sdp: "theirs" } });
  await settle();
  refuses = false;
  peer.setBudget(440_000);
  await settle();
  assert.deepEqual(set.splice(0), ["audio", "camera", "screen", "audio", "camera", "screen"]);
  peer.setBudget(240_000);
  await settle();
  assert.deepEqual(set.splice(0), ["camera", "screen"]);
  await peer.setTrack("audio", null);
  await settle();
  assert.deepEqual(set, []);
});

test("a new connection begins with a picture of fewer lines, and has all of them a moment after it came up", async () => {
  const lines = 720;
  const camera = /** @type {any} */ ({ getSettings: () => ({ height: lines }) });
  const { peer, sent, clock } = side({ tracks: { audio: null, camera, screen: camera } });
  peer.begin();
  await settle();
  const pc = at(FakePeerConnection.all);
  for (const { sender } of pc.transceivers) Object.assign(sender, { track: camera });
  const scales = () => pc.transceivers.map(({ limit }) => limit?.scaleResolutionDownBy);
  await peer.receive({ session: at(sent).session, description: { type: "answer", sdp: "theirs" } });
  assert.deepEqual(scales(), [undefined, lines / OPENING_LINES, 1]);
  pc.become("connected");
  await clock.advance(OPENING_MS - 1);
  pc.become("connected");
  assert.deepEqual(scales(), [undefined, lines / OPENING_LINES, 1]);
  await clock.advance(1);
  await settle();
  assert.deepEqual(scales(), [undefined, 1, 1]);
});

test("a picture that is shown small is small from the beginning, and stays so", async () => {
  const lines = 720;
  const camera = /** @type {any} */ ({ getSettings: () => ({ height: lines }) });
  const { peer, sent, clock } = side({ tracks: { audio: null, camera, screen: null } });
  peer.begin();
  await settle();
  const pc = at(FakePeerConnection.all);
  for (const { sender } of pc.transceivers) Object.assign(sender, { track: camera });
  await peer.receive({ session: at(sent).session, description: { type: "answer", sdp: "theirs" } });
  pc.become("connected");
  pc.channel?.receive({ type: "wants", camera: "small", screen: "full" });
  const scale = () => pc.transceivers[1]?.limit?.scaleResolutionDownBy;
  assert.equal(scale(), lines / SMALL_LINES);
  await clock.advance(OPENING_MS);
  await settle();
  assert.equal(scale(), lines / SMALL_LINES);
});

test("a connection that is closed while it is new leaves no timer", async () => {
  const { peer, sent, clock } = side();
  peer.begin();
  await settle();
  await peer.receive({ session: at(sent).session, description: { type: "answer", sdp: "theirs" } });
  at(FakePeerConnection.all).become("connected");
  peer.close();
  assert.equal(clock.pending, 0);
});

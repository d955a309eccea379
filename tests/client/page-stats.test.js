import assert from "node:assert/strict";
import { test } from "node:test";
import { barsOf, countCandidates, diagnostics, isRelayed, rate, summarize } from "../../public/app/stats.js";

/**
 * What Chromium says of a connection.
 *
 * @param {{ at?: number, received?: number, lost?: number, type?: string, roundTrip?: number }} [figures]
 */
function report({ at = 1_000, received = 100, lost = 0, type = "srflx", roundTrip = 0.05 } = {}) {
  return [
    { id: "T", type: "transport", timestamp: at, selectedCandidatePairId: "P" },
    {
      id: "P",
      type: "candidate-pair",
      timestamp: at,
      localCandidateId: "L",
      remoteCandidateId: "R",
      currentRoundTripTime: roundTrip,
      availableOutgoingBitrate: 2_500_000,
    },
    { id: "L", type: "local-candidate", candidateType: type, protocol: "udp", address: "192.0.2.1", port: 4444 },
    { id: "R", type: "remote-candidate", candidateType: "host", protocol: "udp", address: "198.51.100.7", port: 5555 },
    {
      id: "IA",
      type: "inbound-rtp",
      kind: "audio",
      bytesReceived: received * 100,
      packetsReceived: received,
      packetsLost: lost,
      jitter: 0.004,
    },
    {
      id: "IV",
      type: "inbound-rtp",
      kind: "video",
      bytesReceived: received * 900,
      packetsReceived: received,
      packetsLost: 0,
      framesDecoded: received,
      frameWidth: 1280,
      frameHeight: 720,
      framesPerSecond: 29.6,
    },
    { id: "OA", type: "outbound-rtp", kind: "audio", bytesSent: 500, packetsSent: 5 },
    { id: "OV", type: "outbound-rtp", kind: "video", bytesSent: 500, packetsSent: 5, framesSent: 4, active: true },
    { id: "RI", type: "remote-inbound-rtp", kind: "audio", packetsLost: 1, roundTripTime: 0.06 },
  ];
}

test("the statistics of a connection become the figures that people ask for", () => {
  const first = summarize(report());
  const second = summarize(report({ at: 3_000, received: 200, lost: 5 }), first);
  assert.deepEqual(second.pair, { local: "srflx", remote: "host", protocol: "udp" });
  assert.deepEqual([second.roundTrip, second.jitter, second.available], [50, 4, 2_500_000]);
  assert.deepEqual(second.received, {
    bytes: 200_000,
    packets: 400,
    lost: 5,
    audioPackets: 200,
    bps: 400_000,
    loss: 5 / 205,
    picture: { width: 1280, height: 720, fps: 30 },
    active: true,
  });
  assert.equal(second.cameraFrames, 200);
  assert.deepEqual([second.sent.bps, second.sent.loss, second.sent.audioPackets], [0, 0, 5]);
});

test("Firefox, which has no transport statistics, is understood", () => {
  const stats = report().filter(({ type }) => type !== "transport");
  assert.equal(summarize(stats).pair, null);
  const marked = stats.map((entry) => (entry.type === "candidate-pair" ? { ...entry, selected: true } : entry));
  assert.deepEqual(summarize(marked).pair, { local: "srflx", remote: "host", protocol: "udp" });
});

test("a connection that was replaced counts from the beginning, and gives no figure below zero", () => {
  const before = summarize(report({ at: 1_000, received: 500 }));
  const after = summarize(report({ at: 3_000, received: 10 }), before);
  assert.deepEqual([after.received.bps, after.received.loss], [null, null]);
});

test("pictures of a screen do not count as those of the camera, where the browser tells them apart", () => {
  const video = { type: "inbound-rtp", kind: "video" };
  const both = [
    { ...video, id: "C", trackIdentifier: "camera", framesDecoded: 7 },
    { ...video, id: "S", trackIdentifier: "screen", framesDecoded: 500 },
  ];
  assert.equal(summarize(both, null, "screen").cameraFrames, 7);
  const unnamed = both.map(({ trackIdentifier, ...entry }) => entry);
  assert.equal(summarize(unnamed, null, "screen").cameraFrames, 507);
});

test("a relay at either end is a relayed connection", () => {
  assert.equal(isRelayed(summarize(report())), false);
  assert.equal(isRelayed(summarize(report({ type: "relay" }))), true);
});

test("bars fall with loss and with the round trip", () => {
  assert.equal(barsOf(null), 0);
  const first = summarize(report());
  const bars = (/** @type {Parameters<typeof report>[0]} */ figures) =>
    barsOf(summarize(report({ at: 3_000, received: 200, ...figures }), first));
  assert.equal(bars({}), 4);
  assert.equal(bars({ lost: 6 }), 3);
  assert.equal(bars({ lost: 15 }), 2);
  assert.equal(bars({ lost: 60 }), 1);
  assert.equal(bars({ roundTrip: 0.3 }), 3);
  assert.equal(bars({ roundTrip: 0.5 }), 2);
  assert.equal(bars({ roundTrip: 1 }), 1);
});

test("diagnostics say what the connections are like, and no address", () => {
  const summary = summarize(report({ at: 3_000, received: 200 }), summarize(report()));
  const media = { audio: true, camera: false, screen: false };
  const text = diagnostics({
    agent: "Browser/1",
    room: "joined",
    hasRelay: true,
    seconds: 61,
    peers: [
      {
        state: "connected",
        away: false,
        ice: { connection: "connected", gathering: "complete" },
        media,
        summary,
        candidates: null,
      },
      {
        state: "connecting",
        away: true,
        ice: null,
        media: { audio: false, camera: false, screen: false },
        summary: null,
        candidates: null,
      },
    ],
  });
  assert.match(text, /relays given out: yes/);
  assert.match(text, /way: srflx to host over udp/);
  assert.match(text, /down: 400 kbit\/s, lost 0\.0 %, 1280×720 at 30/);
  assert.match(text, /person 2: connecting, lost the server\n {2}sends: nothing/);
  assert.doesNotMatch(text, /192\.0\.2\.1|198\.51\.100\.7|4444|5555/);
});

test("diagnostics say what was tried where there is no way to somebody, and no address", () => {
  const candidate = { address: "192.0.2.1", port: 4444, url: "stun:stun.example" };
  const stats = [
    ...["host", "host", "srflx"].map((candidateType) => ({ ...candidate, type: "local-candidate", candidateType })),
    ...["host", "prflx"].map((candidateType) => ({ ...candidate, type: "remote-candidate", candidateType })),
    { type: "candidate-pair", state: "failed" },
  ];
  const text = diagnostics({
    agent: "Browser/1",
    room: "joined",
    hasRelay: false,
    seconds: 40,
    peers: [
      {
        state: "connecting",
        away: false,
        ice: { connection: "checking", gathering: "complete" },
        media: { audio: false, camera: false, screen: false },
        summary: null,
        candidates: countCandidates(stats),
      },
    ],
  });
  assert.match(text, /relays given out: none/);
  assert.match(text, /person 1: connecting\n {2}sends: nothing\n {2}ICE: checking, gathering complete\n/);
  assert.match(text, /candidates: here 2 host, 1 srflx, 0 relay; there 1 host, 0 srflx, 0 relay, 1 prflx/);
  assert.doesNotMatch(text, /192\.0\.2\.1|4444|example/);
});

test("rates are said in the unit that fits", () => {
  assert.deepEqual(
    [rate(null), rate(0), rate(48_400), rate(999_499), rate(2_540_000)],
    ["?", "0 kbit/s", "48 kbit/s", "999 kbit/s", "2.5 Mbit/s"],
  );
});

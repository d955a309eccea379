/**
 * What the statistics of a connection say, in words and figures for people. The identifiers are those of the W3C
 * "Identifiers for WebRTC's Statistics API". No address is ever taken from them.
 *
 * @typedef {object} Summary
 * @property {number} at milliseconds on the statistics' clock
 * @property {{ local: string, remote: string, protocol: string } | null} pair the kinds of the two candidates (`host`, `srflx`,
 *   `prflx`, `relay`) and what carries them (`udp`, `tcp`, `tls`)
 * @property {number | null} roundTrip in milliseconds
 * @property {number | null} available what the browser thinks the line can carry upwards, in bits per second
 * @property {Direction} received
 * @property {Direction} sent
 * @property {number | null} jitter of the sound that comes, in milliseconds
 * @property {number} cameraFrames of the camera that comes, decoded so far
 *
 * @typedef {object} Direction
 * @property {number} bytes all so far, sound and pictures
 * @property {number} packets
 * @property {number} lost
 * @property {number} audioPackets
 * @property {number | null} bps in bits per second since the summary before
 * @property {number | null} loss between 0 and 1, since the summary before
 * @property {{ width: number, height: number, fps: number } | null} picture the largest one
 * @property {boolean} active false where every picture was asked not to be sent
 *
 * @typedef {Record<"local" | "remote", Record<string, number>>} Candidates how many of each kind either side has found
 *
 * @typedef {object} PeerDiagnostics
 * @property {string} state
 * @property {boolean} away
 * @property {import("../client/peer.js").IceState | null} ice null if there is no connection
 * @property {Record<string, boolean>} media
 * @property {Summary | null} summary
 * @property {Candidates | null} candidates null where it is connected, or nothing is known
 */

/**
 * @param {Iterable<Record<string, any>>} stats what an `RTCStatsReport` holds
 * @param {Summary | null} [before] an earlier one of the same connection
 * @param {string | null} [screen] the id of the track that a screen comes on
 * @returns {Summary}
 */
export function summarize(stats, before = null, screen = null) {
  const all = Array.from(stats);
  const byId = new Map(all.map((entry) => [entry.id, entry]));
  const ofType = (/** @type {string} */ type) => all.filter((entry) => entry.type === type);
  const pair = selectedPair(all, byId);
  const at = Number(pair?.timestamp ?? all[0]?.timestamp ?? 0);
  const jitters = ofType("inbound-rtp").filter(({ kind, jitter }) => kind === "audio" && jitter !== undefined);
  // Told by what it is not: where a browser does not name tracks, a screen counts as well, and nobody is missed in vain.
  const cameras = ofType("inbound-rtp").filter(
    ({ kind, trackIdentifier }) => kind === "video" && (screen === null || trackIdentifier !== screen),
  );
  const summary = {
    at,
    pair: pairKinds(pair, byId),
    roundTrip: milliseconds(pair?.currentRoundTripTime ?? ofType("remote-inbound-rtp")[0]?.roundTripTime),
    available: pair?.availableOutgoingBitrate ?? null,
    received: direction(ofType("inbound-rtp"), "bytesReceived", "packetsReceived"),
    sent: direction(ofType("outbound-rtp"), "bytesSent", "packetsSent"),
    jitter: milliseconds(jitters[0]?.jitter),
    cameraFrames: sum(cameras, "framesDecoded"),
  };
  // What we send and the other side misses is its own report.
  summary.sent.lost = sum(ofType("remote-inbound-rtp"), "packetsLost");
  if (before !== null && at > before.at) {
    compare(summary.received, before.received, at - before.at);
    compare(summary.sent, before.sent, at - before.at);
  }
  return summary;
}

/**
 * @param {Record<string, any>[]} streams
 * @param {string} bytes
 * @param {string} packets
 * @returns {Direction}
 */
function direction(streams, bytes, packets) {
  const audio = streams.filter(({ kind }) => kind === "audio");
  const video = streams.filter(({ kind }) => kind === "video");
  const pictures = video
    .filter(({ frameWidth, frameHeight }) => frameWidth > 0 && frameHeight > 0)
    .map((entry) => ({
      width: entry.frameWidth,
      height: entry.frameHeight,
      fps: Math.round(entry.framesPerSecond ?? 0),
    }));
  return {
    bytes: sum(streams, bytes),
    packets: sum(streams, packets),
    lost: sum(streams, "packetsLost"),
    audioPackets: sum(audio, packets),
    bps: null,
    loss: null,
    picture: pictures.sort((a, b) => b.width * b.height - a.width * a.height)[0] ?? null,
    active: video.some(({ active }) => active !== false),
  };
}

/**
 * @param {Direction} now
 * @param {Direction} then
 * @param {number} elapsed in milliseconds
 */
function compare(now, then, elapsed) {
  // A connection that was replaced counts from the beginning.
  if (now.bytes < then.bytes) return;
  now.bps = Math.round(((now.bytes - then.bytes) * 8_000) / elapsed);
  const lost = Math.max(0, now.lost - then.lost);
  const total = now.packets - then.packets + lost;
  now.loss = total > 0 ? lost / total : 0;
}

/**
 * @param {Record<string, any>[]} all
 * @param {Map<string, Record<string, any>>} byId
 */
function selectedPair(all, byId) {
  const transport = all.find(({ type, selectedCandidatePairId }) => type === "transport" && selectedCandidatePairId);
  if (transport !== undefined) return byId.get(transport.selectedCandidatePairId);
  // Firefox has no transport statistics, and marks the pair itself.
  return all.find(({ type, selected }) => type === "candidate-pair" && selected === true);
}

/**
 * @param {Record<string, any> | undefined} pair
 * @param {Map<string, Record<string, any>>} byId
 */
function pairKinds(pair, byId) {
  if (pair === undefined) return null;
  const [local, remote] = [byId.get(pair.localCandidateId), byId.get(pair.remoteCandidateId)];
  return {
    local: String(local?.candidateType ?? "unknown"),
    remote: String(remote?.candidateType ?? "unknown"),
    protocol: String(local?.relayProtocol ?? local?.protocol ?? "unknown"),
  };
}

/**
 * What a connection that has found no way yet could try.
 *
 * @param {Iterable<Record<string, any>>} stats what an `RTCStatsReport` holds
 * @returns {Candidates}
 */
export function countCandidates(stats) {
  /** @type {Candidates} */
  const counts = { local: { host: 0, srflx: 0, relay: 0 }, remote: { host: 0, srflx: 0, relay: 0 } };
  for (const { type, candidateType } of stats) {
    const side = type === "local-candidate" ? counts.local : type === "remote-candidate" ? counts.remote : null;
    if (side !== null) side[candidateType] = (side[candidateType] ?? 0) + 1;
  }
  return counts;
}

/**
 * @param {Record<string, any>[]} entries
 * @param {string} field
 */
function sum(entries, field) {
  return entries.reduce((total, entry) => total + (entry[field] ?? 0), 0);
}

/** @param {number | undefined} seconds */
function milliseconds(seconds) {
  return seconds === undefined ? null : Math.round(seconds * 1_000);
}

/** @param {Summary} summary */
export function isRelayed({ pair }) {
  return pair !== null && (pair.local === "relay" || pair.remote === "relay");
}

/**
 * How good a connection is, in bars: loss breaks speech from about 5 % on, and people begin to talk over each other from
 * a round trip of about 300 ms on (ITU-T G.114 puts the limit for one way at 150 ms).
 *
 * @param {Summary | null} summary
 * @returns {0 | 1 | 2 | 3 | 4} 0 if nothing is known
 */
export function barsOf(summary) {
  if (summary === null || summary.pair === null) return 0;
  const loss = Math.max(summary.received.loss ?? 0, summary.sent.loss ?? 0);
  const roundTrip = summary.roundTrip ?? 0;
  if (loss > 0.15 || roundTrip > 800) return 1;
  if (loss > 0.05 || roundTrip > 400) return 2;
  if (loss > 0.02 || roundTrip > 200) return 3;
  return 4;
}

/**
 * A report to send to whoever helps: what the connections are like, and nothing that says who or where somebody is.
 *
 * @param {object} state
 * @param {string} state.agent the browser's own name
 * @param {string} state.room the room's state
 * @param {boolean} state.hasRelay whether the server has named one
 * @param {number} state.seconds how long the call has lasted
 * @param {PeerDiagnostics[]} state.peers
 * @returns {string}
 */
export function diagnostics({ agent, room, hasRelay, seconds, peers }) {
  const lines = [`Switchboard diagnostics`, `browser: ${agent}`, `room: ${room}`, `seconds in the call: ${seconds}`];
  lines.push(`relays given out: ${hasRelay ? "yes" : "none"}`);
  for (const [place, { state, away, ice, media, summary, candidates }] of peers.entries()) {
    const sends = Object.keys(media).filter((kind) => media[kind]);
    lines.push("", `person ${place + 1}: ${state}${away ? ", lost the server" : ""}`);
    lines.push(`  sends: ${sends.join(", ") || "nothing"}`);
    lines.push(`  ICE: ${ice === null ? "no connection" : `${ice.connection}, gathering ${ice.gathering}`}`);
    if (candidates !== null) {
      lines.push(`  candidates: here ${kindsOf(candidates.local)}; there ${kindsOf(candidates.remote)}`);
    }
    if (summary === null) continue;
    const { pair, roundTrip, jitter, available, received, sent } = summary;
    lines.push(`  way: ${pair === null ? "none" : `${pair.local} to ${pair.remote} over ${pair.protocol}`}`);
    lines.push(`  round trip: ${roundTrip ?? "?"} ms, jitter: ${jitter ?? "?"} ms, room upwards: ${rate(available)}`);
    lines.push(`  down: ${flow(received)}`, `  up: ${flow(sent)}`);
  }
  return lines.join("\n");
}

/** @param {Record<string, number>} counts */
function kindsOf(counts) {
  return Object.entries(counts)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}

/** @param {Direction} direction */
function flow({ bps, loss, picture }) {
  const lost = loss === null ? "?" : `${(loss * 100).toFixed(1)} %`;
  const size = picture === null ? "no picture" : `${picture.width}×${picture.height} at ${picture.fps}`;
  return `${rate(bps)}, lost ${lost}, ${size}`;
}

/** @param {number | null} bps bits per second */
export function rate(bps) {
  if (bps === null) return "?";
  return bps >= 999_500 ? `${(bps / 1_000_000).toFixed(1)} Mbit/s` : `${Math.round(bps / 1_000)} kbit/s`;
}

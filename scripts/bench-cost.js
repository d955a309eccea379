// `npm run bench:cost`: what the platform bills for a call of an hour between two people, as this worker signals it, and as the
// protocols of PeerJS and matchbox would on the same platform. docs/cost.md says how to read it.
//
//   --calls N       how many calls of each are played (5)
//   --quiet S       how many seconds of each call it is watched that nothing is sent but pings (5)
//   --json FILE     the figures, for programs

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "./build.js";
import { ensureNodeModules, ensureRust, main, Problem, ranInOwnNode, say } from "./setup.js";

/**
 * US dollars for Durable Objects, as published at https://developers.cloudflare.com/durable-objects/platform/pricing and read in
 * November 2026. What an account has free is left out.
 */
const PRICES = {
  date: "2026-11",
  millionRequests: 0.15,
  millionGbSeconds: 12.5,
  millionRowsRead: 0.001,
  millionRowsWritten: 1,
};

/** So many incoming WebSocket messages are billed as one request. */
const MESSAGES_A_REQUEST = 20;

/** What is billed while an object is active, in GB, whatever it uses. */
const GB = 0.128;

const CALL_SECONDS = 3600;

/**
 * @typedef {import("../benches/cost/play.js").Played} Played
 *
 * @typedef {object} Entry what a call costs
 * @property {string} name
 * @property {number} requests
 * @property {number} messages
 * @property {number} answered pings that were answered without the object
 * @property {number} wakes
 * @property {number} activeMs
 * @property {number} diskMs how much of it the object waited for what it wrote
 * @property {number} rowsRead
 * @property {number} rowsWritten
 * @property {number} billedRequests
 * @property {number} dollars for a million calls
 * @property {number} dollarsIfPingsWereBilled the same, if automatic answers were billed as messages
 */

await main(async () => {
  ensureNodeModules();
  ensureRust();
  if (ranInOwnNode()) return;
  const { values } = parseArgs({
    options: {
      calls: { type: "string", default: "5" },
      quiet: { type: "string", default: "5" },
      json: { type: "string" },
    },
  });
  const [calls, quiet] = [Number(values.calls), Number(values.quiet)];
  if (!Number.isInteger(calls) || calls < 1) throw new Problem("--calls takes a whole number from 1");
  if (!(quiet >= 0)) throw new Problem("--quiet takes a number of seconds");
  build();
  const { entries, candidates, writes } = await play(calls, quiet);
  print(entries);
  say(`rows written by this worker: ${writes.join(", ")}`);
  say(`${candidates.toFixed(1)} ICE candidates in each call; ${calls} calls of each, after one that does not count`);
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ prices: PRICES, calls, candidates, writes, entries }, null, 2)}\n`);
  }
});

/** @param {number} calls @param {number} quiet */
async function play(calls, quiet) {
  const { playOurs, playRival, rivals, Stand } = await import("../benches/cost/play.js");
  const { startChromium } = await import("../tests/browser/browsers.js");
  const stand = await Stand.start();
  const chromium = await startChromium();
  try {
    const ours = [];
    /** @type {Map<string, Played[]>} */
    const theirs = new Map(rivals.map(({ name }) => [name, []]));
    for (let number = 0; number <= calls; number += 1) {
      const played = await playOurs(stand, chromium, { number, quietMs: number === 0 ? 0 : quiet * 1000 });
      if (number > 0) ours.push(played);
      const { meter } = played;
      say(`call ${number}: ${meter.messages} messages, rows written by ${meter.writes.join(", ")}`);
      for (const rival of rivals) {
        const rivalled = await playRival(stand, rival, { number, candidates: played.candidates });
        if (number > 0) theirs.get(rival.name)?.push(rivalled);
      }
    }
    const entries = [entry("this worker", ours), entry("this worker, with its call page", ours, { looks: true })];
    for (const { name } of rivals) entries.push(entry(name, theirs.get(name) ?? []));
    // Counted, not waited for: an object that holds an ordinary socket, or a timer, is active for as long as the call.
    for (const { name } of rivals) {
      const played = theirs.get(name) ?? [];
      entries.push(entry(`${name}, not hibernating`, played, { activeMs: CALL_SECONDS * 1000 }));
    }
    const candidates = mean(ours.map((played) => played.candidates));
    return { entries, candidates, writes: ours[0]?.meter.writes ?? [] };
  } finally {
    await Promise.allSettled([chromium.close(), stand.stop()]);
  }
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2;
}

/**
 * @param {string} name
 * @param {Played[]} played
 * @param {object} [options]
 * @param {boolean} [options.looks] whether the call page's questions count
 * @param {number} [options.activeMs] how long the object is active, where that is not what was measured
 * @returns {Entry}
 */
function entry(name, played, { looks = false, activeMs: given } = {}) {
  const average = (/** @type {(meter: Played["meter"]) => number} */ of) => mean(played.map(({ meter }) => of(meter)));
  const requests = average(({ joins, alarms, ...meter }) => joins + alarms + (looks ? meter.looks : 0));
  const messages = average((meter) => meter.messages);
  const answered = mean(played.map((one) => one.answered));
  // Of a time the median: now and then the disk, or the machine, is busy with something else.
  const time = (/** @type {(meter: Played["meter"]) => number} */ of) => median(played.map(({ meter }) => of(meter)));
  const activeMs = given ?? time((meter) => meter.activeMs + (looks ? meter.lookMs : 0));
  const [rowsRead, rowsWritten] = [average((meter) => meter.rowsRead), average((meter) => meter.rowsWritten)];
  const billedRequests = requests + messages / MESSAGES_A_REQUEST;
  const dollars =
    billedRequests * PRICES.millionRequests +
    (activeMs / 1000) * GB * PRICES.millionGbSeconds +
    rowsRead * PRICES.millionRowsRead +
    rowsWritten * PRICES.millionRowsWritten;
  return {
    name,
    requests,
    messages,
    answered,
    wakes: average((meter) => meter.wakes),
    activeMs,
    diskMs: time((meter) => meter.diskMs),
    rowsRead,
    rowsWritten,
    billedRequests,
    dollars,
    dollarsIfPingsWereBilled: dollars + (answered / MESSAGES_A_REQUEST) * PRICES.millionRequests,
  };
}

/** @param {Entry[]} entries */
function print(entries) {
  console.log("\na call of an hour between two people, and a million of them in US dollars, nothing taken as free\n");
  const heads = [
    "requests",
    "messages",
    "pings",
    "wakes",
    "active ms",
    "of it disk",
    "rows read",
    "written",
    "billed",
    "dollars",
    "times ours",
    "if pings billed",
  ];
  console.log("".padEnd(36) + heads.map((head) => head.padStart(head.length + 2)).join(""));
  for (const one of entries) {
    const figures = [
      one.requests.toFixed(1),
      one.messages.toFixed(1),
      one.answered.toFixed(0),
      one.wakes.toFixed(1),
      one.activeMs.toFixed(0),
      one.diskMs.toFixed(0),
      one.rowsRead.toFixed(1),
      one.rowsWritten.toFixed(1),
      one.billedRequests.toFixed(2),
      one.dollars.toFixed(2),
      (one.dollars / (entries[0]?.dollars ?? 1)).toFixed(1),
      one.dollarsIfPingsWereBilled.toFixed(2),
    ];
    console.log(
      one.name.padEnd(36) + figures.map((figure, at) => figure.padStart((heads[at]?.length ?? 0) + 2)).join(""),
    );
  }
  console.log("");
}

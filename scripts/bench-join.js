// `npm run bench:join`: how long it takes from pressing Join to the other's first rendered frame, side by side with PeerJS and
// PeerServer. benches/join/README.md says what is measured and how fair that is.
//
//   --runs N      how many of each (20)
//   --json FILE   writes every figure to a file
//   --profile     also prints what happened on the way, as medians

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ensureNodeModules, ensureRust, main, Problem, ranInOwnNode, say } from "./setup.js";

/** @typedef {{ name: string, runs: import("../benches/join/measure.js").Run[] }} Result */

await main(async () => {
  ensureNodeModules();
  ensureRust();
  if (ranInOwnNode()) return;
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "20" },
      json: { type: "string" },
      profile: { type: "boolean", default: false },
    },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Problem("--runs takes a whole number from 1");
  const { results, camera } = await compare(runs);
  await print(results);
  console.log(`camera ${camera}; ${runs} of each, in turn, after one of each that does not count`);
  if (values.profile) await printProfile(results);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ camera, results }, null, 2)}\n`);
});

/**
 * @param {number} runs
 * @returns {Promise<{ results: Result[], camera: string }>}
 */
async function compare(runs) {
  const { startContestants } = await import("../benches/join/contestants.js");
  const { measure } = await import("../benches/join/measure.js");
  const { startChromium } = await import("../tests/browser/browsers.js");
  const { contestants, stop } = await startContestants();
  const browsers = { first: await startChromium(), second: await startChromium() };
  const results = contestants.map(({ name }) => ({ name, runs: /** @type {Result["runs"]} */ ([]) }));
  /** @type {Set<string>} */
  const cameras = new Set();
  try {
    for (let round = 0; round <= runs; round += 1) {
      for (const [place, contestant] of contestants.entries()) {
        const { run, camera } = await measure(contestant, browsers);
        cameras.add(camera);
        // The first of each pays for what the browsers and servers do only once.
        if (round > 0) results[place]?.runs.push(run);
      }
      if (round > 0)
        say(results.map((result) => `${result.name} ${result.runs.at(-1)?.milliseconds.toFixed(0)} ms`).join(" · "));
    }
  } finally {
    await Promise.allSettled([browsers.first.close(), browsers.second.close(), stop()]);
  }
  if (cameras.size !== 1) throw new Problem(`the cameras differ: ${[...cameras].join(", ")}`);
  return { results, camera: [...cameras].join() };
}

/** @param {Result[]} results */
async function print(results) {
  const { quantile } = await import("../benches/join/measure.js");
  const [ours] = results;
  const rows = results.map(({ name, runs }) => {
    const times = runs.map(({ milliseconds }) => milliseconds);
    const [lower, median, upper] = [0.25, 0.5, 0.75].map((part) => quantile(times, part));
    return { name, lower, median, upper };
  });
  console.log("\nfrom pressing Join to the other's first rendered frame, in milliseconds\n");
  console.log(["".padEnd(26), "median", "quartiles".padStart(13), "ours/theirs".padStart(13)].join(" "));
  for (const { name, lower = 0, median = 0, upper = 0 } of rows) {
    const spread = `${lower.toFixed(0)} to ${upper.toFixed(0)}`.padStart(13);
    const ratio = name === ours?.name ? "" : ((rows[0]?.median ?? 0) / median).toFixed(2);
    console.log([name.padEnd(26), median.toFixed(0).padStart(6), spread, ratio.padStart(13)].join(" "));
  }
  console.log("");
}

/** @param {Result[]} results */
async function printProfile(results) {
  const { quantile } = await import("../benches/join/measure.js");
  for (const { name, runs } of results) {
    console.log(`\n${name}: medians, in milliseconds since the press`);
    const names = new Set(runs.flatMap(({ steps }) => Object.keys(steps)));
    const steps = Array.from(names, (step) => {
      const times = runs.flatMap(({ steps }) => steps[step] ?? []);
      return { step, time: quantile(times, 0.5) };
    });
    for (const { step, time } of steps.sort((one, other) => one.time - other.time)) {
      if (time > -1) console.log(`${time.toFixed(0).padStart(7)}  ${step}`);
    }
  }
}

// `npm run chaos -- --seeds 200`: calls between real browsers, and signals between bare peers, while the server's sockets are
// cut, its rooms hibernated and restarted, and the server itself killed and started again. The same seed inflicts the same.
// And calls between Chromium and Firefox in which both sides always make an offer at once.
//
//   --seeds N     how many calls (20)
//   --from S      the first seed (1)
//   --signals N   how many signals the bare peers pass (100000; 0 leaves them out)
//   --glare N     how many calls with both offering at once (10; 0 leaves them out)

import process from "node:process";
import { parseArgs } from "node:util";
import { build } from "./build.js";
import { ensureNodeModules, ensureRust, main, Problem, ranInOwnNode, say } from "./setup.js";

await main(async () => {
  ensureNodeModules();
  ensureRust();
  if (ranInOwnNode()) return;
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "20" },
      from: { type: "string", default: "1" },
      signals: { type: "string", default: "100000" },
      glare: { type: "string", default: "10" },
    },
  });
  const numbers = [values.seeds, values.from, values.signals, values.glare].map(Number);
  if (!numbers.every((number) => Number.isInteger(number) && number >= 0)) {
    throw new Problem("--seeds, --from, --signals and --glare take whole numbers");
  }
  const [seeds = 0, from = 1, signals = 0, glare = 0] = numbers;
  build();
  const failures = [
    ...(await passSignals(signals, from)),
    ...(await makeCalls(seeds, from)),
    ...(await collide(glare)),
  ];
  for (const failure of failures) console.error(failure);
  if (failures.length > 0) process.exitCode = 1;
});

/**
 * @param {number} signals
 * @param {number} seed
 * @returns {Promise<string[]>} what went wrong
 */
async function passSignals(signals, seed) {
  if (signals === 0) return [];
  const { runCourier } = await import("../tests/chaos/courier.js");
  say(`passing ${signals} signals between four peers`);
  const run = await runCourier({ signals, seed, say });
  say(`${run.signals} signals arrived, ${run.wrong.length} faults found; inflicted: ${JSON.stringify(run.faults)}`);
  return run.wrong;
}

/**
 * @param {number} seeds
 * @param {number} from
 * @returns {Promise<string[]>} what went wrong
 */
async function makeCalls(seeds, from) {
  if (seeds === 0) return [];
  const { runCall } = await import("../tests/chaos/call.js");
  /** @type {string[]} */
  const failures = [];
  /** @type {number[]} */
  const took = [];
  await withBrowsers(async (scene) => {
    for (let seed = from; seed < from + seeds; seed += 1) {
      try {
        const { faults, seconds } = await runCall({ seed, ...scene });
        took.push(seconds);
        const after = `${seconds.toFixed(1)} s after the last fault`;
        say(`seed ${seed}: everybody sees everybody ${after}; inflicted: ${JSON.stringify(faults)}`);
      } catch (error) {
        failures.push(`seed ${seed}: ${error instanceof Error ? error.message : error}`);
        say(`seed ${seed}: FAILED: ${error instanceof Error ? error.message : error}`);
      }
    }
  });
  const longest = Math.max(0, ...took).toFixed(1);
  say(`${took.length} of ${seeds} calls ended with everybody connected, at most ${longest} s after the last fault`);
  return failures;
}

/**
 * @param {number} times
 * @returns {Promise<string[]>} what went wrong
 */
async function collide(times) {
  if (times === 0) return [];
  const { runGlare } = await import("../tests/chaos/glare.js");
  const { makeKey } = await import("../public/client/seal.js");
  /** @type {string[]} */
  const failures = [];
  await withBrowsers(async ({ deployment, chromium, firefox }) => {
    for (let time = 1; time <= times; time += 1) {
      const [first, second] = time % 2 === 0 ? [firefox, chromium] : [chromium, firefox];
      try {
        await runGlare(`${deployment.url}/r/glare-${time}#${makeKey()}`, first, second);
      } catch (error) {
        failures.push(`glare ${time}: ${error instanceof Error ? error.message : error}`);
      }
      if (time % 10 === 0) say(`${time - failures.length} of ${time} so far`);
    }
  });
  say(
    `Chromium and Firefox offered at once: ${times - failures.length} of ${times} ended with sound and picture both ways`,
  );
  return failures;
}

/**
 * @param {(scene: { deployment: import("../tests/chaos/deployment.js").Deployment, chromium: import("puppeteer-core").Browser,
 *   firefox: import("puppeteer-core").Browser }) => Promise<void>} act
 */
async function withBrowsers(act) {
  const { Deployment } = await import("../tests/chaos/deployment.js");
  const { startChromium, startFirefox } = await import("../tests/browser/browsers.js");
  const deployment = await Deployment.start();
  const [chromium, firefox] = [await startChromium(), await startFirefox()];
  try {
    await act({ deployment, chromium, firefox });
  } finally {
    await Promise.allSettled([chromium.close(), firefox.close(), deployment.stop()]);
  }
}

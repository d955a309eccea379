// `npm run chaos -- --seeds 200`: calls between real browsers, and signals between bare peers, while the server's sockets are
// cut, its rooms hibernated and restarted, and the server itself killed and started again. The same seed inflicts the same.
//
//   --seeds N     how many calls (20)
//   --from S      the first seed (1)
//   --signals N   how many signals the bare peers pass (100000; 0 leaves them out)

import { spawnSync } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { build } from "./build.js";
import { bin, ensureNodeModules, ensureRust, environment, main, Problem, say } from "./setup.js";

await main(async () => {
  ensureNodeModules();
  ensureRust();
  if (Number(process.versions.node.split(".")[0]) < 22) {
    // What follows needs the project's own, recent Node.
    const args = process.argv.slice(1);
    const done = spawnSync(path.join(bin, "node"), args, { stdio: "inherit", env: environment() });
    process.exitCode = done.status ?? 1;
    return;
  }
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "20" },
      from: { type: "string", default: "1" },
      signals: { type: "string", default: "100000" },
    },
  });
  const [seeds, from, signals] = [values.seeds, values.from, values.signals].map(Number);
  if (![seeds, from, signals].every((number) => Number.isInteger(number) && number !== undefined && number >= 0)) {
    throw new Problem("--seeds, --from and --signals take whole numbers");
  }
  build();
  const failures = [...(await passSignals(signals ?? 0, from ?? 1)), ...(await makeCalls(seeds ?? 0, from ?? 1))];
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
  const { Deployment } = await import("../tests/chaos/deployment.js");
  const { runCall } = await import("../tests/chaos/call.js");
  const { startChromium, startFirefox } = await import("../tests/browser/browsers.js");
  const deployment = await Deployment.start();
  const [chromium, firefox] = [await startChromium(), await startFirefox()];
  const failures = [];
  /** @type {number[]} */
  const took = [];
  try {
    for (let seed = from; seed < from + seeds; seed += 1) {
      try {
        const { faults, seconds } = await runCall({ seed, deployment, chromium, firefox });
        took.push(seconds);
        const after = `${seconds.toFixed(1)} s after the last fault`;
        say(`seed ${seed}: everybody sees everybody ${after}; inflicted: ${JSON.stringify(faults)}`);
      } catch (error) {
        failures.push(`seed ${seed}: ${error instanceof Error ? error.message : error}`);
        say(`seed ${seed}: FAILED`);
      }
    }
  } finally {
    await Promise.allSettled([chromium.close(), firefox.close(), deployment.stop()]);
  }
  const longest = Math.max(0, ...took).toFixed(1);
  say(`${took.length} of ${seeds} calls ended with everybody connected, at most ${longest} s after the last fault`);
  return failures;
}

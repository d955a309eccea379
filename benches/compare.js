// The run: everybody in turn, round after round, so that whatever else the machine does meets all of them alike.

import process from "node:process";
import { say } from "../scripts/setup.js";
import { prepare } from "../tests/support/server.js";
import { contestant, names, OURS } from "./contestants.js";
import { buildLoad } from "./load.js";
import { measurements } from "./measurements.js";
import { Results } from "./report.js";

/** @typedef {import("./contestants.js").Contestant} Contestant */

/**
 * @param {{ only: string[], rivals: string[] | null, rounds: number, quick: boolean }} options the groups of measurements, beside whom (`null`
 *   for all), how often, and whether with little of everything
 * @param {(entries: Record<string, import("./report.js").Entry>) => void} show is given what there is after each measurement, so that an
 *   interrupted run is not lost
 */
export async function compare({ only, rivals, rounds, quick }, show) {
  // Whoever is interrupted ends what it has started: that is bound to the process's own exit.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  prepare();
  buildLoad();
  const wanted = measurements(quick).filter(({ group }) => only.includes(group));
  const compared = names.filter((name) => name === OURS || rivals === null || rivals.includes(name));
  const results = new Results();
  /** @type {Map<string, { contestant: Contestant, running: import("./workerd.js").Running }>} */
  const started = new Map();
  try {
    for (const measurement of wanted) {
      const turns = compared.filter((name) => name === OURS || measurement.rivals.includes(name));
      const often = Math.min(rounds, measurement.rounds ?? rounds);
      say(`${measurement.title}: ${often} of each of ${turns.join(", ")}`);
      for (const name of turns) {
        if (!started.has(name)) {
          const one = contestant(name);
          started.set(name, { contestant: one, running: await one.start() });
        }
      }
      // The first of each, which pays for what is done only once, does not count, unless that is what is measured.
      const first = measurement.rounds === undefined && !quick ? -1 : 0;
      for (let round = first; round < often; round += 1) {
        for (let turn = 0; turn < turns.length; turn += 1) {
          // Each is first, second, third in turn.
          const name = turns[(turn + round - first) % turns.length] ?? OURS;
          const one = started.get(name);
          if (one === undefined) continue;
          const figures = await measurement.take(one.contestant, one.running);
          if (round >= 0) results.add(name, figures);
        }
      }
      show(results.entries());
    }
  } finally {
    await Promise.allSettled(Array.from(started.values(), ({ running }) => running.stop()));
  }
  return results.entries();
}

// `npm run soak -- --minutes N`: a thousand rooms on workerd in which people come, talk, lose their connections, reload, lock,
// knock, are removed and go, while objects hibernate and restart and the server is killed. After everything that happens, what
// each of them sees through the client library is compared with a model; in the end nothing may be left over.
//
//   --minutes N   how long things go on happening; parts of one are fine (5)
//   --rooms N     how many rooms (1000)
//   --seed S      what happens in each room, and in which order (1)
//   --grace N     for how many seconds the seat of a lost connection is kept (30)
//   --kill N      the server is killed about every N seconds (60; 0 for never)

import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { build } from "./build.js";
import { ensureNodeModules, ensureRust, main, Problem, ranInOwnNode, root, say } from "./setup.js";

await main(async () => {
  ensureNodeModules();
  ensureRust();
  if (ranInOwnNode()) return;
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "5" },
      rooms: { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
      grace: { type: "string", default: "30" },
      kill: { type: "string", default: "60" },
    },
  });
  const [minutes, rooms, seed, grace, kill] = [
    values.minutes,
    values.rooms,
    values.seed,
    values.grace,
    values.kill,
  ].map(Number);
  if (!(Number(minutes) > 0)) throw new Problem("--minutes takes a number above 0");
  for (const [name, value, least] of /** @type {[string, number, number][]} */ ([
    ["rooms", rooms, 1],
    ["seed", seed, 0],
    ["grace", grace, 1],
    ["kill", kill, 0],
  ])) {
    if (!Number.isInteger(value) || value < least) throw new Problem(`--${name} takes a whole number from ${least}`);
  }
  if (!(process.env.SWITCHBOARD_PREPARED && existsSync(path.join(root, "build", "deploy")))) build();
  const { runSoak } = await import("../tests/chaos/soak.js");
  say(`${rooms} rooms for ${minutes} minutes, seed ${seed}`);
  const started = Date.now();
  const options = {
    rooms: Number(rooms),
    seconds: Number(minutes) * 60,
    seed: Number(seed),
    graceSeconds: Number(grace),
  };
  const run = await runSoak({ ...options, killEvery: Number(kill), say });
  for (const wrong of run.wrong) console.error(wrong);
  const verdict = run.wrong.length === 0 ? "nothing wrong" : `${run.wrong.length} WRONG`;
  const left = Object.entries(run.left).map(([what, count]) => `${count} ${what}`);
  const took = ((Date.now() - started) / 60_000).toFixed(1);
  say(
    `${verdict} (seed ${seed}, ${took} min): ${run.rooms} rooms, ${run.checks} checks, ${run.signals} signals sent; left over: ${left.join(", ")}`,
  );
  if (run.wrong.length > 0) process.exitCode = 1;
});

// `npm run bench`: how fast and how small the worker is, side by side with what else could be used. benches/README.md says what is
// measured and how fair that is.
//
//   --only GROUPS    of relay, fanout, join, wake, cold, memory, bytes; parted by commas
//   --rivals NAMES   of empty, plain, partyserver, peerserver, matchbox, native; parted by commas
//   --rounds N       how often each is measured (15)
//   --quick          a twentieth of everything, in 2 rounds: whether it runs, not how fast
//   --json FILE      writes an object with an entry for each pairing to a file
//   --table FILE     measures nothing, and shows such a file as a table

import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ensureNodeModules, ensureRust, main, Problem, ranInOwnNode, say } from "./setup.js";

const GROUPS = ["relay", "fanout", "join", "wake", "cold", "memory", "bytes"];

await main(async () => {
  ensureNodeModules();
  ensureRust();
  if (ranInOwnNode()) return;
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: GROUPS.join() },
      rivals: { type: "string" },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      table: { type: "string" },
    },
  });
  const { table } = await import("../benches/report.js");
  if (values.table !== undefined) {
    console.log(table(JSON.parse(readFileSync(values.table, "utf8"))));
    return;
  }
  const only = values.only.split(",");
  const unknown = only.filter((group) => !GROUPS.includes(group));
  if (unknown.length > 0) throw new Problem(`nothing is called ${unknown.join(", ")}; there are ${GROUPS.join(", ")}`);
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 15));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Problem("--rounds takes a whole number from 1");

  const { compare } = await import("../benches/compare.js");
  const { json, quick } = values;
  const entries = await compare({ only, rivals: values.rivals?.split(",") ?? null, rounds, quick }, (sofar) => {
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(sofar, null, 2)}\n`);
  });
  console.log(`\n${table(entries)}\n`);
  say(
    "medians, ± half of what lies between the quartiles, and in bold ours divided by theirs; ↑ more is better, ↓ less is better",
  );
});

// `npm run fuzz -- --minutes N`: fuzzes the core with libFuzzer (`cargo fuzz`), each target for N minutes, one after the other.
//
//   --minutes N   how long for each target; parts of one are fine (5)
//   --target T    only this one: frames, requests, tokens, stored or room
//   --keep        afterwards, keep what was found worth keeping: the least number of inputs with the same coverage becomes
//                 fuzz/corpus/T, which `npm test` replays
//
// What is found on the way stays in build/fuzz/T, and the next run begins with it. What makes a target fail stays in
// build/fuzz/failures/T.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { ask, ensureRust, environment, main, Problem, root, run, say } from "./setup.js";

const VERSION = "0.13.2";
const HOST = /host: (.+)/;
const tools = path.join(root, ".tools");
const fuzz = path.join(root, "fuzz");
const scratch = path.join(root, "build", "fuzz");
const targets = ["frames", "requests", "tokens", "stored", "room"];

/** The longest input that a target is given, in bytes. @type {Record<string, number>} */
const longest = { frames: 512, requests: 512, tokens: 512, stored: 1024, room: 400 };

/** libFuzzer needs unstable flags of the compiler. They are allowed to the project's own, which is there: no other is fetched. */
const unstable = { RUSTC_BOOTSTRAP: "1" };

await main(async () => {
  const { values } = parseArgs({
    options: { minutes: { type: "string", default: "5" }, target: { type: "string" }, keep: { type: "boolean" } },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Problem("--minutes takes a number above 0");
  if (values.target !== undefined && !targets.includes(values.target)) {
    throw new Problem(`no target is called ${values.target}; there are ${targets.join(", ")}`);
  }
  ensureRust();
  ensureFuzzer();
  const wanted = values.target === undefined ? targets : [values.target];
  say(`compiling ${wanted.length === 1 ? wanted[0] : `${wanted.length} targets`}`);
  for (const target of wanted) run(...cargoFuzz("build", target), unstable);
  const results = [];
  for (const target of wanted) {
    say(`fuzzing ${target} for ${minutes} ${minutes === 1 ? "minute" : "minutes"}`);
    results.push(await fuzzOne(target, minutes));
    if (values.keep && results.at(-1)?.failures.length === 0) keep(target);
  }
  console.log("\ntarget      minutes        runs    covered   inputs  found");
  for (const { target, seconds, runs, covered, inputs, failures } of results) {
    const figures = [(seconds / 60).toFixed(1), runs, covered, inputs, failures.length || "nothing"];
    const widths = [7, 12, 11, 9, 9];
    console.log(
      target.padEnd(11) + figures.map((figure, place) => String(figure).padStart(widths[place] ?? 0)).join(""),
    );
  }
  for (const { target, failures } of results) {
    for (const failure of failures) console.log(`\n${target} failed; once more: ${again(target, failure)}`);
  }
  if (results.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
});

/** cargo-fuzz, of one version, in a folder of the project's own. */
function ensureFuzzer() {
  const installed = ask(path.join(tools, "bin", "cargo-fuzz"), ["--version"]);
  if (installed?.endsWith(` ${VERSION}`)) return;
  if (ask("c++", ["--version"]) === null) {
    throw new Problem("libFuzzer is C++ and there is no compiler for it; on Debian: sudo apt-get install g++");
  }
  say(`installing cargo-fuzz ${VERSION} in .tools (once, about a minute)`);
  run("cargo", ["install", "--locked", "--quiet", "--force", "--root", tools, `cargo-fuzz@${VERSION}`]);
}

/**
 * @param {string} command
 * @param {...string} args
 * @returns {[string, string[]]}
 */
function cargoFuzz(command, ...args) {
  const host = HOST.exec(ask("rustc", ["-vV"]) ?? "")?.[1] ?? "";
  const target = path.join(root, "target", "fuzz");
  const where = ["--fuzz-dir", fuzz, "--target-dir", target, "--target", host];
  return [path.join(tools, "bin", "cargo-fuzz"), ["fuzz", command, ...where, ...args]];
}

/** @param {string} target @param {string} input */
function again(target, input) {
  const [command, args] = cargoFuzz("run", target, input);
  return ["RUSTC_BOOTSTRAP=1", command, ...args].map((part) => part.replace(`${root}${path.sep}`, "")).join(" ");
}

/**
 * @typedef {object} Result
 * @property {string} target
 * @property {number} seconds
 * @property {number} runs how many inputs were tried
 * @property {number} covered how many edges of the program some input goes through
 * @property {number} inputs how many inputs were worth keeping
 * @property {string[]} failures the inputs that made it fail
 */

/**
 * @param {string} target
 * @param {number} minutes
 * @returns {Promise<Result>}
 */
async function fuzzOne(target, minutes) {
  const found = path.join(scratch, target);
  const failures = path.join(scratch, "failures", target);
  for (const folder of [found, failures]) mkdirSync(folder, { recursive: true });
  const before = new Set(readdirSync(failures));
  const [command, args] = cargoFuzz("run", target, found, path.join(fuzz, "corpus", target), "--");
  const dictionary = path.join(fuzz, "dictionaries", target);
  const options = [
    `-max_total_time=${Math.ceil(minutes * 60)}`,
    `-max_len=${longest[target]}`,
    `-artifact_prefix=${failures}${path.sep}`,
    "-timeout=60",
    "-rss_limit_mb=1024",
    "-print_final_stats=1",
    ...(existsSync(dictionary) ? [`-dict=${dictionary}`] : []),
  ];
  const started = Date.now();
  const child = spawn(command, [...args, ...options], {
    cwd: root,
    env: { ...environment(), ...unstable },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((resolve, reject) => child.once("exit", resolve).once("error", reject));
  let [runs, covered, inputs, told] = [0, 0, 0, started];
  /** @type {string[]} */
  const last = [];
  for await (const line of createInterface({ input: child.stderr })) {
    last.push(line);
    if (last.length > 60) last.shift();
    const status = /^#(\d+)\s.* cov: (\d+) .*corp: (\d+)\//.exec(line);
    if (status === null) continue;
    [runs, covered, inputs] = [Number(status[1]), Number(status[2]), Number(status[3])];
    if (Date.now() - told < 60_000) continue;
    told = Date.now();
    const rate = Math.round(runs / ((told - started) / 1000));
    say(`${target}: ${runs} runs, ${rate} a second, ${covered} edges covered by ${inputs} inputs`);
  }
  const code = await ended;
  const executed = /number_of_executed_units: (\d+)/.exec(last.join("\n"))?.[1];
  const fresh = readdirSync(failures).filter((name) => !before.has(name));
  if (code !== 0) {
    console.error(last.join("\n"));
    if (fresh.length === 0) throw new Problem(`the fuzzer of ${target} ended with ${code}`);
  }
  return {
    target,
    seconds: (Date.now() - started) / 1000,
    runs: Number(executed ?? runs),
    covered,
    inputs,
    failures: fresh.map((name) => path.join(failures, name)),
  };
}

/**
 * Makes the committed inputs of a target the fewest that cover what all covered that are there.
 *
 * @param {string} target
 */
function keep(target) {
  const corpus = path.join(fuzz, "corpus", target);
  const fewest = path.join(scratch, "fewest");
  rmSync(fewest, { recursive: true, force: true });
  mkdirSync(fewest, { recursive: true });
  // Which edges are taken counts, not how often: else there would be a thousand inputs to replay.
  const options = ["-set_cover_merge=1", "-use_counters=0", `-max_len=${longest[target]}`, "-verbosity=0"];
  run(...cargoFuzz("run", target, fewest, corpus, path.join(scratch, target), "--", ...options), unstable);
  rmSync(corpus, { recursive: true, force: true });
  renameSync(fewest, corpus);
  const names = readdirSync(corpus);
  const bytes = names.reduce((sum, name) => sum + readFileSync(path.join(corpus, name)).length, 0);
  say(`${target}: ${names.length} inputs kept, ${bytes} bytes`);
}

// `npm test`: every check there is, in the order in which they find something soonest, with a summary at the end.
// `npm test -- worker browser` runs only those named.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { loadManifest, loadTarget } from "../benches/load.js";
import { build } from "./build.js";
import {
  ask,
  bin,
  ensureNodeModules,
  ensureRust,
  environment,
  main,
  Problem,
  root,
  run,
  say,
  wasmTarget,
} from "./setup.js";

/** The most that the deployed script may take, gzipped, in bytes. */
const SCRIPT_LIMIT = 150 * 1024;

const node = path.join(bin, "node");
const deployed = path.join(root, "build", "deploy");

/** @typedef {{ name: string, does: string, run: () => void | Promise<void> }} Check */

/** @type {Check[]} */
const checks = [
  {
    name: "fmt",
    does: "Rust is formatted",
    run: () => {
      run("cargo", ["fmt", "--all", "--check"]);
      run("cargo", ["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]);
      run("cargo", ["fmt", "--manifest-path", loadManifest, "--check"]);
    },
  },
  {
    name: "clippy",
    does: "Rust lints, native and wasm",
    run: () => {
      const strict = ["--quiet", "--locked", "--", "-D", "warnings"];
      run("cargo", ["clippy", "--workspace", "--all-targets", ...strict]);
      run("cargo", ["clippy", "--target", wasmTarget, ...strict]);
      run("cargo", ["clippy", "--manifest-path", loadManifest, "--target-dir", loadTarget, ...strict]);
    },
  },
  {
    name: "doc",
    does: "Rust documentation without warnings",
    run: () => {
      const strict = { RUSTDOCFLAGS: "-D warnings" };
      run("cargo", ["doc", "--quiet", "--locked", "--no-deps", "--document-private-items"], strict);
      run(
        "cargo",
        ["doc", "--quiet", "--locked", "--no-deps", "--document-private-items", "--target", wasmTarget],
        strict,
      );
    },
  },
  { name: "biome", does: "JavaScript and CSS lints", run: () => run(path.join(bin, "biome"), ["ci", "."]) },
  { name: "tsc", does: "JavaScript types", run: () => run(path.join(bin, "tsc"), ["-p", "tsconfig.json"]) },
  { name: "native", does: "the core, natively", run: () => run("cargo", ["test", "--quiet", "--locked"]) },
  { name: "client", does: "the client library against fakes", run: () => nodeTests("client") },
  { name: "build", does: "the worker builds and is small enough", run: buildAndMeasure },
  { name: "worker", does: "the worker on workerd", run: () => nodeTests("worker") },
  { name: "package", does: "the library as an npm package", run: () => nodeTests("package") },
  {
    name: "bench",
    does: "the benchmark runs",
    run: () => {
      // Optimised, as the tests below need it anyway.
      run("cargo", [
        "test",
        "--quiet",
        "--locked",
        "--release",
        "--manifest-path",
        loadManifest,
        "--target-dir",
        loadTarget,
      ]);
      return nodeTests("bench");
    },
  },
  {
    name: "browser",
    does: "the page in Chromium and Firefox",
    run: () => {
      ensureBrowsers();
      ensureSound();
      return nodeTests("browser");
    },
  },
  {
    name: "chaos",
    does: "calls and signals while everything fails",
    run: () => {
      ensureBrowsers();
      return nodeTests("chaos");
    },
  },
];

function buildAndMeasure() {
  build();
  rmSync(deployed, { recursive: true, force: true });
  const wrangler = path.join(root, "node_modules", "wrangler", "bin", "wrangler.js");
  const args = [wrangler, "deploy", "--dry-run", "--outdir", deployed];
  const done = spawnSync(node, args, { cwd: root, encoding: "utf8", env: environment() });
  if (done.status !== 0) {
    throw new Problem(`\`wrangler deploy --dry-run\` failed:\n${done.stdout}\n${done.stderr}`);
  }
  const uploaded = readdirSync(deployed).filter((file) => /\.(js|wasm)$/.test(file));
  const size = uploaded.reduce((sum, file) => sum + gzipSync(readFileSync(path.join(deployed, file))).length, 0);
  console.log(`the script is ${(size / 1024).toFixed(1)} KiB gzipped, of ${SCRIPT_LIMIT / 1024} KiB`);
  if (size > SCRIPT_LIMIT) {
    throw new Problem("the script is too large");
  }
}

/** @param {string} folder */
async function nodeTests(folder) {
  const files = readdirSync(path.join(root, "tests", folder))
    .filter((file) => file.endsWith(".test.js"))
    .map((file) => path.join("tests", folder, file));
  // One file at a time: each has a server of its own, and the browsers want the machine to themselves.
  const child = spawn(node, ["--test", "--test-concurrency=1", "--test-reporter=spec", ...files], {
    cwd: root,
    stdio: "inherit",
    env: { ...environment(), SWITCHBOARD_PREPARED: existsSync(deployed) ? "1" : "" },
  });
  const code = await new Promise((resolve) => child.on("exit", resolve));
  if (code !== 0) {
    throw new Problem(`tests failed in tests/${folder}`);
  }
}

/** The browsers, and the TURN server that they are sent through. */
function ensureBrowsers() {
  const packages = { chromium: "chromium", "firefox-esr": "firefox-esr", turnserver: "coturn" };
  const missing = Object.entries(packages).filter(([command]) => ask(command, ["--version"]) === null);
  if (missing.length === 0) {
    return;
  }
  const names = missing.map(([, name]) => name);
  if (!mayInstall()) {
    throw new Problem(
      `missing for the browser tests: ${names.join(", ")}; on Debian: sudo apt-get install ${names.join(" ")}`,
    );
  }
  install(names);
  // The package makes a service of it, which nobody has asked for.
  if (names.includes("coturn")) ask("systemctl", ["disable", "--now", "coturn"]);
}

/** The sound server with whose microphones it is tested that they may be pulled out. Where it is missing, that is skipped. */
function ensureSound() {
  if (ask("pulseaudio", ["--version"]) !== null || !mayInstall()) {
    return;
  }
  try {
    install(["pulseaudio"]);
  } catch (error) {
    if (!(error instanceof Problem)) {
      throw error;
    }
    say(`${error.message}: the tests of microphones that are pulled out will be skipped`);
  }
}

function mayInstall() {
  return process.getuid?.() === 0 && ask("apt-get", ["--version"]) !== null;
}

/** @param {string[]} names of Debian's packages */
function install(names) {
  say(`installing ${names.join(" and ")} (once)`);
  const quiet = { DEBIAN_FRONTEND: "noninteractive" };
  run("apt-get", ["update", "-qq"], quiet);
  run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], quiet);
}

await main(async () => {
  ensureNodeModules();
  ensureRust();
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !checks.some((check) => check.name === name));
  if (unknown.length > 0) {
    throw new Problem(
      `no check is called ${unknown.join(", ")}; there are ${checks.map(({ name }) => name).join(", ")}`,
    );
  }
  const results = [];
  for (const check of checks.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    console.log(`\n── ${check.name}: ${check.does}`);
    const started = Date.now();
    /** @type {string | null} */
    let failure = null;
    try {
      await check.run();
    } catch (error) {
      failure = error instanceof Problem ? error.message : String(error);
      console.error(failure);
    }
    results.push({ ...check, failure, seconds: Math.round((Date.now() - started) / 1000) });
  }
  console.log("\n── summary");
  for (const { name, does, failure, seconds } of results) {
    console.log(`${failure ? "✖" : "✔"} ${name.padEnd(8)} ${String(seconds).padStart(4)} s  ${does}`);
  }
  const failed = results.filter(({ failure }) => failure).length;
  console.log(`\nchecks: ${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
});

// Builds the worker into build/: index.js and index_bg.wasm, which src/edge/worker.js imports, and public/, which is served
// beside it. `wrangler` runs this before it bundles; a build of what is already built takes a second.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assemble } from "./assets.js";
import { bin, ensureNodeModules, ensureRust, main, root, run, say, wasmTarget } from "./setup.js";

const out = path.join(root, "build");
const staging = path.join(out, "staging");
const stamp = path.join(out, "stamp");
/** From how many UTF-16 units on a string is better encoded at once. */
const SHORT_STRING = 128;

const target = process.env.CARGO_TARGET_DIR ?? path.join(root, "target");

/** @param {string[]} files */
function fingerprint(files) {
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(readFileSync(file));
  }
  return hash.digest("hex");
}

/**
 * @param {string} text
 * @param {string} part that must be in it, once
 * @param {string} by
 */
function replaced(text, part, by) {
  const [before, after, ...more] = text.split(part);
  if (after === undefined || more.length > 0) {
    throw new Error(`wasm-bindgen no longer writes "${part}", once: see what it writes now`);
  }
  return `${before}${by}${after}`;
}

export function build() {
  assemble();
  const compiled = path.join(target, wasmTarget, "release", "switchboard.wasm");
  const bindgen = path.join(target, "debug", process.platform === "win32" ? "bindgen.exe" : "bindgen");
  const isFirst = !existsSync(compiled);
  if (isFirst) {
    say("compiling the worker (the first time takes about two minutes; later times are quick)");
  }
  const quiet = isFirst ? [] : ["--quiet"];
  run("cargo", ["build", ...quiet, "--locked", "--package", "bindgen"]);
  run("cargo", ["build", ...quiet, "--locked", "--release", "--lib", "--target", wasmTarget]);

  const current = fingerprint([compiled, bindgen, fileURLToPath(import.meta.url)]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === current) {
    return;
  }
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  run(bindgen, [compiled, staging]);

  const script = path.join(staging, "index.js");
  let text = readFileSync(script, "utf8");
  // The bundler takes a module's import for what the source phase import stands for.
  text = replaced(text, "import source wasmModule", "import wasmModule");
  // Character by character is the faster way into the module's memory for short strings only.
  text = replaced(text, "for (; offset < len; offset++)", `for (; offset < len && len < ${SHORT_STRING}; offset++)`);
  writeFileSync(script, text);

  const wasm = path.join(staging, "index_bg.wasm");
  const features = [
    "bulk-memory",
    "multivalue",
    "mutable-globals",
    "nontrapping-float-to-int",
    "reference-types",
    "sign-ext",
    "simd",
  ];
  const passes = ["-O3", "--strip-target-features", ...features.map((feature) => `--enable-${feature}`)];
  run(path.join(bin, "node"), [path.join(bin, "wasm-opt"), ...passes, wasm, "-o", wasm]);

  for (const name of ["index.js", "index_bg.wasm"]) {
    renameSync(path.join(staging, name), path.join(out, name));
  }
  rmSync(staging, { recursive: true });
  writeFileSync(stamp, current);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(() => {
    ensureNodeModules();
    ensureRust();
    build();
  });
}

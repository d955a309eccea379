// What has to be on the machine before anything can be built, found or installed once. Uses nothing but Node itself,
// because it runs before the node modules are there.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const bin = path.join(root, "node_modules", ".bin");
export const wasmTarget = "wasm32-unknown-unknown";

/** Somebody has to do something about it: shown without a stack. */
export class Problem extends Error {}

/** @param {string} text */
export function say(text) {
  console.log(`switchboard: ${text}`);
}

/**
 * The environment for what the project runs: its own tools and its own recent Node come first.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function environment() {
  return { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ""}`, WRANGLER_SEND_METRICS: "false" };
}

/**
 * Runs a command to its end, with its output on the terminal.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [more] further environment variables
 */
export function run(command, args, more = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...environment(), ...more } });
  if (done.error || done.status !== 0) {
    const why = done.error ? done.error.message : `exit code ${done.status ?? done.signal}`;
    throw new Problem(`\`${[command, ...args].join(" ")}\` failed (${why})`);
  }
}

/**
 * Runs a command and gives what it printed, or null if it failed.
 *
 * @param {string} command
 * @param {string[]} args
 */
export function ask(command, args) {
  const done = spawnSync(command, args, { cwd: root, encoding: "utf8", env: environment() });
  return done.error || done.status !== 0 ? null : done.stdout.trim();
}

/** @param {string} file */
function modified(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

export function ensureNodeModules() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) {
    throw new Problem(`Node ${process.version} is too old: install Node 20 or later from https://nodejs.org`);
  }
  // npm writes this file last, so it is newer than the lock file it was made from.
  const installed = modified(path.join(root, "node_modules", ".package-lock.json"));
  if (installed > 0 && installed >= modified(path.join(root, "package-lock.json"))) {
    return;
  }
  say("installing the node modules (once, about half a minute)");
  run("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"]);
}

/**
 * Whether a script that needs a recent Node was handed over to the project's own, and has been run there: then there is nothing left to do.
 */
export function ranInOwnNode() {
  if (Number(process.versions.node.split(".")[0]) >= 22) return false;
  const done = spawnSync(path.join(bin, "node"), process.argv.slice(1), { stdio: "inherit", env: environment() });
  process.exitCode = done.status ?? 1;
  return true;
}

export function ensureRust() {
  const channel = /channel = "([^"]+)"/.exec(readFileSync(path.join(root, "rust-toolchain.toml"), "utf8"))?.[1] ?? "";
  if (ask("cargo", ["--version"]) === null && ask("rustup", ["--version"]) === null) {
    throw new Problem(
      "cargo is missing: install Rust with `curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh`, then open a new terminal",
    );
  }
  const hasTarget = () => {
    const sysroot = ask("rustc", ["--print", "sysroot"]);
    return sysroot !== null && existsSync(path.join(sysroot, "lib", "rustlib", wasmTarget));
  };
  if (hasTarget()) {
    return;
  }
  if (ask("rustup", ["--version"]) === null) {
    throw new Problem(
      `this Rust has no ${wasmTarget} target and there is no rustup to add it: install rustup from https://rustup.rs`,
    );
  }
  say(`installing Rust ${channel} with its ${wasmTarget} target (once)`);
  const components = ["--component", "rustfmt", "--component", "clippy", "--target", wasmTarget];
  if (ask("rustup", ["run", channel, "rustc", "--version"]) === null) {
    run("rustup", ["toolchain", "install", channel, "--profile", "minimal", ...components]);
  } else {
    run("rustup", ["target", "add", "--toolchain", channel, wasmTarget]);
  }
  if (!hasTarget()) {
    throw new Problem(`rustup has not installed ${wasmTarget} for Rust ${channel}`);
  }
}

/**
 * Runs a script's main function and shows what went wrong as a person can read it.
 *
 * @param {() => void | Promise<void>} body
 */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof Problem) && !isAboutArguments(error)) {
      throw error;
    }
    console.error(`switchboard: ${error.message}`);
    process.exitCode = 1;
  }
}

/**
 * Whether `parseArgs` has thrown it: then it says what is wrong with the command line.
 *
 * @param {unknown} error
 * @returns {error is Error}
 */
function isAboutArguments(error) {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
}

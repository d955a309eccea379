// The native load client, as a function.

import { spawn } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { root, run } from "../scripts/setup.js";

export const loadManifest = path.join(root, "benches", "load", "Cargo.toml");
export const loadTarget = path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, "target"), "benches");
export const loadBinary = path.join(loadTarget, "release", "load");

export function buildLoad() {
  const at = ["--manifest-path", loadManifest, "--target-dir", loadTarget];
  run("cargo", ["build", "--quiet", "--locked", "--release", ...at]);
}

/**
 * How a server is spoken to: see benches/load/src/dialect.rs.
 *
 * @typedef {"switchboard" | "party" | "forward" | "peerjs" | "matchbox"} Dialect
 */

let rooms = 0;

/** A name that no other room of this run has. */
function freshRoom() {
  rooms += 1;
  return `bench-${rooms}`;
}

/**
 * @param {{ address: string, pid?: number }} server
 * @param {Dialect} dialect
 * @param {{ measure: string, [parameter: string]: unknown }} measurement
 */
function spawnLoad({ address, pid }, dialect, measurement, room = freshRoom()) {
  const job = JSON.stringify({ address, pid, dialect, room, ...measurement });
  const child = spawn(loadBinary, [job], { stdio: ["pipe", "pipe", "pipe"] });
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  /** @type {string[]} */
  const lines = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    child.emit("said");
  });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    complaint += text;
  });
  const done = new Promise((resolve, reject) => {
    child.once("close", (code) => {
      process.off("exit", kill);
      if (code === 0) resolve(lines.at(-1) ?? "");
      else reject(new Error(`${complaint.trim()}, while it did ${job}`));
    });
  });
  /** The first line of its output, which comes while it runs. */
  const held = new Promise((resolve) => child.once("said", resolve));
  return { child, done, held };
}

/**
 * Plays peers against a server, and says what was measured.
 *
 * @param {{ address: string, pid?: number }} server
 * @param {Dialect} dialect
 * @param {{ measure: string, [parameter: string]: unknown }} measurement one of `Measurement` in benches/load/src/main.rs
 * @param {string} [room]
 * @returns {Promise<any>}
 */
export async function load(server, dialect, measurement, room) {
  return JSON.parse(await spawnLoad(server, dialect, measurement, room).done);
}

/**
 * Holds rooms open while `during` runs.
 *
 * @template T
 * @param {{ address: string, pid?: number }} server
 * @param {Dialect} dialect
 * @param {{ rooms: number, sockets: number, control?: string | undefined }} rooms how many, with how many sockets each, and what puts them to
 *   sleep
 * @param {() => T} during
 * @returns {Promise<T>}
 */
export async function hold(server, dialect, rooms, during) {
  const { child, done, held } = spawnLoad(server, dialect, { measure: "hold", ...rooms });
  await Promise.race([held, done]);
  const found = during();
  child.stdin.end();
  await done;
  return found;
}

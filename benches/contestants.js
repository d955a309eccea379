// Who is measured, and how each is started.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { bin, environment, Problem, root, run, say } from "../scripts/setup.js";
import { load, loadBinary } from "./load.js";
import { ours, rival } from "./workerd.js";

/** @typedef {import("./workerd.js").Running} Running */

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {import("./load.js").Dialect} dialect
 * @property {import("./workerd.js").Worker} [worker] where it is one: it can be started afresh
 * @property {() => Promise<Running>} start
 */

const MATCHBOX = "0.15.0";

/** Us, who are measured beside everybody. */
export const OURS = "switchboard";

/** @type {Record<string, () => Contestant>} */
const makers = {
  [OURS]: () => onWorkerd(OURS, "switchboard", ours()),
  empty: () => onWorkerd("empty", "forward", rival("empty")),
  plain: () => onWorkerd("plain", "switchboard", rival("plain")),
  partyserver: () => onWorkerd("partyserver", "party", rival("partyserver")),
  peerserver: () => ({ name: "peerserver", dialect: "peerjs", start: startPeerServer }),
  matchbox: () => ({ name: "matchbox", dialect: "matchbox", start: startMatchbox }),
  native: () => ({ name: "native", dialect: "forward", start: startForwarder }),
};

export const names = Object.keys(makers);

/** @param {string} name one of `names` */
export function contestant(name) {
  const make = makers[name];
  if (make === undefined) throw new Problem(`nobody is called ${name}; there are ${names.join(", ")}`);
  return make();
}

/**
 * @param {string} name
 * @param {import("./load.js").Dialect} dialect
 * @param {import("./workerd.js").Worker} worker
 * @returns {Contestant}
 */
function onWorkerd(name, dialect, worker) {
  return { name, dialect, worker, start: worker.start };
}

/** A port that nobody listens on at the moment. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 */
function spawned(command, args, { env = {} } = {}) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...environment(), ...env } });
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    process.off("exit", kill);
    kill();
    await gone;
  };
  return { child, pid: child.pid ?? 0, stop };
}

/** PeerServer as its own command starts it. */
async function startPeerServer() {
  const port = await freePort();
  const cli = path.join(root, "node_modules", "peer", "dist", "bin", "peerjs.js");
  const { child, pid, stop } = spawned(path.join(bin, "node"), [cli, "--host", "127.0.0.1", "--port", String(port)]);
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes("Started PeerServer")) break;
  }
  child.stdout.resume();
  return { address: `127.0.0.1:${port}`, pid, stop };
}

/** matchbox_server as it is published, but for its log, which has a line for each signal. */
async function startMatchbox() {
  const tools = path.join(root, ".tools");
  const binary = path.join(tools, "bin", "matchbox_server");
  if (!existsSync(binary)) {
    say(`compiling matchbox_server ${MATCHBOX} (once, about two minutes)`);
    run("cargo", ["install", "--quiet", "--locked", "--root", tools, "--version", MATCHBOX, "matchbox_server"]);
  }
  const address = `127.0.0.1:${await freePort()}`;
  const { pid, stop } = spawned(binary, [address], { env: { RUST_LOG: "error" } });
  const running = { address, pid, stop };
  for (let tries = 0; ; tries += 1) {
    try {
      await load(running, "matchbox", { measure: "call" }, "first");
      return running;
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** A forwarder in Rust, by the library of the load client: what that client could do if the server were no limit. */
async function startForwarder() {
  const { child, pid, stop } = spawned(loadBinary, ["serve"]);
  for await (const address of createInterface({ input: child.stdout })) return { address, pid, stop };
  throw new Problem("the native forwarder did not start");
}

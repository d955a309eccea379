// workerd alone: one process with one worker, and nothing in front of it.

import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { unstable_readConfig } from "wrangler";
import { deployed } from "../tests/support/server.js";

/** The one that wrangler brings along. */
const workerd = /** @type {string} */ (createRequire(import.meta.resolve("wrangler"))("workerd").default);
const here = path.dirname(fileURLToPath(import.meta.url));
const config = unstable_readConfig({ config: path.join(path.dirname(here), "wrangler.toml") });

/**
 * What every worker gets: the variables of wrangler.toml, but with room for the load.
 *
 * @type {Record<string, string>}
 */
export const vars = {
  .../** @type {Record<string, string>} */ (config.vars),
  ROOM_CAPACITY: "1024",
  MESSAGES_PER_SECOND: "100000",
};

/**
 * @typedef {object} Running
 * @property {string} address host and port
 * @property {number} pid
 * @property {string} [control] host and port of what puts rooms to sleep
 * @property {() => Promise<void>} stop
 */

/**
 * A worker that can be started any number of times, each time with nothing stored.
 *
 * @typedef {object} Worker
 * @property {() => Promise<Running>} start
 * @property {(port: number) => { command: string[], clean: () => void }} cold how to start it on a port, without the worker beside it
 */

/**
 * Our own worker, as `wrangler deploy` would upload it.
 *
 * @returns {Worker}
 */
export function ours() {
  const files = readdirSync(deployed).filter((file) => /\.(js|wasm)$/.test(file));
  return worker((folder) => {
    for (const file of files) copyFileSync(path.join(deployed, file), path.join(folder, file));
    // The first module is the one that is run.
    return files.sort((one) => (one.endsWith(".js") ? -1 : 1));
  });
}

/**
 * A rival's, in one minified file, as `wrangler deploy` makes it of ours.
 *
 * @param {string} name
 * @returns {Worker}
 */
export function rival(name) {
  return worker((folder) => {
    bundle(path.join(here, "rivals", name, "worker.js"), path.join(folder, "worker.js"));
    return ["worker.js"];
  });
}

/**
 * @param {string} from
 * @param {string} to
 */
function bundle(from, to) {
  const external = ["cloudflare:*", "workerd:*"];
  buildSync({
    entryPoints: [from],
    outfile: to,
    bundle: true,
    format: "esm",
    target: "es2024",
    minify: true,
    external,
  });
}

/**
 * @param {(folder: string) => string[]} place puts the modules into a folder, and says which they are
 * @returns {Worker}
 */
function worker(place) {
  const prepare = () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "switchboard-bench-"));
    mkdirSync(path.join(folder, "disk"));
    return { folder, modules: place(folder), clean: () => rmSync(folder, { recursive: true, force: true }) };
  };
  return {
    start: async () => {
      const { folder, modules, clean } = prepare();
      bundle(path.join(here, "rivals", "control.js"), path.join(folder, "control.js"));
      writeFileSync(path.join(folder, "config.capnp"), capnp(folder, modules, { controlled: true }));
      return start(folder, clean);
    },
    cold: (port) => {
      const { folder, modules, clean } = prepare();
      const file = path.join(folder, "config.capnp");
      writeFileSync(file, capnp(folder, modules, { controlled: false }));
      return { command: [workerd, "serve", "--experimental", `--socket-addr=http=127.0.0.1:${port}`, file], clean };
    },
  };
}

/**
 * @param {string} folder
 * @param {() => void} clean
 * @returns {Promise<Running>}
 */
async function start(folder, clean) {
  const args = ["serve", "--experimental", "--control-fd=3", path.join(folder, "config.capnp")];
  const child = spawn(workerd, args, { stdio: ["ignore", "ignore", "inherit", "pipe"] });
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  const gone = new Promise((resolve) => child.once("exit", resolve));
  /** @type {Record<string, number>} */
  const ports = {};
  const events = createInterface({ input: /** @type {import("node:stream").Readable} */ (child.stdio[3]) });
  for await (const line of events) {
    const { event, socket, port } = JSON.parse(line);
    if (event === "listen") ports[socket] = port;
    if (Object.keys(ports).length === 2) break;
  }
  if (child.pid === undefined || Object.keys(ports).length !== 2) throw new Error("workerd did not start");
  return {
    address: `127.0.0.1:${ports.http}`,
    control: `127.0.0.1:${ports.control}`,
    pid: child.pid,
    stop: async () => {
      process.off("exit", kill);
      kill();
      await gone;
      clean();
    },
  };
}

/**
 * workerd's configuration (workerd.capnp in its sources).
 *
 * @param {string} folder
 * @param {string[]} modules
 * @param {{ controlled: boolean }} options
 */
function capnp(folder, modules, { controlled }) {
  const list = modules.map((file) => {
    const kind = file.endsWith(".wasm") ? "wasm" : "esModule";
    return `(name = ${JSON.stringify(file)}, ${kind} = embed ${JSON.stringify(file)})`;
  });
  const texts = Object.entries(vars).map(
    ([name, value]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(value)})`,
  );
  const controlService = controlled ? `(name = "control", worker = .control),` : "";
  const controlSocket = controlled
    ? `(name = "control", address = "127.0.0.1:0", http = (), service = "control"),`
    : "";
  const controlWorker = controlled
    ? `
const control :Workerd.Worker = (
  modules = [(name = "control.js", esModule = embed "control.js")],
  compatibilityDate = ${JSON.stringify(config.compatibility_date)},
  compatibilityFlags = ["unsafe_module"],
  bindings = [(name = "ROOM", durableObjectNamespace = (className = "Room", serviceName = "main"))],
);
`
    : "";
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    ${controlService}
    (name = "disk", disk = (path = ${JSON.stringify(path.join(folder, "disk"))}, writable = true)),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = "main"),
    ${controlSocket}
  ],
);

const main :Workerd.Worker = (
  modules = [${list.join(", ")}],
  compatibilityDate = ${JSON.stringify(config.compatibility_date)},
  bindings = [
    (name = "ROOM", durableObjectNamespace = "Room"),
    ${texts.join(",\n    ")},
  ],
  durableObjectNamespaces = [(className = "Room", uniqueKey = "room", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
);
${controlWorker}`;
}

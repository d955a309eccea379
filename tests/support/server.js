// The built worker on real workerd, for the tests: in one process with them, on a port of its own, with nothing kept.

import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createTestHarness } from "wrangler";
import { development, served } from "../../scripts/assets.js";

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
/** What `wrangler deploy` would upload; `npm test` makes it anew. */
export const deployed = path.join(root, "build", "deploy");

/** Builds what `wrangler deploy` would upload, unless `npm test` has just done so. */
export function prepare() {
  if (process.env.SWITCHBOARD_PREPARED) {
    return;
  }
  // What an earlier build has left has another name.
  rmSync(deployed, { recursive: true, force: true });
  const wrangler = path.join(root, "node_modules", "wrangler", "bin", "wrangler.js");
  const args = [wrangler, "deploy", "--dry-run", "--outdir", deployed];
  const done = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  if (done.status !== 0) {
    throw new Error(`the worker could not be built:\n${done.stdout}\n${done.stderr}`);
  }
}

/**
 * @typedef {object} Server
 * @property {string} url such as `http://127.0.0.1:12345`, without a slash at the end
 * @property {(room: string, sockets?: "hibernate" | "close") => Promise<void>} evict takes the room's object out of memory,
 *   as hibernation does (its sockets stay) or as a deploy does (its sockets are closed)
 * @property {(room: string, sql: string) => Promise<Record<string, unknown>[]>} query reads the storage of a room's object
 * @property {(room: string) => Promise<string[]>} tables what a room's object has stored: the names of its tables, none
 *   where it has stored nothing
 * @property {() => string} logs what the worker has logged so far
 * @property {() => Promise<void>} stop
 */

/**
 * Starts the worker.
 *
 * @param {{ vars?: Record<string, string>, config?: string, guide?: boolean }} [options] variables that differ from those in
 *   wrangler.toml; another configuration file, which is bundled as it says; whether the style guide is served, as `npm start`
 *   does, and not only what is deployed
 * @returns {Promise<Server>}
 */
export async function startServer({ vars = {}, config, guide = false } = {}) {
  prepare();
  const configPath = guide ? withGuide() : path.join(root, config ?? "wrangler.toml");
  const worked = { configPath, ...(config === undefined && { prebuiltWorkerDir: deployed }) };
  // All tests come from one address.
  const harness = createTestHarness({ root, workers: [{ ...worked, vars: { RATE_LIMITS: "off", ...vars } }] });
  const { url } = await harness.listen();
  const worker = harness.getWorker();
  /** @type {Server["query"]} */
  const query = async (room, sql) => {
    const storage = await worker.getDurableObjectStorage("Room", { name: room });
    return /** @type {Record<string, unknown>[]} */ (await storage.exec(sql));
  };
  return {
    url: url.origin,
    evict: (room, sockets = "hibernate") => worker.evictDurableObject("Room", { name: room, webSockets: sockets }),
    query,
    tables: async (room) => {
      // Miniflare keeps the object's name in a table of its own.
      const own = await query(room, "select name from sqlite_master where name != '__miniflare_do_name' order by name");
      return own.map(({ name }) => String(name));
    },
    logs: () =>
      harness
        .getLogs()
        .map((log) => `[${log.level}] ${log.message}`)
        .join("\n"),
    stop: () => harness.close(),
  };
}

/** Writes a configuration that differs from wrangler.toml in the folder that is served, and gives its path. */
function withGuide() {
  const file = `${development}.toml`;
  const directory = (/** @type {string} */ folder, from = root) => `directory = "${path.relative(from, folder)}"`;
  const text = readFileSync(path.join(root, "wrangler.toml"), "utf8");
  writeFileSync(file, text.replace(directory(served), directory(development, path.dirname(file))));
  return file;
}

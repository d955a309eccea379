import { readdirSync } from "node:fs";
import path from "node:path";
import { convertV4MiniflareOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { deployed } from "../support/server.js";

const root = path.dirname(path.dirname(deployed));

/**
 * How miniflare runs the built worker.
 *
 * @param {object} options
 * @param {number} options.port
 * @param {string} options.folder where the storage is kept
 * @param {Record<string, string>} [options.vars] variables that differ from those in wrangler.toml
 * @param {(worker: any) => any} [options.adapt] makes another worker of it
 * @returns {any}
 */
export function workerdOptions({ port, folder, vars = {}, adapt = (worker) => worker }) {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(path.join(root, "wrangler.toml"));
  const module = (/** @type {string} */ name) => path.join(deployed, name);
  const wasm = readdirSync(deployed).find((name) => name.endsWith(".wasm")) ?? "";
  const worker = {
    ...workerOptions,
    name: "switchboard",
    modulesRules: undefined,
    modulesRoot: deployed,
    modules: [
      { type: "ESModule", path: module("worker.js") },
      { type: "CompiledWasm", path: module(wasm) },
    ],
    bindings: { .../** @type {any} */ (workerOptions.bindings), RATE_LIMITS: "off", ...vars },
    assets: {
      .../** @type {any} */ (workerOptions.assets),
      // What public/_redirects says, which only wrangler reads.
      assetConfig: { redirects: { version: 1, staticRules: {}, rules: { "/r/*": { status: 200, to: "/call" } } } },
    },
  };
  const options = { host: "127.0.0.1", port, cf: false, resourcePersistencePath: folder, workers: [adapt(worker)] };
  return convertV4MiniflareOptions(/** @type {any} */ (options));
}

// A deployment that can be killed: the built worker on workerd, in a process of its own, on a fixed port, with its storage in
// a folder. Told over the channel to its parent, it takes objects out of memory.

import { readdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { deployed } from "../support/server.js";

const root = path.dirname(path.dirname(deployed));
const [port, folder] = process.argv.slice(2);
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
  // What is to be found out is whether signals survive, not how many are let through in a second.
  bindings: { .../** @type {any} */ (workerOptions.bindings), MESSAGES_PER_SECOND: "100000", RATE_LIMITS: "off" },
  assets: {
    .../** @type {any} */ (workerOptions.assets),
    // What public/_redirects says, which only wrangler reads.
    assetConfig: { redirects: { version: 1, staticRules: {}, rules: { "/r/*": { status: 200, to: "/call" } } } },
  },
};
const options = {
  host: "127.0.0.1",
  port: Number(port),
  cf: false,
  resourcePersistencePath: folder,
  workers: [worker],
};
const miniflare = new Miniflare(convertV4MiniflareOptions(/** @type {any} */ (options)));
await miniflare.ready;

process.on("message", async (/** @type {{ id: number, room: string, sockets: "hibernate" | "close" }} */ message) => {
  const { id, room, sockets } = message;
  try {
    await miniflare.unsafeEvictDurableObject("switchboard", "Room", { name: room, webSockets: sockets });
  } catch {
    // An object that is not in memory need not be taken out of it.
  }
  process.send?.({ id });
});
process.send?.({ id: 0 });

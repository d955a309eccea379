// `npm start`: builds what needs building, then serves the page and the signaling with `wrangler dev`. Further arguments go
// to wrangler: `npm start -- --port 8790`.

import { spawn } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { development } from "./assets.js";
import { build } from "./build.js";
import { ask, bin, ensureNodeModules, ensureRust, environment, main, root, say } from "./setup.js";

/** How long wrangler gets to end by itself, in milliseconds. */
const PATIENCE = 5000;

function serve() {
  const wrangler = path.join(root, "node_modules", "wrangler", "bin", "wrangler.js");
  const quiet = ["--show-interactive-dev-session=false", "--inspector-port=0"];
  // In a process group of its own, so that all it starts can be ended with it.
  const assets = `--assets=${path.relative(root, development)}`;
  const child = spawn(path.join(bin, "node"), [wrangler, "dev", assets, ...quiet, ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
    detached: true,
    env: environment(),
  });

  /** @param {NodeJS.Signals} signal */
  const signalAll = (signal) => {
    try {
      process.kill(-(child.pid ?? 0), signal);
    } catch {
      // Nothing of the group is left.
    }
  };
  let stopping = false;
  const stop = () => {
    if (!stopping) {
      stopping = true;
      signalAll("SIGTERM");
      setTimeout(() => signalAll("SIGKILL"), PATIENCE).unref();
    }
  };
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, stop);
  }
  // A parent that was killed outright passes no signal on. Between npm and this script there is a shell, which outlives npm.
  const parent = process.ppid;
  const npm = process.env.npm_lifecycle_event ? Number(ask("ps", ["-o", "ppid=", "-p", String(parent)])) : 0;
  setInterval(() => (process.ppid !== parent || (npm > 1 && !isAlive(npm))) && stop(), 500).unref();

  child.on("exit", (code) => {
    signalAll("SIGKILL");
    process.exit(stopping ? 0 : (code ?? 1));
  });
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

await main(() => {
  ensureNodeModules();
  ensureRust();
  build();
  say("starting the server (Ctrl-C stops it)");
  serve();
});

import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { prepare } from "../support/server.js";

const script = path.join(path.dirname(fileURLToPath(import.meta.url)), "server.js");

/** A port that nobody listens on. @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** The worker in a process that can be killed and started again, with all that it stored. */
export class Deployment {
  #port;
  #vars;
  /** Where the storage is kept. */
  folder = mkdtempSync(path.join(tmpdir(), "switchboard-chaos-"));
  /** @type {import("node:child_process").ChildProcess | null} */
  #child = null;
  /** Whether it has said that it is there. */
  #serves = false;
  /** @type {Map<number, () => void>} */
  #waiting = new Map();
  #id = 0;

  /**
   * @param {number} port
   * @param {Record<string, string>} vars
   */
  constructor(port, vars) {
    this.#port = port;
    this.#vars = vars;
  }

  /** @param {Record<string, string>} [vars] variables that differ from those in wrangler.toml */
  static async start(vars = {}) {
    prepare();
    const deployment = new Deployment(await freePort(), vars);
    await deployment.start();
    return deployment;
  }

  get port() {
    return this.#port;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start() {
    const child = fork(script, [String(this.#port), this.folder, JSON.stringify(this.#vars)], {
      // In a group of its own, so that workerd dies with it.
      detached: true,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child = child;
    await new Promise((resolve, reject) => {
      this.#waiting.set(0, () => resolve(undefined));
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
      child.on("message", (/** @type {{ id: number }} */ { id }) => {
        this.#waiting.get(id)?.();
        this.#waiting.delete(id);
      });
    });
    child.removeAllListeners("exit");
    this.#serves = true;
  }

  /** Dead at once, as in a power cut. */
  async kill() {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    this.#serves = false;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await gone;
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }

  /**
   * Takes a room's object out of memory: its sockets stay, as in hibernation, or are closed, as by a deploy.
   *
   * @param {string} room
   * @param {"hibernate" | "close"} sockets
   */
  async evict(room, sockets) {
    const child = this.#child;
    if (child === null || !this.#serves) return;
    const id = ++this.#id;
    await new Promise((resolve) => {
      this.#waiting.set(id, () => resolve(undefined));
      child.send({ id, room, sockets });
    });
  }

  async stop() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

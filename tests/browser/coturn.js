// A real TURN server for the tests: coturn, with credentials that expire, on ports of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

/** The program; `TURNSERVER` in the environment names another. */
const PROGRAM = process.env.TURNSERVER ?? "turnserver";

/** Where relayed addresses are, out of the way of what the system gives out by itself. */
const RELAY_PORTS = [20_000, 20_499];

const REALM = "switchboard.test";

/** A port that nobody listens on. */
async function freePort() {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/**
 * @typedef {object} Coturn
 * @property {string} url for `TURN_URLS`
 * @property {() => string} log what it has said so far
 * @property {(text: string) => Promise<void>} says waits until it has said something
 * @property {() => Promise<void>} stop
 */

/**
 * Starts coturn on loopback.
 *
 * @param {string} secret what it shares with those who make credentials
 * @returns {Promise<Coturn>}
 */
export async function startCoturn(secret) {
  const port = await freePort();
  const folder = mkdtempSync(path.join(tmpdir(), "switchboard-coturn-"));
  const child = spawn(
    PROGRAM,
    [
      "-n",
      "--log-file=stdout",
      "--simple-log",
      "--verbose",
      "--listening-ip=127.0.0.1",
      "--relay-ip=127.0.0.1",
      `--listening-port=${port}`,
      `--min-port=${RELAY_PORTS[0]}`,
      `--max-port=${RELAY_PORTS[1]}`,
      "--use-auth-secret",
      `--static-auth-secret=${secret}`,
      `--realm=${REALM}`,
      "--allow-loopback-peers",
      "--no-cli",
      "--no-tls",
      "--no-dtls",
      `--userdb=${path.join(folder, "turndb")}`,
      `--pidfile=${path.join(folder, "turnserver.pid")}`,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const hear = (/** @type {Buffer} */ chunk) => {
    said += chunk;
    for (const listener of listeners) listener();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const ended = once(child, "exit").catch(() => []);
  /** @param {string} text */
  const says = (text) =>
    new Promise((resolve, reject) => {
      const look = () => {
        if (!said.includes(text)) return;
        listeners.delete(look);
        resolve(undefined);
      };
      listeners.add(look);
      child.once("exit", () => reject(new Error(`coturn ended:\n${said}`)));
      child.once("error", () => reject(new Error("coturn is missing: apt-get install coturn")));
      look();
    });
  await says(`IPv4. UDP listener opened on: 127.0.0.1:${port}`);
  return {
    url: `turn:127.0.0.1:${port}?transport=udp`,
    log: () => said,
    says: (text) => says(text).then(() => undefined),
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

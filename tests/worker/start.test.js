// `npm start`, as people run it: a call, what it stores, the end of every process, and the same call after a restart.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Peer } from "../support/peer.js";
import { family, running } from "./processes.js";
import { bye, expectEach, expectNothingMore, until } from "./support.js";

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const DAY = 24 * 60 * 60 * 1000;
const room = "k7m2-9qxw-3fzt";
const gate = "Qm9iJ3MtZ2F0ZQ";

/** A directory that is gone when the test ends. @param {import("node:test").TestContext} t */
function temporaryDirectory(t) {
  const directory = mkdtempSync(path.join(tmpdir(), "switchboard-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function freePort() {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  assert(address && typeof address === "object");
  server.close();
  await once(server, "close");
  return address.port;
}

/**
 * Runs scripts/start.js until it says that it serves.
 *
 * @param {import("node:test").TestContext} t
 * @param {number} port
 * @param {string} directory
 */
async function start(t, port, directory) {
  const args = ["scripts/start.js", "--port", String(port), "--persist-to", directory];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  /** @type {string[]} */
  const said = [];
  const exited = once(child, "exit");
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await exited;
    }
  });
  createInterface(child.stderr).on("line", (line) => said.push(line));
  const serves = new Promise((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      said.push(line);
      if (line.includes(`Ready on http://localhost:${port}`)) {
        resolve(undefined);
      }
    });
    exited.then(() => reject(new Error(`it ended:\n${said.join("\n")}`)), reject);
  });
  await serves;
  const pid = child.pid;
  assert(pid);
  return {
    url: `http://localhost:${port}`,
    processes: () => family(pid),
    /** What Ctrl-C does. */
    interrupt: async () => {
      child.kill("SIGINT");
      const [code] = await exited;
      return code;
    },
  };
}

/**
 * What the local runtime has stored for the room, read from copies of its files.
 *
 * @param {import("node:test").TestContext} t
 * @param {string} directory
 */
function stored(t, directory) {
  const folder = path.join(directory, "v3", "do", "switchboard-Room");
  const files = readdirSync(folder).filter((file) => file.endsWith(".sqlite"));
  const objects = files.filter((file) => file !== "metadata.sqlite");
  assert.equal(objects.length, 1, files.join(", "));
  const copies = temporaryDirectory(t);
  /** @param {string} file @param {string} sql */
  const read = (file, sql) => {
    for (const part of [file, `${file}-wal`]) {
      if (existsSync(path.join(folder, part))) {
        copyFileSync(path.join(folder, part), path.join(copies, part));
      }
    }
    const database = new DatabaseSync(path.join(copies, file));
    try {
      const query = database.prepare(sql);
      query.setReadBigInts(true);
      return query.all();
    } finally {
      database.close();
    }
  };
  const [object = ""] = objects;
  const tables = read(object, "select name from sqlite_master").map(({ name }) => name);
  return {
    rows: tables.includes("_cf_KV") ? read(object, "select key, value from _cf_KV") : [],
    /** In milliseconds; workerd counts nanoseconds. */
    alarms: read("metadata.sqlite", "select scheduled_time as time from _cf_ALARM").map(({ time }) => {
      assert(typeof time === "bigint");
      return Number(time / 1_000_000n);
    }),
  };
}

test("npm start serves a call, keeps one row, leaves no process, and serves the same call again", async (t) => {
  const directory = temporaryDirectory(t);
  const port = await freePort();

  const server = await start(t, port, directory);
  const health = await fetch(`${server.url}/api/health`);
  assert.equal(health.status, 200);
  const guide = await fetch(`${server.url}/styleguide/`);
  assert.equal(guide.status, 200);
  const opened = Date.now();
  const a = await Peer.join(server, room, { gate });
  const b = await Peer.join(server, room, { gate });
  await a.expect({ type: "joined", peer: b.id });
  for (let n = 0; n < 20; n += 1) {
    a.send({ type: "signal", to: b.id, data: { n } });
    b.send({ type: "signal", data: { n } });
  }
  for (let n = 0; n < 20; n += 1) {
    await b.expect({ type: "signal", from: a.id, data: { n } });
    await a.expect({ type: "signal", from: b.id, data: { n } });
  }
  await expectNothingMore(a, b);

  // A room that idles is one row and one alarm, a day away.
  const { rows, alarms } = stored(t, directory);
  assert.deepEqual(
    rows.map(({ key }) => key),
    ["room"],
  );
  const record = rows.map(({ value }) => Buffer.from(/** @type {Uint8Array} */ (value)).toString("latin1")).join();
  assert(record.includes(a.id), "the record names the host");
  assert(!record.includes(gate), "the record has no more of the gate than its digest");
  assert.equal(alarms.length, 1);
  for (const alarm of alarms) {
    assert(alarm >= opened + DAY && alarm <= Date.now() + DAY, new Date(alarm).toISOString());
  }

  // Ctrl-C ends all of it.
  const processes = server.processes();
  assert(
    processes.some(({ command }) => command.includes("workerd")),
    "workerd runs",
  );
  assert.equal(await server.interrupt(), 0);
  await until(() => !processes.some(running));
  await expectEach([a, b], { type: "close", code: 1006, reason: "" });

  // The same room, from the same directory, on the same port.
  const again = await start(t, port, directory);
  const b2 = await Peer.join(again, room, { gate, resume: b.resume });
  const a2 = await Peer.join(again, room, { gate, resume: a.resume });
  assert.deepEqual([a2.id, a2.welcome.resumed, a2.welcome.host], [a.id, true, a.id]);
  assert.deepEqual([b2.id, b2.welcome.resumed], [b.id, true]);
  assert.deepEqual(a2.welcome.peers, [{ id: b.id, away: false }]);
  await b2.expect({ type: "joined", peer: a.id }, { type: "host", peer: a.id });
  a2.send({ type: "signal", to: b.id, data: "again" });
  await b2.expect({ type: "signal", from: a.id, data: "again" });
  await expectNothingMore(a2, b2);
  assert.equal(stored(t, directory).rows.length, 1);

  // The last one to leave takes with it what is stored.
  await bye(a2);
  await b2.expect({ type: "left", peer: a.id, reason: "bye" }, { type: "host", peer: b.id });
  await bye(b2);
  await until(() => {
    try {
      const { rows, alarms } = stored(t, directory);
      return rows.length + alarms.length === 0;
    } catch {
      // A copy that was made in the middle of a write cannot be read.
      return false;
    }
  });
  const rest = again.processes();
  assert.equal(await again.interrupt(), 0);
  await until(() => !rest.some(running));
});

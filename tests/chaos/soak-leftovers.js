import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";

/**
 * What is left over of the rooms after everybody has gone, once nothing has been for a moment or the time is over: connections
 * to the server, rows and alarms in the storage of all objects, and seats in those rows.
 *
 * @param {{ deployment: import("./deployment.js").Deployment, seconds: number, say: (text: string) => void }} options
 */
export async function leftovers({ deployment, seconds, say }) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const left = { connections: connections(deployment.port), ...stored(deployment.folder) };
    if (Object.values(left).every((count) => count === 0) || Date.now() > deadline) return left;
    say(
      `still there: ${Object.entries(left)
        .map(([what, count]) => `${count} ${what}`)
        .join(", ")}`,
    );
    await pause(5000);
  }
}

/**
 * How many connections the server holds, other than those that were kept for further requests. Where the system does not tell,
 * none.
 *
 * @param {number} port
 */
function connections(port) {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].filter((file) => existsSync(file));
  const lines = tables.flatMap((file) => readFileSync(file, "utf8").split("\n"));
  const established = "01";
  return lines.filter((line) => {
    const [, from = "", , state] = line.trim().split(/\s+/);
    return from.endsWith(local) && state === established;
  }).length;
}

/** @param {string} folder */
function stored(folder) {
  const objects = path.join(folder, "do", "switchboard-Room");
  const copies = mkdtempSync(path.join(tmpdir(), "switchboard-soak-"));
  const left = { rows: 0, seats: 0, alarms: 0 };
  try {
    for (const file of readdirSync(objects).filter((name) => name.endsWith(".sqlite"))) {
      const read = reader(objects, copies, file);
      if (file === "metadata.sqlite") {
        left.alarms += read("_cf_ALARM", "select * from _cf_ALARM").length;
        continue;
      }
      for (const { value } of read("_cf_KV", "select value from _cf_KV")) {
        left.rows += 1;
        const away = /"away":\[([^\]]*)\]/.exec(Buffer.from(/** @type {any} */ (value)).toString("latin1"));
        left.seats += (away?.[1] ?? "").split("peer").length - 1;
      }
    }
    return left;
  } finally {
    rmSync(copies, { recursive: true, force: true });
  }
}

/**
 * Reads a copy, so that the server is not disturbed.
 *
 * @param {string} from
 * @param {string} to
 * @param {string} file
 * @returns {(table: string, sql: string) => Record<string, unknown>[]}
 */
function reader(from, to, file) {
  return (table, sql) => {
    for (const part of [file, `${file}-wal`]) {
      if (existsSync(path.join(from, part))) copyFileSync(path.join(from, part), path.join(to, part));
    }
    const database = new DatabaseSync(path.join(to, file));
    try {
      const tables = database.prepare("select name from sqlite_master where name = ?").all(table);
      if (tables.length === 0) return [];
      const query = database.prepare(sql);
      query.setReadBigInts(true);
      return query.all();
    } finally {
      database.close();
      for (const part of [file, `${file}-wal`, `${file}-shm`]) rmSync(path.join(to, part), { force: true });
    }
  };
}

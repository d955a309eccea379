// What is measured, and with how much of it.

import { readFileSync } from "node:fs";
import { freePort } from "./contestants.js";
import { hold, load } from "./load.js";

/** @typedef {import("./contestants.js").Contestant} Contestant */
/** @typedef {import("./workerd.js").Running} Running */

/**
 * One figure of a measurement.
 *
 * @typedef {object} Figure
 * @property {string} key
 * @property {string} title
 * @property {string} unit
 * @property {"higher" | "lower"} better
 * @property {number} value
 * @property {number} [clientBusy] which part of the time the load client was computing
 */

/**
 * @typedef {object} Measurement
 * @property {string} group what `--only` names
 * @property {string} title
 * @property {string[]} rivals beside whom we are measured
 * @property {(contestant: Contestant, running: Running) => Promise<Figure[]>} take one of it; where it starts a server of its own,
 *   `running` is not used
 * @property {number} [rounds] how often, where that is not as often as all
 */

const WORKERS = ["empty", "plain", "partyserver"];
/** These need a server of one's own, and have no signals to everybody. */
const NATIVE = ["peerserver", "matchbox"];
/** The ceiling of the load client itself. */
const CEILING = "native";

/** @param {boolean} quick a tenth of everything: whether it runs, not how fast */
export function measurements(quick) {
  /** @param {number} count */
  const some = (count) => (quick ? Math.max(2, Math.round(count / 20)) : count);
  return [
    ...[200, 2048, 8192].flatMap((bytes) => relays(bytes, some)),
    ...[8, 32, 256].map((receivers) => fanOut(receivers, some)),
    join(some),
    crowd(quick ? 20 : 200),
    ...[2, 32, 256].map((sockets) => wake(sockets, some)),
    cold(),
    ...(quick ? [100, 1_000] : [1_000, 10_000]).map((rooms) => memory(rooms)),
    call(),
  ];
}

/** @param {number} bytes */
function size(bytes) {
  return bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KB`;
}

/**
 * @param {number} bytes
 * @param {(count: number) => number} some
 * @returns {Measurement[]}
 */
function relays(bytes, some) {
  const rivals = [...WORKERS, ...NATIVE, CEILING];
  const title = `directed relay of ${size(bytes)}`;
  /** @type {Measurement} */
  const pipelined = {
    group: "relay",
    title: `${title}, pipelined`,
    rivals,
    take: async ({ dialect }, server) => {
      const messages = some(bytes > 4096 ? 24_000 : 48_000);
      const took = await load(server, dialect, { measure: "relay", bytes, window: 200, messages });
      const key = `relay.${bytes}.pipelined`;
      return [
        rate(key, `${title}, pipelined`, "signals/s", messages, took),
        computing(key, title, "each signal", messages, took),
      ];
    },
  };
  /** @type {Measurement} */
  const oneByOne = {
    group: "relay",
    title: `${title}, one at a time`,
    rivals,
    take: async ({ dialect }, server) => {
      const took = await load(server, dialect, { measure: "relay-one-by-one", bytes, messages: some(2_000) });
      return [microseconds(`relay.${bytes}.single`, `${title}, one at a time`, took.micros.p50, took)];
    },
  };
  return [pipelined, oneByOne];
}

/**
 * @param {number} receivers
 * @param {(count: number) => number} some
 * @returns {Measurement}
 */
function fanOut(receivers, some) {
  const title = `fan-out of 2 KB to ${receivers}`;
  return {
    group: "fanout",
    title,
    rivals: [...WORKERS, CEILING],
    take: async ({ dialect }, server) => {
      const messages = some(Math.round(40_000 / receivers));
      const took = await load(server, dialect, { measure: "fan-out", receivers, bytes: 2048, window: 8, messages });
      const key = `fanout.${receivers}`;
      return [
        rate(key, title, "deliveries/s", took.deliveries, took),
        computing(key, title, "each delivery", took.deliveries, took),
      ];
    },
  };
}

/**
 * @param {(count: number) => number} some
 * @returns {Measurement}
 */
function join(some) {
  return {
    group: "join",
    title: "join to welcome, alone",
    rivals: WORKERS,
    take: async ({ dialect }, server) => {
      const times = some(40);
      const { opening, joining, serverSeconds } = await load(server, dialect, { measure: "join", times });
      return [
        microseconds("join.opening", "join to welcome, opening a room", opening.p50),
        microseconds("join.joining", "join to welcome, as the second", joining.p50),
        computing("join", "opening a room and joining it", "both", 1, { serverSeconds: serverSeconds / times }),
      ];
    },
  };
}

/**
 * @param {number} peers
 * @returns {Measurement}
 */
function crowd(peers) {
  return {
    group: "join",
    title: `join to welcome, ${peers} at once`,
    rivals: WORKERS,
    take: async ({ dialect }, server) => {
      const { micros, last, clientBusy } = await load(server, dialect, { measure: "crowd", peers });
      const title = `${peers} at once into one room`;
      return [
        microseconds("join.crowd.median", `${title}, the median`, micros.p50, { clientBusy }),
        microseconds("join.crowd.last", `${title}, the last`, last, { clientBusy }),
      ];
    },
  };
}

/**
 * @param {number} sockets
 * @param {(count: number) => number} some
 * @returns {Measurement}
 */
function wake(sockets, some) {
  const title = `wake with ${sockets} sockets to the first frame`;
  return {
    group: "wake",
    title,
    rivals: WORKERS,
    take: async ({ dialect }, server) => {
      const times = some(sockets > 100 ? 10 : 20);
      const took = await load(server, dialect, { measure: "wake", sockets, times, control: server.control });
      return [
        microseconds(`wake.${sockets}`, title, took.micros.p50),
        computing(`wake.${sockets}`, title, "each wake", 1, took),
      ];
    },
  };
}

/** @returns {Measurement} */
function cold() {
  return {
    group: "cold",
    title: "cold start",
    rivals: WORKERS,
    take: async ({ dialect, worker }) => {
      if (worker === undefined) return [];
      const port = await freePort();
      const { command, clean } = worker.cold(port);
      try {
        const took = await load({ address: `127.0.0.1:${port}` }, dialect, { measure: "cold", command });
        return [microseconds("cold", "cold start: from starting workerd to the first who is in", took.joined)];
      } finally {
        clean();
      }
    },
  };
}

/** @param {number} pid */
function residentBytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** How many files and sockets a process may have open, the most that it may ask for. */
function mostOpen() {
  const limits = readFileSync("/proc/self/limits", "utf8");
  return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
}

/**
 * @param {number} wanted
 * @returns {Measurement}
 */
function memory(wanted) {
  // A room of two takes four descriptors, as workerd keeps two for each connection; 200 are for whatever else is open, and for the
  // rooms that are just being opened.
  const rooms = Math.min(wanted, Math.floor((mostOpen() - 200) / 4));
  const title = `${rooms.toLocaleString("en")} idle rooms of two`;
  return {
    group: "memory",
    title,
    rivals: WORKERS,
    rounds: 3,
    take: async ({ dialect, worker }) => {
      if (worker === undefined) return [];
      const server = await worker.start();
      try {
        await load(server, dialect, { measure: "join", times: 20 });
        const before = residentBytes(server.pid);
        const held = { rooms, sockets: 2, control: server.control };
        const after = await hold(server, dialect, held, () => residentBytes(server.pid));
        const each = (after - before) / rooms;
        return [
          bytes(`memory.${wanted}.room`, `memory for each of ${title}, asleep`, each),
          bytes(`memory.${wanted}.socket`, `memory for each socket of ${title}, asleep`, each / 2),
        ];
      } finally {
        await server.stop();
      }
    },
  };
}

/** @returns {Measurement} */
function call() {
  return {
    group: "bytes",
    title: "bytes of a call",
    rivals: ["plain", "partyserver", ...NATIVE],
    rounds: 1,
    take: async ({ dialect }, server) => {
      const took = await load(server, dialect, { measure: "call" });
      return [
        bytes("bytes.call", "bytes on the wire for a call of ten minutes", took.bytes),
        bytes("bytes.heartbeats", "of which are heartbeats", took.heartbeats),
      ];
    },
  };
}

/**
 * @param {string} key
 * @param {string} title
 * @param {string} unit
 * @param {number} count
 * @param {{ seconds: number, clientBusy: number }} took
 * @returns {Figure}
 */
function rate(key, title, unit, count, { seconds, clientBusy }) {
  return { key, title, unit, better: "higher", value: count / seconds, clientBusy };
}

/**
 * The processor time of the server, which other work on the machine disturbs less.
 *
 * @param {string} key
 * @param {string} title
 * @param {string} each
 * @param {number} count
 * @param {{ serverSeconds: number }} took
 * @returns {Figure}
 */
function computing(key, title, each, count, { serverSeconds }) {
  const value = (serverSeconds / count) * 1e6;
  return { key: `${key}.cpu`, title: `${title}, server's CPU for ${each}`, unit: "µs", better: "lower", value };
}

/**
 * @param {string} key
 * @param {string} title
 * @param {number} value
 * @param {{ clientBusy?: number }} [took]
 * @returns {Figure}
 */
function microseconds(key, title, value, { clientBusy } = {}) {
  return { key, title, unit: "µs", better: "lower", value, ...(clientBusy === undefined ? {} : { clientBusy }) };
}

/**
 * @param {string} key
 * @param {string} title
 * @param {number} value
 * @returns {Figure}
 */
function bytes(key, title, value) {
  return { key, title, unit: "B", better: "lower", value };
}

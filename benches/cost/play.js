import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Miniflare } from "miniflare";
import { WebSocket } from "ws";
import { makeKey } from "../../public/client/seal.js";
import { Person } from "../../tests/browser/person.js";
import { workerdOptions } from "../../tests/chaos/workerd.js";
import { deployed, prepare } from "../../tests/support/server.js";

const here = path.dirname(fileURLToPath(import.meta.url));

/** How long the call is, in seconds. */
export const CALL_SECONDS = 3600;

/** How long something may take to reach the meter, in milliseconds. */
const PATIENCE_MS = 20_000;

/**
 * @typedef {object} Meter what an object was asked and did
 * @property {number} wakes how often it was made in memory
 * @property {number} joins upgrades
 * @property {number} looks other HTTP requests: the call page asks whether somebody is inside
 * @property {number} messages WebSocket messages that reached it
 * @property {number} closes
 * @property {number} alarms
 * @property {number} activeMs how long it handled something other than looks, and waited for what it wrote
 * @property {number} lookMs how long it handled looks
 * @property {number} diskMs how long of that it waited for what it wrote
 * @property {number} rowsRead
 * @property {number} rowsWritten
 * @property {string[]} writes what wrote them
 * @property {string[]} frames the beginning of each message
 *
 * @typedef {object} Played
 * @property {Meter} meter
 * @property {number} answered heartbeats that were answered without the object
 * @property {number} candidates ICE candidates that both browsers found
 */

/** The worker and the rivals on workerd, with a meter around each object. */
export class Stand {
  #miniflare;
  #folder;
  url;

  /**
   * @param {Miniflare} miniflare
   * @param {string} folder
   * @param {string} url
   */
  constructor(miniflare, folder, url) {
    this.#miniflare = miniflare;
    this.#folder = folder;
    this.url = url;
  }

  static async start() {
    prepare();
    const folder = mkdtempSync(path.join(tmpdir(), "switchboard-cost-"));
    const adapt = (/** @type {any} */ worker) => ({
      ...worker,
      // Their files are placed beside the built worker's, which they import.
      modules: [source("metered.js"), source("rivals.js"), ...worker.modules],
      durableObjects: {
        ...worker.durableObjects,
        PEERSERVER: { className: "PeerServer", useSQLite: true },
        MATCHBOX: { className: "Matchbox", useSQLite: true },
      },
    });
    // The worker's own log is left on, as it is deployed, and not shown.
    const miniflare = new Miniflare({ ...workerdOptions({ port: 0, folder, adapt }), handleStructuredLogs: () => {} });
    return new Stand(miniflare, folder, (await miniflare.ready).origin);
  }

  /** @param {string} name @returns {Promise<Meter>} */
  async meter(name) {
    return /** @type {any} */ (await (await fetch(`${this.url}/api/meter/${name}`)).json());
  }

  /** @param {string} name @param {(meter: Meter) => boolean} isThere */
  async until(name, isThere) {
    const deadline = Date.now() + PATIENCE_MS;
    let meter = await this.meter(name);
    while (!isThere(meter)) {
      if (Date.now() > deadline) throw new Error(`the meter stays at ${JSON.stringify(meter)}`);
      await pause(20);
      meter = await this.meter(name);
    }
    return meter;
  }

  /** @param {string} className @param {string} name */
  async hibernate(className, name) {
    try {
      await this.#miniflare.unsafeEvictDurableObject("switchboard", className, { name, webSockets: "hibernate" });
    } catch (error) {
      // It has hibernated by itself.
      if (!String(error).includes("not currently running")) throw error;
    }
  }

  async stop() {
    await this.#miniflare.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** @param {string} file */
function source(file) {
  return { type: "ESModule", path: path.join(deployed, file), contents: readFileSync(path.join(here, file), "utf8") };
}

/**
 * A call of two people with real browsers and the call page, as it goes: it is set up, both see each other, the object hibernates,
 * the hour's pings come, and both leave, one after the other. The hour itself is not waited for: nothing else is sent in it.
 *
 * @param {Stand} stand
 * @param {import("puppeteer-core").Browser} browser
 * @param {{ number: number, quietMs: number }} options how long it is watched that nothing else is sent
 * @returns {Promise<Played>}
 */
export async function playOurs(stand, browser, { number, quietMs }) {
  const room = `cost-${process.pid}-${number}`;
  const link = `${stand.url}/r/${room}#${makeKey()}`;
  /** @type {Person[]} */
  const people = [];
  try {
    for (let place = 0; place < 2; place += 1) {
      const person = new Person(await browser.newPage());
      await person.page.evaluateOnNewDocument(watch);
      await person.page.goto(link);
      await person.press("join");
      await person.isIn();
      people.push(person);
    }
    for (const person of people) await person.seesMoving(1);
    // What follows the connection, such as the end of the candidates, has come when nothing has for a while.
    let meter = await stand.meter(room);
    for (let last = -1; last !== meter.messages; meter = await stand.meter(room)) {
      last = meter.messages;
      await pause(1_000);
    }
    await pause(quietMs);
    if ((await stand.meter(room)).messages !== meter.messages) throw new Error("a call that is quiet sends messages");
    await stand.hibernate("Room", room);
    let [answered, candidates] = [0, 0];
    for (const person of people) {
      const pings = await person.page.evaluate(() => {
        const { room } = /** @type {any} */ (globalThis).switchboard;
        return room.state === "joined" ? Math.floor(3600 / 30) : 0;
      });
      answered += await person.page.evaluate(pingOften, pings);
      candidates += await person.page.evaluate(() => /** @type {any} */ (globalThis).watched.candidates);
    }
    const after = await stand.meter(room);
    if (after.wakes !== meter.wakes || after.messages !== meter.messages)
      throw new Error("pings have woken the object");
    for (const person of people)
      await person.page.evaluate(() => /** @type {any} */ (globalThis).switchboard.room.leave());
    meter = await stand.until(room, ({ writes }) => writes.some((write) => write.startsWith("deleteAll")));
    meter = await stand.until(room, ({ closes }) => closes === 2);
    return { meter, answered, candidates };
  } finally {
    for (const { page } of people) await page.close();
  }
}

/** Runs in the page before its scripts: keeps its sockets, and counts its candidates. */
function watch() {
  const watched = { sockets: /** @type {WebSocket[]} */ ([]), candidates: 0 };
  Object.assign(globalThis, { watched });
  const { WebSocket: Original, RTCPeerConnection: Connection } = globalThis;
  globalThis.WebSocket = class extends Original {
    /** @param {[string | URL, (string | string[])?]} args */
    constructor(...args) {
      super(...args);
      watched.sockets.push(/** @type {any} */ (this));
    }
  };
  globalThis.RTCPeerConnection = class extends Connection {
    /** @param {[RTCConfiguration?]} args */
    constructor(...args) {
      super(...args);
      this.addEventListener("icecandidate", ({ candidate }) => {
        if (candidate?.candidate) watched.candidates += 1;
      });
    }
  };
}

/**
 * Runs in the page: sends pings over the page's own socket, and counts the answers.
 *
 * @param {number} count
 * @returns {Promise<number>}
 */
function pingOften(count) {
  const socket = /** @type {any} */ (globalThis).watched.sockets.at(-1);
  return new Promise((resolve) => {
    let answers = 0;
    socket.addEventListener("message", (/** @type {MessageEvent} */ { data }) => {
      if (data === "pong" && ++answers === count) resolve(answers);
    });
    for (let sent = 0; sent < count; sent += 1) socket.send("ping");
  });
}

/** An offer or an answer is about as long as Chromium's for a call. */
const sdp = "v=0\r\n".padEnd(6_000, "a=rtpmap:96 VP8/90000\r\n");

/**
 * @typedef {object} Rival
 * @property {string} name
 * @property {string} className
 * @property {string} path of its sockets
 * @property {number} heartbeatSeconds
 * @property {(place: number) => string} query
 * @property {string} heartbeat
 * @property {(socket: Caller, to: string, what: "offer" | "answer" | "candidate") => void} signal
 */

/** @type {Rival[]} */
export const rivals = [
  {
    name: "PeerJS's protocol",
    className: "PeerServer",
    path: "peerserver",
    heartbeatSeconds: 5,
    query: (place) => `?key=peerjs&id=peer-${place}&token=t${place}&version=1.5.5`,
    heartbeat: JSON.stringify({ type: "HEARTBEAT" }),
    signal: (socket, to, what) => {
      const payload = what === "candidate" ? { candidate: sdp.slice(0, 150) } : { sdp };
      const type = what.toUpperCase();
      socket.send(JSON.stringify({ type, payload: { ...payload, type: "media", connectionId: "mc_1" }, dst: to }));
    },
  },
  {
    name: "matchbox's protocol",
    className: "Matchbox",
    path: "matchbox",
    heartbeatSeconds: 10,
    query: () => "",
    heartbeat: JSON.stringify("KeepAlive"),
    signal: (socket, to, what) => {
      const data =
        what === "candidate" ? { IceCandidate: sdp.slice(0, 150) } : { [what === "offer" ? "Offer" : "Answer"]: sdp };
      socket.send(JSON.stringify({ Signal: { receiver: to, data } }));
    },
  },
];

/** One of two who call each other over a rival's protocol. */
class Caller {
  #socket;
  /** @type {any[]} */
  received = [];

  /** @param {string} url */
  constructor(url) {
    this.#socket = new WebSocket(url.replace("http", "ws"), { perMessageDeflate: false });
    this.#socket.on("message", (data) => this.received.push(JSON.parse(String(data))));
  }

  /** @param {string} text */
  send(text) {
    this.#socket.send(text);
  }

  /** @param {(frame: any) => boolean} wanted @returns {Promise<any>} */
  async got(wanted) {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const frame = this.received.find(wanted);
      if (frame !== undefined) return frame;
      if (Date.now() > deadline) throw new Error(`not among ${JSON.stringify(this.received).slice(0, 500)}`);
      await pause(5);
    }
  }

  leave() {
    this.#socket.close(1000);
  }
}

/**
 * The same call over a rival's protocol: an offer, an answer, each candidate in a message, as these send them, and the hour's
 * heartbeats, all of which reach the object.
 *
 * @param {Stand} stand
 * @param {Rival} rival
 * @param {{ number: number, candidates: number }} options
 * @returns {Promise<Played>}
 */
export async function playRival(stand, rival, { number, candidates }) {
  const room = `${rival.path}-${process.pid}-${number}`;
  const callers = [];
  const ids = [];
  for (let place = 0; place < 2; place += 1) {
    const caller = new Caller(`${stand.url}/api/${rival.path}/${room}${rival.query(place)}`);
    const first = await caller.got((frame) => frame.type === "OPEN" || frame.IdAssigned !== undefined);
    ids.push(first.IdAssigned ?? `peer-${place}`);
    callers.push(caller);
  }
  const [one, other] = callers;
  const [toOne = "", toOther = ""] = ids;
  if (one === undefined || other === undefined) throw new Error("a call has two people");
  rival.signal(one, toOther, "offer");
  rival.signal(other, toOne, "answer");
  for (let count = 0; count < candidates; count += 1) {
    if (count % 2 === 0) rival.signal(one, toOther, "candidate");
    else rival.signal(other, toOne, "candidate");
  }
  let sent = 2 + candidates;
  let meter = await stand.until(room, ({ messages }) => messages === sent);
  const beats = CALL_SECONDS / rival.heartbeatSeconds;
  for (let beat = 0; beat < beats; beat += 1) for (const caller of callers) caller.send(rival.heartbeat);
  sent += 2 * beats;
  meter = await stand.until(room, ({ messages }) => messages === sent);
  for (const caller of callers) caller.leave();
  meter = await stand.until(room, ({ closes }) => closes === 2);
  return { meter, answered: 0, candidates };
}

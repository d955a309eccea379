/// <reference path="./globals.d.ts" />

/** How long a page may take for what a test asks of it, in milliseconds. */
const PATIENCE = 45_000;

/** How often a page is looked at while a test waits, in milliseconds. */
const POLLING = 50;

/** Longer than the library keeps anything back to send it together with something else, and than it waits for an acknowledgement, in milliseconds. */
const QUIET_MS = 6_000;

/**
 * What a page that uses the library keeps for the tests, as `globalThis.member`.
 *
 * @typedef {object} Kept
 * @property {import("../../public/client/room.js").Room} room
 * @property {() => Promise<MediaStreamTrack | null>} picture a moving picture
 * @property {unknown[]} messages what has arrived
 * @property {import("../../public/client/files.js").IncomingFile[]} files what has been offered
 * @property {RTCPeerConnection[]} connections
 * @property {string[]} frames what has been sent to the server, without pings
 * @property {number} lastFrame when, on the page's clock
 * @property {number} later how far the clock that tells the time is put forward, in milliseconds
 */

/** A program with a browser that uses the library as it is served, without the page for calls. */
export class Member {
  /** @param {import("puppeteer-core").Page} page */
  constructor(page) {
    this.page = page;
    page.setDefaultTimeout(PATIENCE);
  }

  /**
   * Joins a room.
   *
   * @param {import("puppeteer-core").Browser} browser
   * @param {string} link
   * @param {{ media?: boolean, relay?: boolean }} [options] whether to send sound and a moving picture, and whether to connect
   *   through relays only
   */
  static async in(browser, link, { media = false, relay = false } = {}) {
    const member = new Member(await browser.newPage());
    await member.page.evaluateOnNewDocument(keepConnections);
    // Any page of the server will do: this one uses no module itself.
    await member.page.goto(new URL("/nowhere", link).href);
    await member.page.evaluate(join, link, media, relay);
    return member;
  }

  /**
   * Runs a function in the page.
   *
   * @template {unknown[]} Arguments
   * @template Result
   * @param {(...given: Arguments) => Result} action
   * @param {Arguments} given
   * @returns {Promise<Awaited<Result>>}
   */
  does(action, ...given) {
    return this.page.evaluate(/** @type {any} */ (action), ...given);
  }

  /**
   * Waits until something is so in the page.
   *
   * @template {unknown[]} Arguments
   * @param {(...given: Arguments) => unknown} condition
   * @param {Arguments} given
   */
  async until(condition, ...given) {
    await this.page.waitForFunction(/** @type {any} */ (condition), { polling: POLLING }, ...given);
  }

  /**
   * What the page has sent to the server, once it has sent nothing for longer than the library ever keeps anything back.
   *
   * @returns {Promise<string[]>} what kind of message each was
   */
  async frames() {
    await this.until((quiet) => performance.now() - member.lastFrame > quiet, QUIET_MS);
    return this.does(() =>
      member.frames.map((text) => {
        const { type, to, data } = JSON.parse(text);
        return [type, to === undefined ? "to all" : "", data?.n ?? "", data?.c?.length ?? ""].join(" ");
      }),
    );
  }

  /** Waits until the page is connected to so many others. @param {number} [others] */
  async isConnected(others = 1) {
    await this.until((others) => {
      const peers = [...member.room.peers.values()];
      return peers.length === others && peers.every(({ state }) => state === "connected");
    }, others);
  }
}

/** Runs in the page, before its own scripts. */
function keepConnections() {
  const Platform = RTCPeerConnection;
  /** @type {RTCPeerConnection[]} */
  const connections = [];
  /** @type {string[]} */
  const frames = [];
  const now = Date.now;
  Date.now = () => now() + member.later;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (data !== "ping") {
      frames.push(String(data));
      member.lastFrame = performance.now();
    }
    send.call(this, data);
  };
  Object.assign(globalThis, {
    member: { connections, frames, lastFrame: 0, later: 0 },
    RTCPeerConnection: class extends Platform {
      /** @param {RTCConfiguration} configuration */
      constructor(configuration) {
        super(configuration);
        connections.push(this);
      }
    },
  });
}

/**
 * Runs in the page.
 *
 * @param {string} link
 * @param {boolean} media
 * @param {boolean} relay
 */
async function join(link, media, relay) {
  const path = "/client/room.js";
  const { Room } = /** @type {typeof import("../../public/client/room.js")} */ (await import(path));
  const room = new Room(link, { iceTransportPolicy: relay ? "relay" : "all" });
  /** @type {unknown[]} */
  const messages = [];
  /** @type {import("../../public/client/files.js").IncomingFile[]} */
  const files = [];
  const picture = async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: true });
    return stream.getVideoTracks()[0] ?? null;
  };
  Object.assign(member, { room, messages, files, picture });
  room.addEventListener("peerjoined", ({ peer }) => {
    // Long before there is a connection.
    peer.send("hello");
    peer.addEventListener("message", ({ message }) => messages.push(message));
    peer.addEventListener("file", ({ file }) => files.push(file));
  });
  if (!media) return room.join();
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  return room.join({ audio: stream.getAudioTracks()[0] ?? null, camera: await picture() });
}

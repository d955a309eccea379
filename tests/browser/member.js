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
 * @property {(() => void)[] | null} held signals with a number that wait to be let go; null while none is held back
 * @property {number} failures how often a connection failed
 * @property {string[]} states of the room and of the connections to its peers, as they came
 * @property {string[]} errors what the peers told, by name and code
 * @property {Sample[]} samples what has arrived, again and again since `watches`
 * @property {() => Promise<Sample | null>} look what has arrived; null while there is no connection
 *
 * @typedef {object} Sample what has arrived over the connection to the only peer
 * @property {number} at milliseconds on the page's clock
 * @property {string} state the peer's
 * @property {number} connections how many the page has ever made
 * @property {number} audio packets
 * @property {number} camera decoded frames
 * @property {number} screen decoded frames
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
   * @param {JoinOptions} [options]
   *
   * @typedef {object} JoinOptions
   * @property {boolean} [media] whether to send sound and a moving picture
   * @property {boolean} [glare] whether to make an offer to everybody at once, and to hold it back
   * @property {import("./network.js").Relay | null} [relay] what all packets to the others go through
   * @property {boolean} [relayOnly] whether to connect through TURN servers only
   */
  static async in(browser, link, { media = false, glare = false, relay = null, relayOnly = false } = {}) {
    const member = new Member(await browser.newPage());
    await relay?.between(member.page);
    await member.page.evaluateOnNewDocument(keepConnections);
    // Any page of the server will do: this one uses no module itself.
    await member.page.goto(new URL("/404", link).href);
    await member.page.evaluate(join, link, media, glare, relayOnly);
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

  /** Looks every tenth of a second at what has arrived, from now on. */
  watches() {
    return this.does(() => {
      setInterval(async () => {
        const sample = await member.look();
        if (sample !== null) member.samples.push(sample);
      }, 100);
    });
  }

  /** Waits until sound and picture arrive, while the peer is said to be connected. */
  async receives() {
    const before = await this.does(() => member.look());
    await this.until(
      async (before, connections) => {
        const now = await member.look();
        if (now?.state !== "connected") return false;
        // The figures of another connection begin anew.
        const [audio, camera] = now.connections === connections ? before : [0, 0];
        return now.audio > (audio ?? 0) + 3 && now.camera > (camera ?? 0) + 3;
      },
      [before?.audio ?? 0, before?.camera ?? 0],
      before?.connections ?? 0,
    );
  }

  /** Lets go of the signals that were held back, and holds none any more. */
  letsGo() {
    return this.does(() => {
      const held = member.held ?? [];
      member.held = null;
      for (const send of held) send();
    });
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
  const isHeld = (/** @type {unknown} */ data) => {
    if (member.held === null || typeof data !== "string" || !data.startsWith("{")) return false;
    const { type, data: envelope } = JSON.parse(data);
    return type === "signal" && envelope?.n !== undefined;
  };
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (isHeld(data)) {
      member.held?.push(() => this.send(data));
      // Who we are gets through, or the other could not address its own.
      const { to, data: envelope } = JSON.parse(String(data));
      const { v, s, t } = envelope;
      send.call(this, JSON.stringify({ type: "signal", to, data: { v, s, t } }));
      return;
    }
    if (data !== "ping") {
      frames.push(String(data));
      member.lastFrame = performance.now();
    }
    send.call(this, data);
  };
  const sendOver = RTCDataChannel.prototype.send;
  RTCDataChannel.prototype.send = function (/** @type {any} */ data) {
    if (isHeld(data)) member.held?.push(() => this.send(data));
    else sendOver.call(this, data);
  };
  const look = async () => {
    const [peer] = member.room?.peers.values() ?? [];
    const stats = [...((await peer?.getStats())?.values() ?? [])].filter(({ type }) => type === "inbound-rtp");
    if (peer === undefined || stats.length === 0) return null;
    const from = (/** @type {"audio" | "camera" | "screen"} */ kind) =>
      stats.find(({ trackIdentifier }) => trackIdentifier === peer.tracks[kind]?.id);
    return {
      at: performance.now(),
      state: peer.state,
      connections: connections.length,
      audio: from("audio")?.packetsReceived ?? 0,
      camera: from("camera")?.framesDecoded ?? 0,
      screen: from("screen")?.framesDecoded ?? 0,
    };
  };
  Object.assign(globalThis, {
    member: {
      connections,
      frames,
      lastFrame: 0,
      later: 0,
      held: null,
      failures: 0,
      states: [],
      errors: [],
      samples: [],
      look,
    },
    RTCPeerConnection: class extends Platform {
      /** @param {RTCConfiguration} configuration */
      constructor(configuration) {
        super(configuration);
        connections.push(this);
        this.addEventListener("connectionstatechange", () => {
          if (this.connectionState === "failed") member.failures += 1;
        });
      }
    },
  });
}

/**
 * Runs in the page.
 *
 * @param {string} link
 * @param {boolean} media
 * @param {boolean} glare
 * @param {boolean} relayOnly
 */
async function join(link, media, glare, relayOnly) {
  const path = "/client/room.js";
  const { Room } = /** @type {typeof import("../../public/client/room.js")} */ (await import(path));
  const room = new Room(link, { iceTransportPolicy: relayOnly ? "relay" : "all" });
  /** @type {unknown[]} */
  const messages = [];
  /** @type {import("../../public/client/files.js").IncomingFile[]} */
  const files = [];
  const picture = async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: true });
    return stream.getVideoTracks()[0] ?? null;
  };
  Object.assign(member, { room, messages, files, picture });
  if (glare) member.held = [];
  room.addEventListener("state", ({ state }) => member.states.push(`room ${state}`));
  room.addEventListener("peerjoined", ({ peer }) => {
    // Long before there is a connection.
    peer.send("hello");
    peer.addEventListener("message", ({ message }) => messages.push(message));
    peer.addEventListener("file", ({ file }) => files.push(file));
    peer.addEventListener("state", ({ state }) => member.states.push(`peer ${state}`));
    peer.addEventListener("error", ({ error }) => {
      const { name = "", code = "" } = /** @type {{ name?: string, code?: string }} */ (error);
      member.errors.push(`${name} ${code}`);
    });
    if (glare) peer.begin();
  });
  if (!media) return room.join();
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  return room.join({ audio: stream.getAudioTracks()[0] ?? null, camera: await picture() });
}

import { makeKey, Seal } from "../../public/client/seal.js";
import { Peer } from "../support/peer.js";
import { startServer } from "../support/server.js";
import { startChromium, startDenyingChromium } from "./browsers.js";
import { Company } from "./company.js";
import { settle } from "./examine.js";
import { Person } from "./person.js";

/** People to call. */
const NAMES = ["Amal", "Björn Lindqvist", "Chiara", "Dai", "Edwina Featherstonehaugh-Cholmondeley", "Femi", "Greta"];

/** The sizes in which the pages are looked at, in CSS pixels. */
export const SIZES = /** @type {const} */ ([
  { name: "1440x900", width: 1440, height: 900 },
  { name: "820x1180", width: 820, height: 1180 },
  { name: "390x844", width: 390, height: 844 },
  { name: "320x568", width: 320, height: 568 },
]);

export const SCHEMES = /** @type {const} */ (["light", "dark"]);

/**
 * @typedef {typeof SIZES[number]} Size
 * @typedef {typeof SCHEMES[number]} Scheme
 *
 * @typedef {object} State one state of one page
 * @property {string} name
 * @property {(scene: Scene) => Promise<Person>} open brings a page there
 * @property {(person: Person) => Promise<unknown>} [pose] does what has to be done again in every size, such as opening a panel
 * @property {(person: Person) => Promise<unknown>} [relax] undoes it
 * @property {RegExp} [complains] what the browser may say in its console on the way there, which no page can prevent
 */

/** The browser itself tells of every request that fails. */
const FAILED_REQUEST = /^Failed to load resource/;
const FAILED_CONNECTION = /^Failed to load resource|WebSocket connection to .* failed/;

/** Where the states are brought about: a server, and browsers of several kinds. */
export class Scene {
  #calls = 0;
  /** @type {Map<string, Promise<import("puppeteer-core").Browser>>} */
  #browsers = new Map();
  /** @type {(() => unknown)[]} */
  #undo = [];

  /** @param {import("../support/server.js").Server} server */
  constructor(server) {
    this.server = server;
  }

  static async start() {
    return new Scene(await startServer({ vars: { ICE_SERVERS: "[]" } }));
  }

  /** The link to a fresh call, with a key. @param {string} [key] */
  link(key = makeKey()) {
    this.#calls += 1;
    return `${this.server.url}/r/look-${process.pid}-${this.#calls}#${key}`;
  }

  /**
   * Somebody whose browser remembers nothing.
   *
   * @param {string} url
   * @param {{ browser?: keyof typeof BROWSERS, before?: () => void }} [options]
   *   `before` runs in the page, before its own scripts
   */
  async visitor(url, { browser = "usual", before } = {}) {
    const context = await (await this.#browser(browser)).createBrowserContext();
    this.#undo.push(() => context.close());
    const person = new Person(await context.newPage());
    if (before !== undefined) await person.page.evaluateOnNewDocument(before);
    await person.page.goto(url);
    return person;
  }

  /**
   * Somebody in a call, with a name.
   *
   * @param {string} link
   * @param {{ before?: () => void }} [options]
   */
  async caller(link, options) {
    const person = await this.visitor(link, options);
    await person.page.locator("#name").fill("Zoë");
    await person.press("join");
    await person.isIn();
    return person;
  }

  /**
   * Somebody in a call with so many others, whose pictures are there.
   *
   * @param {number} others
   * @returns {Promise<{ person: Person, company: Company }>}
   */
  async call(others) {
    const link = this.link();
    const person = await this.caller(link);
    const company = await this.company();
    await company.join(link, NAMES.slice(0, others));
    await company.meet(person);
    await person.page.bringToFront();
    await settle(person.page);
    return { person, company };
  }

  async company() {
    const company = await Company.from(await this.#browser("company"), this.server.url);
    this.#undo.push(() => company.close());
    return company;
  }

  /**
   * Bare peers, which take seats and do nothing.
   *
   * @param {string} link
   * @param {number} count
   * @param {{ resume?: string }} [options]
   */
  async seats(link, count, options = {}) {
    const { room, gate } = await doorOf(link);
    const peers = [];
    for (let place = 0; place < count; place += 1) {
      const peer = await Peer.join(this.server, room, { gate, ...options });
      this.#undo.push(() => peer.lose());
      peers.push(peer);
    }
    return peers;
  }

  /** Takes everybody away again. */
  async clear() {
    for (const undo of this.#undo.splice(0).reverse()) await undo();
  }

  async stop() {
    await this.clear();
    const browsers = await Promise.allSettled(this.#browsers.values());
    await Promise.allSettled(browsers.map((started) => started.status === "fulfilled" && started.value.close()));
    await this.server.stop();
  }

  /** @param {keyof typeof BROWSERS} kind */
  async #browser(kind) {
    const started = this.#browsers.get(kind) ?? BROWSERS[kind]();
    this.#browsers.set(kind, started);
    return started;
  }
}

const BROWSERS = {
  usual: () => startChromium(),
  denying: () => startDenyingChromium(),
  bare: () => startChromium({ flags: ["--use-fake-device-for-media-stream=device-count=0"] }),
  company: () => startChromium({ flags: ["--autoplay-policy=no-user-gesture-required"] }),
};

/** @param {string} link */
async function doorOf(link) {
  const { pathname, hash } = new URL(link);
  const room = pathname.slice("/r/".length);
  const { gate } = await Seal.of(room, hash.slice(1));
  return { room, gate };
}

/**
 * Opens a panel with its key, since a narrow bar has no room for every button, and closes it again.
 *
 * @param {"c" | "p" | "?"} key
 */
function panel(key) {
  return { pose: (/** @type {Person} */ person) => person.page.keyboard.press(key), relax: pressEscape };
}

/** @param {Person} person */
function pressEscape(person) {
  return person.page.keyboard.press("Escape");
}

/**
 * A state of a page that is opened and left alone.
 *
 * @param {string} name
 * @param {(scene: Scene) => string} url
 * @param {string} code of its screen
 * @param {{ before?: () => void }} [options]
 * @returns {State}
 */
function screen(name, url, code, options) {
  return {
    name,
    open: async (scene) => {
      const person = await scene.visitor(url(scene), options);
      await person.seesScreen(code);
      return person;
    },
  };
}

/**
 * A screen that the server sends somebody to.
 *
 * @param {import("../../public/client/protocol.js").FinalReason} code
 * @returns {State}
 */
function sentAway(code) {
  return {
    name: `screen-${code}`,
    open: async (scene) => {
      const person = await scene.caller(scene.link(), { before: watchSockets });
      await person.page.evaluate(hearError, code);
      await person.seesScreen(code);
      return person;
    },
  };
}

/** Runs in the page, before its own scripts: keeps its socket. */
function watchSockets() {
  const Platform = WebSocket;
  Object.assign(globalThis, {
    WebSocket: class extends Platform {
      /**
       * @param {string} url
       * @param {string[]} protocols
       */
      constructor(url, protocols) {
        super(url, protocols);
        Object.assign(globalThis, { socket: this });
      }
    },
  });
}

/**
 * Runs in the page: it hears that it is sent away.
 *
 * @param {string} code
 */
function hearError(code) {
  const data = JSON.stringify({ type: "error", code, message: "" });
  /** @type {any} */ (globalThis).socket.dispatchEvent(new MessageEvent("message", { data }));
}

/** Runs in the page, before its own scripts: both devices are taken by another program. */
function takeDevices() {
  navigator.mediaDevices.getUserMedia = async () => {
    throw new DOMException("Could not start video source", "NotReadableError");
  };
}

/** Runs in the page, before its own scripts: three calls are remembered. */
function rememberCalls() {
  const minute = 60_000;
  const at = Date.now();
  const recent = [
    { room: "k7m2-9qxw-3fzt", fragment: "AAAAAAAAAAAAAAAAAAAAAA", at: at - 5 * minute },
    { room: "a-room-with-a-name-that-goes-on-and-on-until-there-is-no-room-64", fragment: "", at: at - 180 * minute },
    { room: "friday", fragment: "AAAAAAAAAAAAAAAAAAAAAA", at: at - 3 * 1440 * minute },
  ];
  localStorage.setItem("switchboard:recent", JSON.stringify(recent));
}

/**
 * A lobby where devices do not work.
 *
 * @param {string} name
 * @param {{ browser?: keyof typeof BROWSERS, before?: () => void, ask?: boolean }} options `ask`: the browser has to be asked
 * @returns {State}
 */
function lobbyWithout(name, { ask = false, ...options }) {
  return {
    name,
    open: async (scene) => {
      const person = await scene.visitor(scene.link(), options);
      if (ask) await person.press("check");
      await person.finds("#lobby-notice:not([hidden])");
      return person;
    },
  };
}

/**
 * A call with so many others.
 *
 * @param {number} others
 * @param {(company: Company, person: Person) => Promise<unknown>} [then]
 * @returns {State["open"]}
 */
function callWith(others, then = async () => {}) {
  return async (scene) => {
    const { person, company } = await scene.call(others);
    await then(company, person);
    return person;
  };
}

/** Every state of every page. @type {State[]} */
export const states = [
  { name: "landing", open: (scene) => scene.visitor(scene.server.url) },
  {
    name: "landing-recent",
    open: async (scene) => {
      const person = await scene.visitor(scene.server.url, { before: rememberCalls });
      await person.finds("#recent:not([hidden])");
      return person;
    },
  },
  {
    name: "landing-problem",
    open: async (scene) => {
      const person = await scene.visitor(scene.server.url);
      await person.page.locator("#join-input").fill("no link");
      await person.pressNamed("Join");
      await person.finds("#problem:not([hidden])");
      return person;
    },
  },
  {
    name: "not-found",
    open: (scene) => scene.visitor(`${scene.server.url}/nowhere`),
    complains: FAILED_REQUEST,
  },

  {
    name: "lobby",
    open: async (scene) => {
      const person = await scene.visitor(scene.link(), { browser: "denying" });
      await person.finds("#check");
      await person.sees("inside", "Nobody");
      return person;
    },
  },
  {
    name: "lobby-inside",
    open: async (scene) => {
      const link = scene.link();
      await scene.seats(link, 3);
      const person = await scene.visitor(link);
      await person.sees("inside", "3");
      return person;
    },
  },
  {
    name: "lobby-preview",
    open: async (scene) => {
      const person = await scene.visitor(scene.link());
      await person.finds(".preview video:not([hidden])");
      await person.sees("inside", "Nobody");
      return person;
    },
  },
  lobbyWithout("lobby-denied", { browser: "denying", ask: true }),
  lobbyWithout("lobby-no-devices", { browser: "bare" }),
  lobbyWithout("lobby-busy", { before: takeDevices }),

  {
    name: "alone",
    open: async (scene) => {
      const person = await scene.caller(scene.link());
      await person.finds("#invite:not([hidden])");
      return person;
    },
  },
  { name: "two", open: callWith(1) },
  { name: "three", open: callWith(2) },
  { name: "five", open: callWith(4) },
  { name: "eight", open: callWith(7) },
  {
    name: "share",
    open: callWith(2, async (company, person) => {
      await company.does("Amal", "share");
      await person.finds(".tile.screen");
    }),
  },
  {
    name: "devices-off",
    open: callWith(2, async (company, person) => {
      await company.does("Amal", "setMedia", { audio: false, camera: true });
      await company.does("Björn Lindqvist", "setMedia", { audio: false, camera: false });
      await person.finds(".tile:not(.own).no-camera");
      await person.press("camera");
      await person.press("audio");
      await person.finds(".tile.own.no-camera.no-audio");
    }),
  },
  {
    name: "speaking",
    open: callWith(2, async (company, person) => {
      await company.does("Amal", "speak", true);
      await person.finds(".tile:not(.own).speaking");
    }),
  },
  {
    name: "reconnecting",
    open: callWith(2, async (company, person) => {
      await company.does("Amal", "cut");
      await person.finds('.tile[data-state="reconnecting"]');
    }),
  },
  {
    name: "server-lost",
    open: callWith(1, async (_company, person) => {
      await person.page.setOfflineMode(true);
      await person.page.evaluate(() => /** @type {any} */ (globalThis).socket?.close(4999));
      await person.sees("status", "lost");
    }),
    complains: FAILED_CONNECTION,
  },
  {
    name: "not-heard",
    open: callWith(1, async (company, person) => {
      await company.does("Amal", "complain", { audio: true, camera: true });
      await person.finds(".banner");
    }),
  },

  { name: "menu", open: callWith(1), pose: (person) => person.press("more"), relax: pressEscape },
  { name: "chat-empty", open: callWith(1), ...panel("c") },
  {
    name: "chat",
    open: callWith(2, async (company, person) => {
      await company.does("Amal", "say", "Can you see my screen?");
      await company.does(
        "Björn Lindqvist",
        "say",
        "Yes. https://example.org/a/long/address/that/has/to/be/broken/somewhere?or=other",
      );
      await company.does("Amal", "offerFile", "minutes of the meeting, third draft.pdf", 2_400_000);
      await person.press("chat");
      await person.page.locator("#message").fill("One moment, I will have a look");
      await person.press("send");
      await person.page.keyboard.press("Escape");
    }),
    ...panel("c"),
  },
  { name: "people-alone", open: async (scene) => scene.caller(scene.link()), ...panel("p") },
  { name: "people", open: callWith(4), ...panel("p") },
  {
    name: "details",
    open: callWith(1, async (_company, person) => {
      await person.press("people");
      await person.page.locator("#people-panel summary").click();
      await person.page.locator("#people-panel .verify").click();
      await person.finds("#people-panel .emoji");
      await person.page.keyboard.press("Escape");
    }),
    ...panel("p"),
  },
  {
    name: "settings",
    open: callWith(1),
    pose: async (person) => {
      await person.press("more");
      await person.press("settings");
    },
    relax: pressEscape,
  },
  {
    name: "shortcuts",
    open: callWith(1),
    ...panel("?"),
  },

  screen("screen-bad-link", ({ server }) => `${server.url}/r/two%20words`, "bad-link"),
  {
    name: "screen-incomplete-link",
    open: async (scene) => {
      const person = await scene.visitor(scene.link("short"));
      await person.press("join");
      await person.seesScreen("incomplete-link");
      return person;
    },
  },
  {
    name: "screen-keyless",
    open: async (scene) => {
      const link = scene.link();
      await scene.seats(link, 1);
      const person = await scene.visitor(link.replace(/#.*/, ""));
      await person.seesScreen("keyless");
      return person;
    },
    complains: FAILED_REQUEST,
  },
  {
    name: "screen-unauthorized",
    open: async (scene) => {
      const link = scene.link();
      await scene.seats(link, 1);
      const person = await scene.visitor(link.replace(/#.*/, `#${makeKey()}`));
      await person.seesScreen("unauthorized");
      return person;
    },
    complains: FAILED_REQUEST,
  },
  {
    name: "screen-full",
    open: async (scene) => {
      const link = scene.link();
      await scene.seats(link, 8);
      const person = await scene.visitor(link);
      await person.press("join");
      await person.seesScreen("full");
      return person;
    },
  },
  {
    name: "screen-ended",
    open: async (scene) => {
      const link = scene.link();
      const [host] = await scene.seats(link, 1);
      const person = await scene.caller(link);
      host?.send({ type: "end" });
      await person.seesScreen("ended");
      return person;
    },
  },
  {
    name: "screen-replaced",
    open: async (scene) => {
      const link = scene.link();
      const person = await scene.caller(link);
      const resume = await person.page.evaluate(() => /** @type {any} */ (globalThis).switchboard.room.resume);
      await scene.seats(link, 1, { resume });
      await person.seesScreen("replaced");
      return person;
    },
  },
  sentAway("denied"),
  sentAway("removed"),
  {
    name: "screen-waiting",
    open: async (scene) => {
      const person = await scene.visitor(scene.link(), { before: waitForHost });
      await person.press("join");
      await person.seesScreen("waiting");
      return person;
    },
  },
  {
    name: "screen-offline",
    open: async (scene) => {
      const person = await scene.visitor(scene.link());
      await person.page.setOfflineMode(true);
      await person.press("join");
      await person.seesScreen("offline");
      return person;
    },
    complains: FAILED_CONNECTION,
  },
  {
    name: "screen-unreachable",
    open: async (scene) => {
      const person = await scene.visitor(scene.link(), { before: seemOnline });
      await person.page.setOfflineMode(true);
      await person.press("join");
      await person.seesScreen("unreachable");
      return person;
    },
    complains: FAILED_CONNECTION,
  },
  screen("screen-unsupported", (scene) => scene.link(), "unsupported", { before: forgetWebRtc }),
  screen("screen-insecure", (scene) => scene.link(), "insecure", { before: seemInsecure }),
  {
    name: "left",
    open: async (scene) => {
      const person = await scene.caller(scene.link());
      await person.press("leave");
      await person.seesScreen("left");
      return person;
    },
  },
];

/** Runs in the page, before its own scripts: the host is asked, and takes time. */
function waitForHost() {
  const Platform = WebSocket;
  Object.assign(globalThis, {
    WebSocket: class extends Platform {
      /**
       * @param {string} url
       * @param {string[]} protocols
       */
      constructor(url, protocols) {
        super(url, protocols);
        const told = (/** @type {Event} */ event) => {
          if (!event.isTrusted) return;
          event.stopImmediatePropagation();
          const data = JSON.stringify({ type: "waiting" });
          this.dispatchEvent(new MessageEvent("message", { data }));
        };
        this.addEventListener("message", told);
      }
    },
  });
}

/** Runs in the page, before its own scripts. */
function seemOnline() {
  Object.defineProperty(navigator, "onLine", { get: () => true });
}

/** Runs in the page, before its own scripts. */
function seemInsecure() {
  Object.defineProperty(globalThis, "isSecureContext", { value: false });
}

/** Runs in the page, before its own scripts. */
function forgetWebRtc() {
  Reflect.deleteProperty(globalThis, "RTCPeerConnection");
}

/**
 * Brings a page into a state, and shows it to `look` in every size and scheme asked for.
 *
 * @param {Scene} scene
 * @param {State} state
 * @param {readonly { size: Size, schemes: readonly Scheme[] }[]} views
 * @param {(view: { person: Person, size: Size, scheme: Scheme }) => Promise<unknown>} look
 * @returns {Promise<string[]>} what the browser complained of, and should not have
 */
export async function lookAt(scene, state, views, look) {
  try {
    const person = await state.open(scene);
    await person.page.bringToFront();
    for (const { size, schemes } of views) {
      await person.page.setViewport({ width: size.width, height: size.height });
      await settle(person.page);
      await state.pose?.(person);
      for (const scheme of schemes) {
        await person.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        await settle(person.page);
        await look({ person, size, scheme });
      }
      await state.relax?.(person);
    }
    return person.complaints.filter((complaint) => !state.complains?.test(complaint));
  } finally {
    await scene.clear();
  }
}

/** Every size and scheme. */
export const everyView = SIZES.map((size) => ({ size, schemes: SCHEMES }));

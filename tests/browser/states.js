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
 * @property {string} [parts] selects what a picture is taken of each, where the page is too long for one
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
    return new Scene(await startServer({ vars: { ICE_SERVERS: "[]" }, guide: true }));
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

  /**
   * A call whose host has locked it, and does no more.
   *
   * @returns {Promise<{ link: string, host: Peer }>}
   */
  async locked() {
    const link = this.link();
    const [host] = await this.seats(link, 1);
    if (host === undefined) throw new Error("nobody took the seat");
    host.send({ type: "lock", locked: true });
    await host.expect({ type: "locked", locked: true });
    return { link, host };
  }

  /**
   * Somebody who waits in front of a locked call.
   *
   * @returns {Promise<{ person: Person, host: Peer, peer: string }>} `peer`: the id that the host is told
   */
  async waiting() {
    const { link, host } = await this.locked();
    const person = await this.visitor(link);
    await person.press("join");
    await person.seesScreen("waiting");
    const { type, peer } = await host.next();
    if (type !== "knock") throw new Error(`the host was told ${type}`);
    return { person, host, peer };
  }

  /**
   * Bare peers that knock at a locked call.
   *
   * @param {string} link
   * @param {number} count
   */
  async knocks(link, count) {
    const { room, gate } = await doorOf(link);
    for (let place = 0; place < count; place += 1) {
      const peer = await Peer.open(this.server, room, { gate });
      this.#undo.push(() => peer.lose());
      await peer.expect({ type: "waiting" });
    }
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

/**
 * The screen that somebody shares is there.
 *
 * @param {Person} person
 */
async function seesScreen({ page }) {
  await page.waitForFunction(
    () => (document.querySelector(/** @type {"video"} */ (".tile.screen video"))?.videoWidth ?? 0) > 0,
    { polling: 50 },
  );
}

/**
 * The host of a locked call at which so many knock.
 *
 * @param {number} count
 * @returns {State["open"]}
 */
function knockedAt(count) {
  return async (scene) => {
    const link = scene.link();
    const person = await scene.caller(link);
    await person.press("people");
    await person.press("lock");
    await person.sees("lock-note", "The call is locked");
    await person.page.keyboard.press("Escape");
    await scene.knocks(link, count);
    await person.sees("stage-notice", count === 1 ? "Somebody wants" : `${count} people want`);
    return person;
  };
}

/**
 * Runs in the page: somebody drags a file over it, or away.
 *
 * @param {string} type `dragover` or `dragleave`
 */
function dragFile(type) {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(["…"], "plan.pdf"));
  document
    .getElementById("stage")
    ?.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
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
    name: "offline",
    open: async (scene) => {
      const person = await scene.visitor(`${scene.server.url}/offline`);
      // It tries again by itself.
      await person.page.setOfflineMode(true);
      return person;
    },
    complains: FAILED_CONNECTION,
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
      await person.finds(".preview video:not([hidden])");
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
  {
    name: "lobby-keyless",
    open: async (scene) => {
      const person = await scene.visitor(scene.link().replace(/#.*/, ""), { browser: "denying" });
      await person.sees("lobby-key", "no key");
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
      await seesScreen(person);
    }),
  },
  {
    name: "share-five",
    open: callWith(4, async (company, person) => {
      await company.does("Amal", "share");
      await seesScreen(person);
    }),
  },
  {
    name: "share-chat",
    open: callWith(2, async (company, person) => {
      await company.does("Amal", "share");
      await seesScreen(person);
      await company.does("Amal", "say", "This is the plan");
      await person.finds('#chat[aria-label="Chat, 1 unread"]');
    }),
    ...panel("c"),
  },
  {
    name: "sharing",
    open: callWith(1, async (_company, person) => {
      await person.press("share");
      await person.sees("stage-notice", "You are sharing your screen");
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
    open: callWith(2, async (company) => {
      await company.does("Amal", "speak", true);
    }),
    pose: async (person) => {
      await person.finds(".tile:not(.own).speaking");
    },
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

  {
    name: "unread",
    open: callWith(2, async (company, person) => {
      for (let line = 1; line <= 10; line += 1) await company.does("Amal", "say", `Line ${line}`);
      await person.finds('#chat[aria-label="Chat, 9+ unread"]');
    }),
  },
  { name: "knock", open: knockedAt(1) },
  { name: "knock-several", open: knockedAt(3) },
  { name: "people-knock", open: knockedAt(2), ...panel("p") },
  {
    name: "drop",
    open: callWith(2),
    pose: async (person) => {
      await person.page.evaluate(dragFile, "dragover");
      await person.finds(".drop:not([hidden])");
    },
    relax: (person) => person.page.evaluate(dragFile, "dragleave"),
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
      await person.sees("people-panel", "Direct");
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
    name: "question",
    open: callWith(1),
    pose: async (person) => {
      await person.press("more");
      await person.press("end");
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
  {
    name: "screen-waiting",
    open: async (scene) => {
      const { person } = await scene.waiting();
      return person;
    },
  },
  {
    name: "screen-denied",
    open: async (scene) => {
      const { person, host, peer } = await scene.waiting();
      host.send({ type: "deny", peer });
      await person.seesScreen("denied");
      return person;
    },
  },
  {
    name: "screen-removed",
    open: async (scene) => {
      const link = scene.link();
      const [host] = await scene.seats(link, 1);
      const person = await scene.caller(link);
      host?.send({ type: "remove", peer: await person.id() });
      await person.seesScreen("removed");
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

  {
    name: "styleguide",
    open: async (scene) => {
      const person = await scene.visitor(`${scene.server.url}/styleguide`);
      await person.finds("html[data-ready]");
      return person;
    },
    parts: ".chapter",
  },
];

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

/**
 * Takes a picture of what is seen, or of each part of a long page.
 *
 * @param {State} state
 * @param {{ person: Person, size: Size, scheme: Scheme }} view
 * @param {(name: string) => string} pathOf the file for a picture of that name
 */
export async function takePictures({ name, parts }, { person: { page }, size, scheme }, pathOf) {
  const look = `${size.name}-${scheme}`;
  if (parts === undefined) {
    await page.screenshot({ path: pathOf(`${name}-${look}`) });
    return;
  }
  for (const id of await page.$$eval(parts, (all) => all.map(({ id }) => id))) {
    const height = await page.$eval(`#${id}`, (part) => Math.ceil(part.getBoundingClientRect().height));
    // A video is painted only where it can be seen.
    await page.setViewport({ width: size.width, height: Math.max(size.height, height) });
    await page.$eval(`#${id}`, (part) => part.scrollIntoView());
    await settle(page);
    await page.$eval(`#${id}`, untilPlaying);
    const part = await page.$(`#${id}`);
    await part?.screenshot({ path: pathOf(`${name}-${id}-${look}`) });
  }
  await page.setViewport({ width: size.width, height: size.height });
}

/**
 * Runs in the page: each video that is shown has been painted once more.
 *
 * @param {Element} part
 */
function untilPlaying(part) {
  const videos = Array.from(part.querySelectorAll("video")).filter(
    (video) => video.srcObject !== null && video.checkVisibility({ visibilityProperty: true }),
  );
  return Promise.all(videos.map((video) => new Promise((resolve) => video.requestVideoFrameCallback(resolve))));
}

/** Every size and scheme. */
export const everyView = SIZES.map((size) => ({ size, schemes: SCHEMES }));

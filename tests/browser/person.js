import { setTimeout as delay } from "node:timers/promises";

/** How long a test waits for a page to get somewhere, in milliseconds: long, since a busy machine encodes video slowly. */
const PATIENCE = 45_000;

/** How often a page is looked at while a test waits, in milliseconds. Not once a painted frame: tabs at the back are not painted. */
const POLLING = 50;

/** So many more frames of video have to be decoded before a picture counts as moving. */
const MOVING = 3;

/**
 * @typedef {{ id: string, state: string, frames: number, pair: boolean }} Sight what a page gets from a peer: decoded
 *   video frames, and whether a candidate pair is selected
 */

/** Somebody with a browser, who looks at the page and presses its buttons. */
export class Person {
  /** What the browser complained about so far: errors, warnings and uncaught exceptions. @type {string[]} */
  complaints = [];

  /** @param {import("puppeteer-core").Page} page */
  constructor(page) {
    this.page = page;
    page.setDefaultTimeout(PATIENCE);
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  /**
   * Opens a page in a tab of its own.
   *
   * @param {import("puppeteer-core").Browser | import("puppeteer-core").BrowserContext} browser
   * @param {string} url
   * @param {{ watched?: boolean }} [options] whether the page's connections can be broken later
   */
  static async at(browser, url, { watched = false } = {}) {
    const person = new Person(await browser.newPage());
    if (watched) await person.page.evaluateOnNewDocument(watchConnections);
    await person.page.goto(url);
    return person;
  }

  /**
   * Opens a call and is in it, which need not mean that anybody else is.
   *
   * @param {import("puppeteer-core").Browser} browser
   * @param {string} url
   */
  static async inCall(browser, url) {
    const person = await Person.at(browser, url);
    await person.press("join");
    await person.isIn();
    return person;
  }

  /** @param {string} id of a button, which may have yet to appear */
  async press(id) {
    await this.page.bringToFront();
    await this.page.locator(`#${id}`).click();
  }

  /** @param {string} label of a button on a screen */
  async pressNamed(label) {
    await this.page.bringToFront();
    await this.page.locator(`button ::-p-text(${label})`).click();
  }

  /**
   * @param {string} id of an element that has to be visible
   * @param {string} text that has to be in it
   */
  async sees(id, text) {
    await this.page.waitForFunction(
      (id, text) => {
        const element = document.getElementById(id);
        return element?.checkVisibility() && element.textContent?.includes(text);
      },
      { polling: POLLING },
      id,
      text,
    );
  }

  /**
   * Waits until something is not said any more.
   *
   * @param {string} id of the element that said it
   * @param {string} text
   */
  async noLongerSees(id, text) {
    await this.page.waitForFunction(
      (id, text) => !document.getElementById(id)?.textContent?.includes(text),
      { polling: POLLING },
      id,
      text,
    );
  }

  /** @param {string} text what a screen reader has to be told */
  async hears(text) {
    await this.page.waitForFunction(
      (text) => document.getElementById("announcement")?.textContent?.includes(text),
      { polling: POLLING },
      text,
    );
  }

  /** @param {string} code which screen has to appear */
  async seesScreen(code) {
    await this.finds(`#screen[data-code="${code}"]:not([hidden])`);
  }

  /** @param {string} selector of something that has to appear in the page */
  async finds(selector) {
    await this.page.waitForFunction(
      (selector) => document.querySelector(selector) !== null,
      { polling: POLLING },
      selector,
    );
  }

  async isIn() {
    await this.page.waitForFunction(() => /** @type {any} */ (globalThis).switchboard?.room.state === "joined", {
      polling: POLLING,
    });
  }

  /** @param {string} kept the JSON of another tab's `sessionStorage`, as a duplicated or restored tab has it */
  async remembers(kept) {
    await this.page.evaluate((kept) => {
      for (const [key, value] of Object.entries(JSON.parse(kept))) sessionStorage.setItem(key, value);
    }, kept);
  }

  /** All connections of a page that is watched end, without anybody being told. */
  async breaksConnections() {
    await this.page.evaluate(() => {
      for (const connection of /** @type {any} */ (globalThis).connections.splice(0)) connection.close();
    });
  }

  /** @returns {Promise<string>} the page's own peer id */
  id() {
    return this.page.evaluate(() => /** @type {any} */ (globalThis).switchboard.room.self);
  }

  /**
   * So many others are there, no more and no fewer.
   *
   * @param {number} others
   * @param {number} [milliseconds] how long it may take
   */
  async isWith(others, milliseconds = PATIENCE) {
    await this.page.waitForFunction(
      (others) => /** @type {any} */ (globalThis).switchboard?.room.peers.size === others,
      { timeout: milliseconds, polling: POLLING },
      others,
    );
  }

  /**
   * The pictures of so many others move, each over a candidate pair that was selected.
   *
   * @param {number} others
   */
  async seesMoving(others) {
    const first = await this.#sights((now) => now.length === others && now.every(isShown));
    const start = new Map(first.map(({ id, frames }) => [id, frames]));
    await this.#sights((now) => now.every(({ id, frames }) => frames >= (start.get(id) ?? frames) + MOVING));
  }

  /** Waits until sound arrives from the only other. */
  async hearsTheOther() {
    const packets = await this.page.waitForFunction(audioPackets, { polling: POLLING }, -1);
    await this.page.waitForFunction(audioPackets, { polling: POLLING }, Number(await packets.jsonValue()) + 5);
  }

  /**
   * Stops the sound on its way out of the newest connection, of which the page knows nothing, or lets it go again. For a page whose
   * connections are watched.
   *
   * @param {boolean} silent
   */
  async silence(silent) {
    await this.page.evaluate((silent) => {
      const page = /** @type {any} */ (globalThis);
      const [{ sender }] = page.connections.at(-1).getTransceivers();
      page.taken ??= sender.track;
      return sender.replaceTrack(silent ? null : page.taken);
    }, silent);
  }

  /**
   * Looks at what the page gets until it is what was hoped for.
   *
   * @param {(sights: Sight[]) => boolean} isFine
   */
  async #sights(isFine) {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const sights = await this.page.evaluate(lookAtPeers);
      if (isFine(sights)) return sights;
      if (Date.now() > end) throw new Error(`nothing better to see than ${JSON.stringify(sights)}`);
      await delay(POLLING);
    }
  }
}

/** Runs in the page, before its own scripts: keeps the connections that they make. */
export function watchConnections() {
  const Platform = RTCPeerConnection;
  /** @type {RTCPeerConnection[]} */
  const connections = [];
  Object.assign(globalThis, {
    connections,
    RTCPeerConnection: class extends Platform {
      /** @param {RTCConfiguration} configuration */
      constructor(configuration) {
        super(configuration);
        connections.push(this);
      }
    },
  });
}

/** @param {Sight} sight */
function isShown({ state, frames, pair }) {
  return state === "connected" && frames > 0 && pair;
}

/**
 * Runs in the page.
 *
 * @returns {Promise<Sight[]>}
 */
async function lookAtPeers() {
  const peers = Array.from(/** @type {any} */ (globalThis).switchboard?.room.peers.values() ?? []);
  return Promise.all(
    peers.map(async ({ id, state, getStats }, place) => {
      const stats = Array.from((await getStats.call(peers[place]))?.values() ?? []);
      // Camera and screen: one at least has to move.
      const videos = stats.filter(({ type, kind }) => type === "inbound-rtp" && kind === "video");
      const frames = Math.max(0, ...videos.map(({ framesDecoded }) => framesDecoded ?? 0));
      // Firefox has no transport statistics, and marks the pair itself.
      const pair = stats.some(({ type, selected, selectedCandidatePairId }) =>
        type === "transport" ? selectedCandidatePairId !== undefined : type === "candidate-pair" && selected === true,
      );
      return { id, state, frames, pair };
    }),
  );
}

/**
 * Runs in the page: how many packets of sound have arrived, once there are more than so many.
 *
 * @param {number} before
 */
async function audioPackets(before) {
  const [peer] = /** @type {any} */ (globalThis).switchboard.room.peers.values();
  const stats = [...((await peer?.getStats())?.values() ?? [])];
  const inbound = stats.find(({ type, kind }) => type === "inbound-rtp" && kind === "audio");
  const count = inbound?.packetsReceived ?? -1;
  return count > before ? String(count) : false;
}

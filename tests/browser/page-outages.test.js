import assert from "node:assert/strict";
import process from "node:process";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { KnownDevices } from "puppeteer-core";
import { makeKey } from "../../public/client/seal.js";
import { startServer } from "../support/server.js";
import { startChromium } from "./browsers.js";
import { Company } from "./company.js";
import { Middle, Relay } from "./network.js";
import { Person, watchConnections } from "./person.js";

/** How often a page is looked at while a test waits, in milliseconds. */
const POLLING = 50;

/** How long a page is frozen, in milliseconds: longer than a page is ever kept waiting by a busy machine. */
const FROZEN_MS = 3_000;

/** How long the seat of somebody is kept whose connection was lost, in seconds. */
const GRACE_SECONDS = 5;

let rooms = 0;

describe("the call page through sleep, other networks, and ways that lose what is sent", { timeout: 900_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;
  /** @type {import("puppeteer-core").BrowserContext[]} */
  const contexts = [];

  before(async () => {
    server = await startServer({ vars: { ICE_SERVERS: "[]", GRACE_SECONDS: String(GRACE_SECONDS) } });
    chromium = await startChromium();
  });
  after(() => Promise.allSettled([chromium?.close()]).then(() => server?.stop()));
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });

  const freshPath = () => {
    rooms += 1;
    return `/r/outage-${process.pid}-${rooms}#${makeKey()}`;
  };

  /**
   * Somebody in a call, with a name.
   *
   * @param {string} link
   * @param {string} name
   * @param {{ browser?: import("puppeteer-core").Browser, before?: (page: import("puppeteer-core").Page) => Promise<unknown> }} [options]
   *   `before` prepares the page
   */
  const join = async (link, name, { browser = chromium, before: prepare = async () => {} } = {}) => {
    const context = await browser.createBrowserContext();
    if (browser === chromium) contexts.push(context);
    const person = new Person(await context.newPage());
    await prepare(person.page);
    await person.page.goto(link);
    await person.page.locator("#name").fill(name);
    await person.press("join");
    await person.isIn();
    return person;
  };

  /**
   * Two in a call, one of them in a browser of her own that can be put to sleep, on a network that can be cut.
   *
   * @param {(ana: { person: Person, browser: import("puppeteer-core").Browser, middle: Middle }, bo: Person) => Promise<void>} act
   */
  const withSleeper = async (act) => {
    const middle = await Middle.before(server.url);
    const browser = await startChromium();
    try {
      const path = freshPath();
      const person = await join(middle.url + path, "Ana", { browser });
      const bo = await join(server.url + path, "Bo");
      await Promise.all([person.seesMoving(1), bo.seesMoving(1)]);
      await act({ person, browser, middle }, bo);
    } finally {
      await browser.close();
      middle.stop();
    }
  };

  test("a laptop that is closed and opened is said to reconnect, and goes on", async () => {
    await withSleeper(async ({ person: ana, browser, middle }, bo) => {
      middle.cut();
      const wake = sleep(browser);
      try {
        await bo.finds('.tile:not(.own)[data-state="reconnecting"]');
      } finally {
        wake();
      }
      middle.mend();
      await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
      await bo.finds('.tile:not(.own)[data-state="connected"]');
      await ana.sees("status", "Connected with 1 person");
    });
  });

  test("a laptop that sleeps for longer than its seat is kept is said to be gone, and comes back when it is opened", async () => {
    await withSleeper(async ({ person: ana, browser, middle }, bo) => {
      const wake = sleep(browser);
      try {
        // Only the server hears of it.
        middle.drop();
        await bo.hears("Ana lost the connection");
        await bo.isWith(0);
        await bo.sees("invite", "Nobody else is here now");
      } finally {
        wake();
      }
      await Promise.all([ana.isWith(1), bo.isWith(1)]);
      await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
      await bo.finds('.tile[aria-label="Ana"]');
      await ana.sees("status", "Connected with 1 person");
    });
  });

  test("from one network to another: the server is said to be lost, the call to go on, and it does over another way", async () => {
    const middle = await Middle.before(server.url);
    const relay = new Relay();
    try {
      const path = freshPath();
      const through = { before: (/** @type {import("puppeteer-core").Page} */ page) => relay.between(page) };
      const ana = await join(middle.url + path, "Ana", through);
      const bo = await join(server.url + path, "Bo", through);
      await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
      assert(relay.packets > 0);
      const ways = await Promise.all([ana.page.evaluate(selectedPorts), bo.page.evaluate(selectedPorts)]);
      middle.cut();
      middle.drop();
      await ana.page.setOfflineMode(true);
      await ana.sees("status", "Server lost, trying again. Your call goes on.");
      await relay.move();
      await ana.page.setOfflineMode(false);
      middle.mend();
      await ana.sees("status", "Connected with 1 person");
      await bo.sees("status", "Connected with 1 person");
      await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
      assert.notDeepEqual(await Promise.all([ana.page.evaluate(selectedPorts), bo.page.evaluate(selectedPorts)]), ways);
    } finally {
      middle.stop();
      await relay.stop();
    }
  });

  test("a page that was frozen is heard and seen again, and gets what was written meanwhile", async () => {
    const link = server.url + freshPath();
    const ana = await join(link, "Ana");
    const bo = await join(link, "Bo");
    await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
    const session = await ana.page.createCDPSession();
    await session.send("Page.setWebLifecycleState", { state: "frozen" });
    await bo.press("chat");
    await bo.page.locator("#message").fill("Are you asleep?");
    await bo.page.keyboard.press("Enter");
    await delay(FROZEN_MS);
    await session.send("Page.setWebLifecycleState", { state: "active" });
    await ana.finds('#chat[aria-label="Chat, 1 unread"]');
    await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
    await ana.sees("status", "Connected with 1 person");
  });

  test("a phone that is locked is sent no pictures, and has them at once when it is unlocked", async () => {
    const link = server.url + freshPath();
    const bo = await join(link, "Bo");
    const ana = await join(link, "Ana", { before: (page) => page.emulate(KnownDevices["Pixel 5"]) });
    await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
    await ana.page.evaluate(seeThePage, false);
    await ana.page.waitForFunction(standsStill, { polling: 1_000 });
    await ana.hearsTheOther();
    await bo.seesMoving(1);
    await ana.page.evaluate(seeThePage, true);
    await ana.seesMoving(1);
    // The network may sleep with it: connections that broke meanwhile are made anew.
    await ana.sees("status", "Connected with 1 person");
  });

  test("sound and picture that leave but do not arrive are told to both: to the one who is not heard, and to the one who hears nothing", async () => {
    const relay = new Relay();
    try {
      const link = server.url + freshPath();
      /** @type {[string, number][]} */
      const ofBo = [];
      const met = (/** @type {string} */ address, /** @type {number} */ port) => ofBo.push([address, port]);
      const ana = await join(link, "Ana", { before: (page) => relay.between(page, { met }) });
      const bo = await join(link, "Bo", { before: (page) => relay.between(page) });
      await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
      for (const [address, port] of ofBo) relay.deafen(address, port);
      await ana.sees("stage-notice", "Bo can neither hear nor see you");
      await bo.sees("stage-notice", "You can neither hear nor see Ana");
      // The way back works, and nobody is said to be gone.
      await ana.seesMoving(1);
      assert.equal(await ana.page.evaluate(saysThatOthersAreMissing), false);
      relay.undeafen();
      for (const person of [ana, bo]) await person.noLongerSees("stage-notice", "hear");
      await bo.seesMoving(1);
    } finally {
      await relay.stop();
    }
  });

  test("whoever gets nothing from anybody is told that it may be the own network", async () => {
    const relay = new Relay();
    try {
      const link = server.url + freshPath();
      /** @type {[string, number][]} */
      const ofAna = [];
      const met = (/** @type {string} */ address, /** @type {number} */ port) => ofAna.push([address, port]);
      const ana = await join(link, "Ana", { before: (page) => relay.between(page) });
      const bo = await join(link, "Bo", { before: (page) => relay.between(page, { met }) });
      const cy = await join(link, "Cy", { before: (page) => relay.between(page, { met }) });
      await Promise.all([ana, bo, cy].map((person) => person.seesMoving(2)));
      // Only what goes to Ana: the others have met each other's addresses as well.
      const own = new Set(await ana.page.evaluate(ownPorts));
      for (const [address, port] of ofAna) if (own.has(port)) relay.deafen(address, port);
      await ana.sees("stage-notice", "You can neither hear nor see the others");
      await ana.sees("stage-notice", "it may well be your own network");
      for (const person of [bo, cy]) await person.sees("stage-notice", "Ana can neither hear nor see you");
    } finally {
      await relay.stop();
    }
  });

  test("whoever’s sound does not leave is told, though nobody complains", async () => {
    const link = server.url + freshPath();
    const ana = await join(link, "Ana", { before: (page) => page.evaluateOnNewDocument(watchConnections) });
    const company = await Company.from(chromium, server.url);
    try {
      await company.join(link, ["Bo"]);
      await ana.page.waitForFunction(isSending, { polling: POLLING });
      await ana.silence(true);
      await ana.sees("stage-notice", "The others cannot hear you");
      await ana.silence(false);
      await ana.noLongerSees("stage-notice", "cannot hear you");
    } finally {
      await company.close();
    }
  });
});

/**
 * Stops all processes of a browser, as when a laptop is closed.
 *
 * @param {import("puppeteer-core").Browser} browser which leads a group of processes
 * @returns {() => void} wakes them
 */
function sleep(browser) {
  const group = -(browser.process()?.pid ?? Number.NaN);
  process.kill(group, "SIGSTOP");
  return () => process.kill(group, "SIGCONT");
}

/** Runs in the page, a second apart: whether no frame has come since the last look. */
async function standsStill() {
  const page = /** @type {any} */ (globalThis);
  const [peer] = page.switchboard.room.peers.values();
  const stats = [...((await peer?.getStats())?.values() ?? [])];
  const inbound = stats.find(({ trackIdentifier }) => trackIdentifier === peer.tracks.camera?.id);
  const before = page.framesBefore;
  page.framesBefore = inbound?.framesReceived;
  return before !== undefined && before === page.framesBefore;
}

/** Runs in the page: the ports at both ends of the way that was selected. */
async function selectedPorts() {
  const [peer] = /** @type {any} */ (globalThis).switchboard.room.peers.values();
  const stats = await peer.getStats();
  const { selectedCandidatePairId } = [...stats.values()].find(({ type }) => type === "transport");
  const { localCandidateId, remoteCandidateId } = stats.get(selectedCandidatePairId);
  return [stats.get(localCandidateId).port, stats.get(remoteCandidateId).port];
}

/** Runs in the page: the ports of all its own candidates. */
async function ownPorts() {
  const ports = [];
  for (const peer of /** @type {any} */ (globalThis).switchboard.room.peers.values()) {
    const stats = await peer.getStats();
    for (const { type, port } of stats.values()) if (type === "local-candidate") ports.push(port);
  }
  return ports;
}

/** Runs in the page: whether packets with sound leave. */
async function isSending() {
  const [peer] = /** @type {any} */ (globalThis).switchboard.room.peers.values();
  const stats = [...((await peer?.getStats())?.values() ?? [])];
  return stats.some(({ type, kind, packetsSent }) => type === "outbound-rtp" && kind === "audio" && packetsSent > 0);
}

/** Runs in the page. */
function saysThatOthersAreMissing() {
  return /You can(not| neither)/.test(document.getElementById("stage-notice")?.textContent ?? "");
}

/**
 * Runs in the page: it is seen, or not any more.
 *
 * @param {boolean} visible
 */
function seeThePage(visible) {
  Object.defineProperty(document, "visibilityState", { value: visible ? "visible" : "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

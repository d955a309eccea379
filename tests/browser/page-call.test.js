import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { makeKey } from "../../public/client/seal.js";
import { startServer } from "../support/server.js";
import { startChromium } from "./browsers.js";
import { findViolations } from "./examine.js";
import { findMisplaced } from "./geometry.js";
import { Person } from "./person.js";

/** How wide the narrowest page is that everything has to fit into, in pixels. */
const NARROW = 320;

let rooms = 0;

describe("the call page", { timeout: 900_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;

  before(async () => {
    server = await startServer();
    chromium = await startChromium();
  });
  after(() => Promise.allSettled([chromium?.close()]).then(() => server?.stop()));
  afterEach(async () => {
    // The first tab stays: without one, a browser ends.
    for (const page of (await chromium.pages()).slice(1)) await page.close();
  });

  const freshLink = () => {
    rooms += 1;
    return `${server.url}/r/page-${process.pid}-${rooms}#${makeKey()}`;
  };

  /**
   * @param {string} link
   * @param {string} name
   */
  const join = async (link, name) => {
    const person = new Person(await chromium.newPage());
    await person.page.evaluateOnNewDocument(watchPlatform);
    await person.page.goto(link);
    await person.page.locator("#name").fill(name);
    await person.press("join");
    await person.isIn();
    return person;
  };

  /** Two that see each other. */
  const two = async () => {
    const link = freshLink();
    const ana = await join(link, "Ana Silva");
    const bo = await join(link, "Bo");
    await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
    return { ana, bo, link };
  };

  test("everybody sees the others' names, and who joins and leaves is announced", async () => {
    const { ana, bo } = await two();
    await ana.finds('.tile[aria-label="Bo"]');
    await bo.finds('.tile[aria-label="Ana Silva"]');
    await ana.hears("Bo joined");
    await bo.press("leave");
    await bo.seesScreen("left");
    await ana.hears("Bo left");
    await ana.sees("invite", "Nobody else is here now");
  });

  test("a line of chat arrives, is counted while the chat is closed, and is read when it is opened", async () => {
    const { ana, bo } = await two();
    await bo.page.bringToFront();
    await bo.page.keyboard.press("c");
    await bo.page.keyboard.type("Hello <b>Ana</b>");
    await bo.page.keyboard.press("Enter");
    await ana.finds('#chat[aria-label="Chat, 1 unread"]');
    await ana.hears("Bo: Hello <b>Ana</b>");
    await ana.press("chat");
    await ana.sees("messages", "Hello <b>Ana</b>");
    await ana.finds('#chat[aria-label="Chat"]');
  });

  test("a line that was said while the connection was broken arrives once", async () => {
    const { ana, bo } = await two();
    await ana.press("chat");
    await bo.press("chat");
    await bo.breaksConnections();
    await bo.page.locator("#message").fill("Are you there?");
    await bo.page.keyboard.press("Enter");
    await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
    await ana.sees("messages", "Are you there?");
    const lines = await ana.page.$$eval(".message-text", (all) => all.map(({ textContent }) => textContent));
    assert.deepEqual(lines, ["Are you there?"]);
  });

  test("the last picture stays while the connection is broken", async () => {
    const { ana, bo } = await two();
    await ana.page.bringToFront();
    await ana.page.waitForFunction(
      () => (document.querySelector(/** @type {"video"} */ (".tile:not(.own) video"))?.videoWidth ?? 0) > 0,
      { polling: 50 },
    );
    await bo.breaksConnections();
    await ana.finds('.tile[data-state="reconnecting"] .last:not([hidden])');
  });

  test("a file is offered, and comes whole when it is accepted; one that is declined is said to be", async () => {
    const { ana, bo } = await two();
    await bo.press("chat");
    const sent = (/** @type {string} */ name) =>
      bo.page.evaluate((name) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(300_000)], name, { type: "application/pdf" }));
        const stage = document.getElementById("stage");
        for (const type of ["dragover", "drop"]) {
          stage?.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
        }
      }, name);
    await sent("plan.pdf");
    await ana.finds('#chat[aria-label="Chat, 1 unread"]');
    await ana.press("chat");
    await ana.sees("messages", "300 kB · offered to you");
    await ana.pressNamed("Accept");
    await ana.finds('.file[data-state="done"] a[download="plan.pdf"]');
    await bo.finds('.file[data-state="done"]');
    await sent("other.pdf");
    await ana.pressNamed("Decline");
    await bo.sees("messages", "cancelled");
  });

  test("two people compare the same pictures, and the one who was asked is shown them", async () => {
    const { ana, bo } = await two();
    await ana.press("people");
    await ana.page.locator("#persons details summary").click();
    await ana.pressNamed("Verify");
    await ana.finds(".emoji");
    // Whoever pressed goes on from where the answer is, and can close the panel by key.
    await ana.finds(".verification button:focus");
    await bo.sees("stage-notice", "Ana Silva wants to verify");
    await bo.pressNamed("Compare");
    await bo.finds(".emoji");
    const shown = (/** @type {Person} */ { page }) =>
      page.$$eval(".emoji li, .digits code", (all) => all.map(({ textContent }) => textContent));
    assert.deepEqual(await shown(ana), await shown(bo));
    assert.equal((await shown(ana)).length, 8);
    await ana.pressNamed("They are the same");
    await ana.finds(".person.is-verified");
  });

  test("a shared screen is shown beside the camera, and is gone when it ends", async () => {
    const { ana, bo } = await two();
    await bo.press("share");
    await bo.sees("stage-notice", "You are sharing your screen");
    await ana.finds("#stage[data-layout=screen] .tile.screen video");
    await ana.page.bringToFront();
    await ana.page.waitForFunction(
      () => (document.querySelector(/** @type {"video"} */ (".tile.screen video"))?.videoWidth ?? 0) > 0,
      { polling: 50 },
    );
    // As when the person ends it in the browser's own bar.
    await bo.page.evaluate(() => /** @type {any} */ (globalThis).screens[0].dispatchEvent(new Event("ended")));
    await ana.finds("#stage[data-layout=duo]");
    await bo.finds("#share[aria-pressed=false]");
  });

  test("the menu offers what would happen now: to stop sharing while one shares, to leave full screen while it is full", async () => {
    const { ana } = await two();
    // The bar has no room for sharing.
    await ana.page.setViewport({ width: 400, height: 720 });
    const offers = async (/** @type {string} */ label) => {
      await ana.press("more");
      await ana.page.waitForFunction(menuHas, { polling: 50 }, label);
    };
    await offers("Share your screen");
    await ana.page.locator(".menu ::-p-text(Share your screen)").click();
    await ana.sees("stage-notice", "You are sharing your screen");
    await offers("Stop sharing");
    await ana.page.locator(".menu ::-p-text(Stop sharing)").click();
    await ana.noLongerSees("stage-notice", "You are sharing your screen");
    await offers("Full screen");
    await ana.page.locator(".menu ::-p-text(Full screen)").click();
    await ana.page.waitForFunction(() => document.fullscreenElement !== null, { polling: 50 });
    await offers("Leave full screen");
    await ana.page.locator(".menu ::-p-text(Leave full screen)").click();
    await ana.page.waitForFunction(() => document.fullscreenElement === null, { polling: 50 });
  });

  test("what the icons in the list of people show is said in words, too", async () => {
    const { ana, bo } = await two();
    await bo.press("camera");
    await ana.press("people");
    await ana.finds('#persons summary [aria-label="camera off"]');
    await ana.finds('#persons summary [aria-label="microphone on"]');
    await ana.finds('#persons summary [aria-label="Connection and verification of Bo"]');
  });

  test("an upright phone has the code to scan though its browser shows its bars, and everything has its place", async () => {
    const ana = await join(freshLink(), "Ana");
    await ana.page.bringToFront();
    await ana.page.setViewport({ width: 390, height: 640 });
    await ana.page.waitForFunction(() => document.querySelector("#invite .qr")?.checkVisibility(), { polling: 50 });
    const sizes = await ana.page.$eval("#invite", ({ clientHeight, scrollHeight }) => [clientHeight, scrollHeight]);
    assert.equal(sizes[0], sizes[1]);
    assert.deepEqual(await ana.page.evaluate(findMisplaced), []);
  });

  test("everything in the bar has a key, and a panel gives the focus back", async () => {
    const { ana } = await two();
    await ana.page.bringToFront();
    const { keyboard } = ana.page;
    await keyboard.press("m");
    await ana.finds("#audio[aria-pressed=false]");
    await keyboard.press("m");
    await ana.finds("#audio[aria-pressed=true]");
    await keyboard.press("v");
    await ana.finds("#camera[aria-pressed=false]");
    await keyboard.press("?");
    await ana.finds("dialog.dialog[open]");
    await keyboard.press("Escape");
    await ana.page.focus("#people");
    await keyboard.press("Enter");
    await ana.finds("#people-panel[open]");
    await keyboard.press("Escape");
    await ana.finds("#people:focus");
    await keyboard.press("c");
    await ana.finds("#message:focus");
    await keyboard.type("m");
    await ana.finds("#audio[aria-pressed=true]");
  });

  test("our own picture is moved by keyboard and by pointer, and stays where it was put", async () => {
    const { ana } = await two();
    await ana.page.bringToFront();
    const place = () => ana.page.$eval(".tile.own", (tile) => tile.getBoundingClientRect().toJSON());
    const area = await ana.page.$eval("#tiles", (tiles) => tiles.getBoundingClientRect().toJSON());
    await ana.page.focus(".handle");
    await ana.page.keyboard.press("ArrowUp");
    await ana.page.waitForFunction(isInCorner, { polling: 50 }, "top", "right");
    const { x, y, width, height } = await place();
    const { mouse } = ana.page;
    await mouse.move(x + width / 2, y + height / 2);
    await mouse.down();
    await mouse.move(area.x + 100, area.y + area.height - 100, { steps: 5 });
    await mouse.up();
    await ana.page.waitForFunction(isInCorner, { polling: 50 }, "bottom", "left");
  });

  test("a camera that is switched off is let go of", async () => {
    const ana = await join(freshLink(), "Ana");
    await ana.press("camera");
    await ana.finds("#camera[aria-pressed=false]");
    assert.deepEqual(await ana.page.evaluate(liveTracks), ["audio"]);
    await ana.press("leave");
    await ana.seesScreen("left");
    assert.deepEqual(await ana.page.evaluate(liveTracks), []);
  });

  test("a camera that is unplugged is said to be gone, and the call goes on", async () => {
    const { ana, bo } = await two();
    await ana.page.evaluate(unplug, "video");
    await ana.sees("stage-notice", "The camera is gone");
    await ana.finds("#camera[aria-pressed=false]");
    await bo.finds(".tile:not(.own).no-camera");
    await ana.pressNamed("Turn on the camera");
    await bo.finds(".tile:not(.own):not(.no-camera)");
    await bo.seesMoving(1);
  });

  test("a microphone that is unplugged is replaced by another, and that is said", async () => {
    const { ana, bo } = await two();
    await ana.page.evaluate(unplug, "audio");
    await ana.sees("stage-notice", "You are heard through");
    await ana.finds("#audio[aria-pressed=true]");
    await bo.finds(".tile:not(.own):not(.no-audio)");
  });

  test("whoever speaks while the microphone is off is told", async () => {
    const ana = await join(freshLink(), "Ana");
    await ana.press("audio");
    await ana.sees("stage-notice", "You are speaking, but your microphone is off");
    await ana.pressNamed("Turn on the microphone");
    await ana.finds("#audio[aria-pressed=true]");
  });

  test("whoever is not heard is told so, until the sound arrives again", async () => {
    const { ana } = await two();
    await ana.silence(true);
    await ana.sees("stage-notice", "cannot hear you");
    await ana.silence(false);
    await ana.noLongerSees("stage-notice", "cannot hear you");
  });

  test("whoever is not seen is told so, though the screen that they share is", async () => {
    const { ana, bo } = await two();
    await bo.press("share");
    await bo.sees("stage-notice", "You are sharing your screen");
    await ana.hears("Bo is sharing a screen");
    await ana.finds("#stage[data-layout=screen] .tile.screen video");
    await bo.page.evaluate(stopCamera);
    await bo.sees("stage-notice", "Ana Silva cannot see you");
    await ana.sees("stage-notice", "You cannot see Bo");
  });

  test("diagnostics of somebody to whom there is no way say what was tried, and no address", async () => {
    const link = freshLink();
    const ana = await join(link, "Ana Silva");
    await ana.page.evaluate(keepCopies);
    const bo = new Person(await chromium.newPage());
    await bo.page.evaluateOnNewDocument(findNoWay);
    await bo.page.goto(link);
    await bo.press("join");
    await ana.isWith(1);
    await ana.finds('.tile[data-state="connecting"]');
    await ana.page.bringToFront();
    await ana.page.waitForFunction(
      async () => {
        document.getElementById("diagnostics")?.click();
        return /** @type {any} */ (globalThis).copied?.includes("candidates: here");
      },
      { polling: 200 },
    );
    const copied = await ana.page.evaluate(() => /** @type {any} */ (globalThis).copied);
    assert.match(copied, /person 1: connecting\n/);
    assert.match(copied, /ICE: (new|checking|failed), gathering (gathering|complete)/);
    assert.match(copied, /candidates: here [1-9]\d* host/);
    assert.doesNotMatch(copied.replace(/^browser: .*/m, ""), /\d+\.\d+\.\d+|\.local|stun:|Ana|Bo\b/);
  });

  test("a picture that the browser plays only after a press is offered, and plays then", async () => {
    const link = freshLink();
    await join(link, "Ana Silva");
    const bo = new Person(await chromium.newPage());
    await bo.page.evaluateOnNewDocument(playAfterPress);
    await bo.page.goto(link);
    await bo.press("join");
    await bo.isIn();
    await bo.sees("sound", "Turn picture and sound on");
    await bo.page.evaluate(() => Object.assign(globalThis, { refused: false }));
    await bo.press("sound");
    await bo.finds("#sound[hidden]");
    await bo.page.waitForFunction(
      () =>
        Array.from(document.querySelectorAll(/** @type {"video"} */ (".tile video"))).every(({ paused }) => !paused),
      { polling: 50 },
    );
  });

  test("a link without its key is said to be incomplete, and the whole one leads in", async () => {
    const link = freshLink();
    const ana = await join(link, "Ana");
    const bo = await Person.at(chromium, link.replace(/#.*/, ""));
    await bo.seesScreen("keyless");
    await bo.page.locator("#paste").fill("https://example.com/");
    await bo.pressNamed("Open it");
    await bo.sees("screen", "no whole link");
    await bo.page.locator("#paste").fill(link);
    await bo.pressNamed("Open it");
    await bo.press("join");
    await Promise.all([ana.isWith(1), bo.isWith(1)]);
  });

  test("the key of another call does not open this one, and that is said at the door", async () => {
    const link = freshLink();
    await join(link, "Ana");
    const bo = await Person.at(chromium, link.replace(/#.*/, `#${makeKey()}`));
    await bo.seesScreen("unauthorized");
  });

  test("the lobby says how many are inside", async () => {
    const link = freshLink();
    const ana = await Person.at(chromium, link);
    await ana.sees("inside", "Nobody is in the call yet");
    await ana.press("join");
    await ana.isIn();
    const bo = await Person.at(chromium, link);
    await bo.sees("inside", "1 person in the call");
  });

  test("the start page offers the last calls with their keys, and forgets them when asked to", async () => {
    const context = await chromium.createBrowserContext();
    try {
      const link = freshLink();
      const ana = await Person.at(context, link);
      await ana.press("join");
      await ana.isIn();
      await ana.page.goto(server.url);
      await ana.finds(`#recent a[href="${link}"]`);
      await ana.page.locator("#recent button").click();
      await ana.page.waitForFunction(() => document.getElementById("recent")?.hidden === true, { polling: 50 });
    } finally {
      await context.close();
    }
  });

  test("no rule of accessibility is broken, and nothing is wider than the narrowest page", async () => {
    /** @type {string[]} */
    const found = [];
    const check = async (/** @type {Person} */ { page }, /** @type {string} */ where) => {
      await page.bringToFront();
      for (const width of [NARROW, 1_280]) {
        await page.setViewport({ width, height: 720 });
        const violations = await findViolations(page);
        found.push(...violations.map((violation) => `${where}, ${width}: ${violation}`));
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wider > 0) found.push(`${where}, ${width}: ${wider} pixels too wide`);
      }
    };
    const start = await Person.at(chromium, server.url);
    await check(start, "start page");
    const door = await Person.at(chromium, freshLink());
    await check(door, "lobby");
    const { ana, bo } = await two();
    await check(ana, "two people");
    await ana.page.keyboard.press("c");
    await check(ana, "chat");
    await ana.page.keyboard.press("Escape");
    await ana.page.keyboard.press("p");
    await check(ana, "people");
    await bo.press("leave");
    await bo.seesScreen("left");
    await check(bo, "left");
    await check(ana, "alone");
    assert.deepEqual(found, []);
  });
});

/** Runs in the page, before its own scripts: keeps the connections and the devices that they open. */
function watchPlatform() {
  const Platform = RTCPeerConnection;
  /** @type {RTCPeerConnection[]} */
  const connections = [];
  /** @type {MediaStreamTrack[]} */
  const tracks = [];
  /** @type {MediaStreamTrack[]} */
  const screens = [];
  const { mediaDevices } = navigator;
  const watch = (/** @type {"getUserMedia" | "getDisplayMedia"} */ name, /** @type {MediaStreamTrack[]} */ list) => {
    const open = mediaDevices[name].bind(mediaDevices);
    mediaDevices[name] = async (constraints) => {
      const stream = await open(constraints);
      list.push(...stream.getTracks());
      return stream;
    };
  };
  watch("getUserMedia", tracks);
  watch("getDisplayMedia", screens);
  Object.assign(globalThis, {
    connections,
    tracks,
    screens,
    RTCPeerConnection: class extends Platform {
      /** @param {RTCConfiguration} configuration */
      constructor(configuration) {
        super(configuration);
        connections.push(this);
      }
    },
  });
}

/** Runs in the page: no more pictures of the camera leave over the newest connection, of which the page knows nothing. */
function stopCamera() {
  const [, { sender }] = /** @type {any} */ (globalThis).connections.at(-1).getTransceivers();
  return sender.replaceTrack(null);
}

/** Runs in the page: keeps what is copied. */
function keepCopies() {
  navigator.clipboard.writeText = async (text) => {
    Object.assign(globalThis, { copied: text });
  };
}

/** Runs in the page, before its own scripts: takes relays only, of which there are none. */
function findNoWay() {
  const Platform = RTCPeerConnection;
  Object.assign(globalThis, {
    RTCPeerConnection: class extends Platform {
      /** @param {RTCConfiguration} configuration */
      constructor(configuration) {
        super({ ...configuration, iceTransportPolicy: "relay" });
        // A restart would allow every way again.
        this.setConfiguration = () => {};
      }
    },
  });
}

/**
 * Runs in the page: whether the menu offers something.
 *
 * @param {string} label
 */
function menuHas(label) {
  const items = Array.from(document.querySelectorAll(".menu:popover-open .menu-item:not([hidden])"));
  // Behind it may stand a key.
  return items.some(({ textContent }) => textContent?.startsWith(label));
}

/** Runs in the page, before its own scripts: nothing plays without a press, as where a phone saves power. */
function playAfterPress() {
  const page = /** @type {any} */ (globalThis);
  page.refused = true;
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function () {
    if (!page.refused) return play.call(this);
    this.autoplay = false;
    this.pause();
    return Promise.reject(new DOMException("play() needs a press", "NotAllowedError"));
  };
}

/** Runs in the page: the kinds of devices that are still open. */
function liveTracks() {
  const tracks = /** @type {MediaStreamTrack[]} */ (/** @type {any} */ (globalThis).tracks);
  return tracks.filter(({ readyState }) => readyState === "live").map(({ kind }) => kind);
}

/**
 * Runs in the page: a device goes away.
 *
 * @param {string} kind
 */
function unplug(kind) {
  const tracks = /** @type {MediaStreamTrack[]} */ (/** @type {any} */ (globalThis).tracks);
  const track = tracks.findLast((track) => track.kind === kind && track.readyState === "live");
  track?.stop();
  track?.dispatchEvent(new Event("ended"));
}

/**
 * Runs in the page.
 *
 * @param {...string} sides of the stage that our own picture has to be at
 */
function isInCorner(...sides) {
  const area = document.getElementById("tiles")?.getBoundingClientRect().toJSON();
  const tile = document.querySelector(".tile.own")?.getBoundingClientRect().toJSON();
  return sides.every((side) => Math.abs(tile[side] - area[side]) < 20);
}

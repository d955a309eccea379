import assert from "node:assert/strict";
import process from "node:process";
import { after, afterEach, before, describe, test } from "node:test";
import { makeKey } from "../../public/client/seal.js";
import { startServer } from "../support/server.js";
import { startChromium, startFirefox } from "./browsers.js";
import { Person } from "./person.js";

/** How often a page is looked at while a test waits, in milliseconds. */
const POLLING = 50;

describe("the call page in Firefox", { timeout: 600_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {Record<"Chromium" | "Firefox", import("puppeteer-core").Browser>} */
  let browsers;

  before(async () => {
    server = await startServer({ vars: { ICE_SERVERS: "[]" } });
    browsers = { Chromium: await startChromium(), Firefox: await startFirefox() };
  });
  after(() => Promise.allSettled([browsers?.Chromium.close(), browsers?.Firefox.close()]).then(() => server?.stop()));
  afterEach(async () => {
    for (const browser of Object.values(browsers)) {
      // The first tab stays: without one, a browser ends.
      for (const page of (await browser.pages()).slice(1)) await page.close();
    }
  });

  /**
   * @param {"Chromium" | "Firefox"} browser
   * @param {string} link
   * @param {string} name
   */
  const join = async (browser, link, name) => {
    const person = new Person(await browsers[browser].newPage());
    await person.page.evaluateOnNewDocument(keepFiles);
    await person.page.goto(link);
    await person.page.locator("#name").fill(name);
    await person.press("join");
    await person.isIn();
    return person;
  };

  for (const other of /** @type {const} */ (["Chromium", "Firefox"])) {
    test(`with ${other}: join, see and be seen, mute, write, send a file both ways, and leave`, async () => {
      const link = `${server.url}/r/firefox-${process.pid}-${other}#${makeKey()}`;
      const ana = await join("Firefox", link, "Ana");
      await ana.sees("invite", "You are the first one here");
      const bo = await join(other, link, "Bo");
      await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
      await ana.finds('.tile[aria-label="Bo"]');
      await bo.finds('.tile[aria-label="Ana"]');
      await ana.hears("Bo joined");

      for (const [one, far] of /** @type {[Person, Person][]} */ ([
        [ana, bo],
        [bo, ana],
      ])) {
        await one.press("audio");
        await far.finds(".tile:not(.own).no-audio");
        await one.press("audio");
        await far.finds(".tile:not(.own):not(.no-audio)");
        await one.press("camera");
        await far.finds(".tile:not(.own).no-camera");
        await one.press("camera");
        await far.finds(".tile:not(.own):not(.no-camera)");
      }
      await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);

      await ana.press("chat");
      await ana.page.locator("#message").fill("Can you hear me?");
      await ana.page.keyboard.press("Enter");
      await bo.finds('#chat[aria-label="Chat, 1 unread"]');
      await bo.press("chat");
      await bo.sees("messages", "Can you hear me?");
      for (const [from, to, name] of /** @type {[Person, Person, string][]} */ ([
        [ana, bo, "plan.pdf"],
        [bo, ana, "answer.pdf"],
      ])) {
        await from.page.evaluate(drop, name);
        await to.sees("messages", "300 kB · offered to you");
        await to.pressNamed("Accept");
        await to.finds(`.file[data-state="done"] a[download="${name}"]`);
        await from.sees("messages", "300 kB · sent");
        assert.equal(await to.page.evaluate(sizeOf, name), 300_000);
      }

      await ana.press("leave");
      await ana.seesScreen("left");
      await bo.isWith(0);
      await bo.hears("Ana left");
      await ana.pressNamed("Rejoin");
      await ana.press("join");
      await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
      assert.deepEqual([...ana.complaints, ...bo.complaints], []);
    });
  }

  test("a screen that Chromium shares is seen in Firefox; one that Firefox cannot share is said to have failed", async () => {
    const link = `${server.url}/r/firefox-${process.pid}-screen#${makeKey()}`;
    const ana = await join("Firefox", link, "Ana");
    const bo = await join("Chromium", link, "Bo");
    await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
    await bo.press("share");
    await ana.finds("#stage[data-layout=screen] .tile.screen video");
    await ana.page.waitForFunction(screenMoves, { polling: POLLING });
    await bo.press("share");
    await ana.finds("#stage[data-layout=duo]");
    // Without a display there is none to choose.
    await ana.press("share");
    await ana.sees("stage-notice", "The screen could not be shared");
    await ana.finds("#share[aria-pressed=false]");
    await ana.seesMoving(1);
  });

  test("the others are seen in a window that stays on top, if Firefox has such windows, and there is no entry for it if not", async () => {
    const link = `${server.url}/r/firefox-${process.pid}-pip#${makeKey()}`;
    const ana = await join("Firefox", link, "Ana");
    const bo = await join("Chromium", link, "Bo");
    await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
    await ana.press("more");
    await ana.finds("#diagnostics:not([hidden])");
    const has = await ana.page.evaluate(() => "documentPictureInPicture" in globalThis);
    const hasEntry = await ana.page.$eval("#pip", (entry) => !(/** @type {HTMLElement} */ (entry).hidden));
    assert.equal(hasEntry, has || (await ana.page.evaluate(() => document.pictureInPictureEnabled === true)));
    if (!has) return;
    await ana.press("pip");
    await ana.page.waitForFunction(windowPlays, { polling: POLLING }, "Bo");
    await ana.press("leave");
    await ana.seesScreen("left");
    await ana.page.waitForFunction(() => /** @type {any} */ (globalThis).documentPictureInPicture.window === null, {
      polling: POLLING,
    });
  });
});

/**
 * Runs in the page: a file is dropped on it.
 *
 * @param {string} name
 */
function drop(name) {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(300_000)], name, { type: "application/pdf" }));
  const stage = document.getElementById("stage");
  for (const type of ["dragover", "drop"]) {
    stage?.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
  }
}

/** Runs in the page, before its own scripts: keeps the files that are there to be saved. */
function keepFiles() {
  /** @type {Map<string, Blob>} */
  const files = new Map();
  Object.assign(globalThis, { files });
  const create = URL.createObjectURL;
  URL.createObjectURL = (/** @type {Blob} */ blob) => {
    const url = create(blob);
    files.set(url, blob);
    return url;
  };
}

/**
 * Runs in the page: how long a file is that has come, in bytes.
 *
 * @param {string} name
 */
function sizeOf(name) {
  const link = /** @type {HTMLAnchorElement} */ (document.querySelector(`a[download="${name}"]`));
  return /** @type {any} */ (globalThis).files.get(link.href).size;
}

/** Runs in the page: whether frames of the other's screen are decoded. */
async function screenMoves() {
  const [peer] = /** @type {any} */ (globalThis).switchboard.room.peers.values();
  const stats = [...((await peer.getStats())?.values() ?? [])];
  const inbound = stats.find(({ type, trackIdentifier }) => {
    return type === "inbound-rtp" && trackIdentifier === peer.tracks.screen?.id;
  });
  return inbound?.framesDecoded > 3;
}

/**
 * Runs in the page: whether somebody's picture plays in the window.
 *
 * @param {string} name
 */
function windowPlays(name) {
  const inside = /** @type {any} */ (globalThis).documentPictureInPicture.window?.document;
  const video = inside?.querySelector(`.tile[aria-label="${name}"] video`);
  return video?.videoWidth > 0 && video.currentTime > 0 && video.getBoundingClientRect().width > 100;
}

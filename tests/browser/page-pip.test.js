import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import process from "node:process";
import { after, afterEach, before, describe, test } from "node:test";
import { makeKey } from "../../public/client/seal.js";
import { startServer } from "../support/server.js";
import { startChromium } from "./browsers.js";
import { Company } from "./company.js";
import { Person } from "./person.js";

/** How often a page is looked at while a test waits, in milliseconds. */
const POLLING = 50;

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let rooms = 0;

describe("keys, and picture in picture", { timeout: 600_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;

  before(async () => {
    server = await startServer({ vars: { ICE_SERVERS: "[]" } });
    chromium = await startChromium({ flags: ["--autoplay-policy=no-user-gesture-required"] });
  });
  after(() => Promise.allSettled([chromium?.close()]).then(() => server?.stop()));
  afterEach(async () => {
    // The first tab stays: without one, the browser ends. A window that stays on top goes with the tab that opened it.
    for (const page of (await chromium.pages()).slice(1)) await untilClosed(page.close());
  });

  /**
   * Somebody in a call with others, whose pictures are there.
   *
   * @param {string[]} names
   * @param {{ before?: () => void }} [options] `before` runs in the page, before its own scripts
   */
  const call = async (names, { before: prepare = () => {} } = {}) => {
    rooms += 1;
    const link = `${server.url}/r/pip-${process.pid}-${rooms}#${makeKey()}`;
    const person = new Person(await chromium.newPage());
    await person.page.evaluateOnNewDocument(prepare);
    await person.page.goto(link);
    await person.press("join");
    await person.isIn();
    const company = await Company.from(chromium, server.url);
    await company.join(link, names);
    await person.page.bringToFront();
    await company.meet(person);
    return { person, company };
  };

  /**
   * Opens the window, and finds it.
   *
   * @param {Person} person
   * @param {() => Promise<unknown>} open
   */
  const windowOf = async ({ page }, open) => {
    const before = new Set(await chromium.pages());
    await open();
    await page.waitForFunction(() => /** @type {any} */ (globalThis).documentPictureInPicture.window !== null, {
      polling: POLLING,
    });
    const opened = (await chromium.pages()).find((one) => !before.has(one));
    assert(opened !== undefined);
    const inside = new Person(opened);
    await inside.finds("main.pip");
    return inside;
  };

  test("the others, who speaks, and a shared screen are seen in a window that stays on top; its buttons and keys work", async () => {
    const { person, company } = await call(["Amal", "Björn"]);
    const inside = await windowOf(person, async () => {
      await person.press("more");
      await person.press("pip");
    });
    await plays(inside, ["Amal", "Björn"]);
    await company.does("Amal", "speak", true);
    await inside.finds('.tile.speaking[aria-label="Amal"]');
    await company.does("Amal", "speak", false);
    await company.does("Björn", "share");
    await plays(inside, ["Björn’s screen", "Amal", "Björn"]);

    await inside.page.locator('button[aria-label="Microphone"]').click();
    await person.finds("#audio[aria-pressed=false]");
    await inside.finds('button[aria-label="Microphone"][aria-pressed=false]');
    await inside.page.keyboard.press("m");
    await person.finds("#audio[aria-pressed=true]");
    await inside.page.locator('button[aria-label="Camera"]').click();
    await person.finds("#camera[aria-pressed=false]");

    await company.does("Björn", "leave");
    await plays(inside, ["Amal"]);
    await company.does("Amal", "leave");
    await inside.page.waitForFunction(
      () => document.querySelector(".pip-alone")?.textContent === "Waiting for others to join",
      { polling: POLLING },
    );
    closes(inside.page.locator('button[aria-label="Leave"]').click());
    await person.seesScreen("left");
    await person.page.waitForFunction(() => /** @type {any} */ (globalThis).documentPictureInPicture.window === null, {
      polling: POLLING,
    });
    assert.deepEqual(person.complaints, []);
  });

  test("the window looks like the stage under the same policy, follows the scheme, and axe finds nothing in it", async () => {
    const { person } = await call(["Amal"]);
    const inside = await windowOf(person, () => person.page.keyboard.press("i"));
    await plays(inside, ["Amal"]);
    for (const scheme of ["light", "dark"]) {
      await inside.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      const looks = await inside.page.evaluate(() => {
        const { backgroundColor, display } = getComputedStyle(/** @type {Element} */ (document.querySelector(".pip")));
        return { backgroundColor, display, language: document.documentElement.lang };
      });
      assert.deepEqual(looks, { backgroundColor: "rgb(11, 13, 12)", display: "grid", language: "en" });
      await inside.page.evaluate(`globalThis.axe ??= (() => { ${axe}; return axe; })(); undefined`);
      const found = await inside.page.evaluate(async () => {
        const { violations } = await /** @type {any} */ (globalThis).axe.run(document, { resultTypes: ["violations"] });
        return violations.map((/** @type {any} */ { id, nodes }) => `${id}: ${nodes[0]?.html}`);
      });
      assert.deepEqual(found, []);
    }
    assert.deepEqual(person.complaints, []);
  });

  test("the picture goes on in the window while the page is hidden, and the key closes it", async () => {
    const { person, company } = await call(["Amal"]);
    const inside = await windowOf(person, () => person.page.keyboard.press("i"));
    await plays(inside, ["Amal"]);
    await person.page.evaluate(() => {
      Object.defineProperty(document, "visibilityState", { value: "hidden" });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await company.does("Amal", "setMedia", { audio: true, camera: false });
    await inside.finds(".tile.no-camera");
    await company.does("Amal", "setMedia", { audio: true, camera: true });
    await plays(inside, ["Amal"]);
    closes(inside.page.keyboard.press("i"));
    await person.page.waitForFunction(() => /** @type {any} */ (globalThis).documentPictureInPicture.window === null, {
      polling: POLLING,
    });
  });

  test("where no such window can be opened, the picture that matters most is shown by the video’s own picture in picture", async () => {
    const { person } = await call(["Amal"], { before: forgetWindows });
    await person.press("more");
    await person.press("pip");
    await person.page.waitForFunction(
      () => document.pictureInPictureElement?.closest(".tile")?.getAttribute("aria-label") === "Amal",
      { polling: POLLING },
    );
    await person.page.keyboard.press("i");
    await person.page.waitForFunction(() => document.pictureInPictureElement === null, { polling: POLLING });
    await person.page.keyboard.press("i");
    await person.page.waitForFunction(() => document.pictureInPictureElement !== null, { polling: POLLING });
    await person.press("leave");
    await person.page.waitForFunction(() => document.pictureInPictureElement === null, { polling: POLLING });
  });

  test("a browser without either has no entry for it", async () => {
    const { person } = await call(["Amal"], { before: forgetPictureInPicture });
    await person.press("more");
    await person.finds("#shortcuts:not([hidden])");
    await person.finds("#pip[hidden]");
  });

  test("the keys can be switched off where they are listed, and stay off in this browser", async () => {
    const { person } = await call([]);
    await person.finds("#audio[aria-keyshortcuts=m]");
    await person.page.keyboard.press("?");
    await person.page.locator("#shortcuts-on").click();
    await person.page.keyboard.press("Escape");
    await person.page.waitForFunction(() => document.querySelector("dialog.dialog") === null, { polling: POLLING });
    await presses(person, ["m", "v", "s", "c", "p", "i", "?"]);
    await person.finds("#audio[aria-pressed=true]:not([aria-keyshortcuts])");
    await person.finds('#audio[data-tip="Turn off the microphone"]');
    for (const open of [".panel[open]", "dialog[open]", "#camera[aria-pressed=false]", "#share[aria-pressed=true]"]) {
      assert.equal(await person.page.$(open), null, open);
    }
    await person.page.reload();
    await person.isIn();
    await person.finds("#audio:not([aria-keyshortcuts])");
    await presses(person, ["m"]);
    await person.finds("#audio[aria-pressed=true]");

    await person.press("more");
    await person.press("shortcuts");
    assert.equal(
      await person.page.$eval("#shortcuts-on", (box) => /** @type {HTMLInputElement} */ (box).checked),
      false,
    );
    await person.page.locator("#shortcuts-on").click();
    await person.page.keyboard.press("Escape");
    await person.page.waitForFunction(() => document.querySelector("dialog.dialog") === null, { polling: POLLING });
    await presses(person, ["m"]);
    await person.finds("#audio[aria-pressed=false]");
  });
});

/**
 * Something after which a window is closed, perhaps before it is over.
 *
 * @param {Promise<void>} done
 */
async function untilClosed(done) {
  await done.catch((error) => assert.match(String(error), /closed|No target/));
}

/**
 * Something that closes the window it is done in: nobody may be left to say that it is done, so what it brings about is to be waited for.
 *
 * @param {Promise<void>} done
 */
function closes(done) {
  done.catch(() => {});
}

/**
 * Presses keys, and waits until the page has heard all of them.
 *
 * @param {Person} person
 * @param {string[]} keys
 */
async function presses({ page }, keys) {
  await page.bringToFront();
  for (const key of keys) await page.keyboard.press(/** @type {import("puppeteer-core").KeyInput} */ (key));
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
}

/**
 * Waits until just these pictures are there, move, and are where they should be.
 *
 * @param {Person} inside
 * @param {string[]} names
 */
async function plays({ page }, names) {
  await page.waitForFunction(
    (names) => {
      const tiles = Array.from(document.querySelectorAll(".tile"));
      const shown = tiles.map((tile) => tile.getAttribute("aria-label"));
      const fits = tiles.every((tile) => {
        const { left, top, right, bottom, width, height } = tile.getBoundingClientRect();
        return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight && width > 40 && height > 40;
      });
      const moving = tiles.every((tile) => {
        const video = /** @type {HTMLVideoElement} */ (tile.querySelector("video"));
        return video.videoWidth > 0 && video.currentTime > 0 && !video.paused;
      });
      return fits && moving && JSON.stringify(shown.toSorted()) === JSON.stringify(names.toSorted());
    },
    { polling: POLLING },
    names,
  );
  const frames = () =>
    page.$$eval("video", (videos) => videos.map((video) => video.getVideoPlaybackQuality().totalVideoFrames));
  const before = await frames();
  await page.waitForFunction(
    (before) => {
      const videos = Array.from(document.querySelectorAll("video"));
      return videos.every((video, place) => video.getVideoPlaybackQuality().totalVideoFrames > (before[place] ?? 0));
    },
    { polling: POLLING },
    before,
  );
}

/** Runs in the page, before its own scripts. */
function forgetWindows() {
  Reflect.deleteProperty(globalThis, "documentPictureInPicture");
}

/** Runs in the page, before its own scripts. */
function forgetPictureInPicture() {
  Reflect.deleteProperty(globalThis, "documentPictureInPicture");
  Object.defineProperty(document, "pictureInPictureEnabled", { value: undefined });
}

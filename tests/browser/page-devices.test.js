import assert from "node:assert/strict";
import process from "node:process";
import { after, afterEach, before, describe, test } from "node:test";
import { makeKey } from "../../public/client/seal.js";
import { startServer } from "../support/server.js";
import { startChromium, startDenyingChromium } from "./browsers.js";
import { Person } from "./person.js";

/** How often a page is looked at while a test waits, in milliseconds. */
const POLLING = 50;

let rooms = 0;

describe("devices that come and go during a call", { timeout: 900_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;
  /** @type {import("puppeteer-core").BrowserContext[]} */
  const contexts = [];

  before(async () => {
    server = await startServer({ vars: { ICE_SERVERS: "[]" } });
    chromium = await startChromium();
  });
  after(() => Promise.allSettled([chromium?.close()]).then(() => server?.stop()));
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });

  const freshLink = () => {
    rooms += 1;
    return `${server.url}/r/devices-${process.pid}-${rooms}#${makeKey()}`;
  };

  /**
   * Somebody at the door, with devices that the test can take away.
   *
   * @param {string} link
   * @param {string} name
   * @param {{ taken?: string[] }} [options]
   */
  const visit = async (link, name, { taken = [] } = {}) => {
    const context = await chromium.createBrowserContext();
    contexts.push(context);
    const person = new Person(await context.newPage());
    await person.page.evaluateOnNewDocument(holdDevices, taken);
    await person.page.goto(link);
    await person.page.locator("#name").fill(name);
    return person;
  };

  /**
   * @param {string} link
   * @param {string} name
   * @param {{ taken?: string[] }} [options]
   */
  const join = async (link, name, options) => {
    const person = await visit(link, name, options);
    await person.press("join");
    await person.isIn();
    return person;
  };

  /** Two that see and hear each other. */
  const two = async () => {
    const link = freshLink();
    const ana = await join(link, "Ana");
    const bo = await join(link, "Bo");
    await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
    await bo.hearsTheOther();
    return { ana, bo };
  };

  test("a camera that another program has taken is said to be in use; the sound goes on, and the camera comes on when it is free", async () => {
    const { ana, bo } = await two();
    await ana.press("camera");
    await bo.finds(".tile:not(.own).no-camera");
    await take(ana, "video");
    await ana.press("camera");
    await ana.sees("stage-notice", "The camera is in use");
    await ana.finds("#camera[aria-pressed=false]:not([aria-disabled=true])");
    await bo.hearsTheOther();
    await take(ana);
    await ana.press("camera");
    await ana.finds("#camera[aria-pressed=true]");
    await ana.noLongerSees("stage-notice", "The camera is in use");
    await bo.finds(".tile:not(.own):not(.no-camera)");
    await bo.seesMoving(1);
  });

  test("a camera that another program takes in the middle of a call is said to be gone, and why it does not come back", async () => {
    const { ana, bo } = await two();
    await take(ana, "video");
    await ana.page.evaluate(pullOut, "video");
    await ana.sees("stage-notice", "The camera is gone");
    await bo.finds(".tile:not(.own).no-camera");
    await bo.hearsTheOther();
    await ana.pressNamed("Turn on the camera");
    await ana.sees("stage-notice", "The camera is in use");
    await take(ana);
    await ana.press("camera");
    await bo.finds(".tile:not(.own):not(.no-camera)");
    await bo.seesMoving(1);
  });

  test("somebody whose camera is in use comes in with the microphone, and is told", async () => {
    const ana = await join(freshLink(), "Ana", { taken: ["video"] });
    await ana.sees("stage-notice", "The camera is in use");
    await ana.finds("#audio[aria-pressed=true]");
    await ana.finds("#camera[aria-pressed=false]");
    await take(ana);
    await ana.press("camera");
    await ana.finds("#camera[aria-pressed=true]");
    await ana.noLongerSees("stage-notice", "The camera is in use");
  });

  test("somebody whose camera and microphone are in use is told at the door, and comes in without or when they are free", async () => {
    const link = freshLink();
    const ana = await visit(link, "Ana", { taken: ["audio", "video"] });
    await ana.sees("lobby-notice", "Camera and microphone are in use");
    await ana.press("join-without");
    await ana.isIn();
    const bo = await visit(link, "Bo", { taken: ["audio", "video"] });
    await bo.sees("lobby-notice", "Camera and microphone are in use");
    await take(bo);
    await bo.press("join");
    await bo.isIn();
    await ana.seesMoving(1);
  });

  test("a microphone that is gone for good is said to be; another one that is plugged in is offered, and is heard", async () => {
    const { ana, bo } = await two();
    await take(ana, "audio");
    await plugIn(ana, []);
    await ana.page.evaluate(pullOut, "audio");
    await ana.sees("stage-notice", "The microphone is gone");
    await ana.finds("#audio[aria-pressed=false]");
    await bo.finds(".tile:not(.own).no-audio");
    await bo.seesMoving(1);
    await take(ana);
    await plugIn(ana, ["Fake Audio Input 2"]);
    await ana.sees("stage-notice", "Fake Audio Input 2 is connected");
    await ana.pressNamed("Use it");
    await ana.finds("#audio[aria-pressed=true]");
    await ana.noLongerSees("stage-notice", "The microphone is gone");
    await bo.finds(".tile:not(.own):not(.no-audio)");
    await bo.hearsTheOther();
    assert.equal(await ana.page.evaluate(labelOf, "audio"), "Fake Audio Input 2");
  });

  test("headphones that are plugged in are offered, and the sound goes on through them", async () => {
    const { ana, bo } = await two();
    await plugIn(ana, ["Fake Default Audio Input", "Fake Audio Input 1"]);
    assert.notEqual(await ana.page.evaluate(labelOf, "audio"), "Fake Audio Input 2");
    await plugIn(ana, ["Fake Default Audio Input", "Fake Audio Input 1", "Fake Audio Input 2"]);
    await ana.sees("stage-notice", "Fake Audio Input 2 is connected");
    await ana.pressNamed("Use it");
    await ana.page.waitForFunction(labelIs, { polling: POLLING }, "audio", "Fake Audio Input 2");
    await ana.finds("#audio[aria-pressed=true]");
    await bo.hearsTheOther();
    await bo.seesMoving(1);
  });

  test("a microphone in a camera that is unplugged: both losses are said, each with its way on", async () => {
    const { ana, bo } = await two();
    await ana.page.evaluate(pullOut, "video");
    await ana.page.evaluate(pullOut, "audio");
    await ana.sees("stage-notice", "The camera is gone");
    await ana.sees("stage-notice", "You are heard through");
    await bo.hearsTheOther();
    await ana.pressNamed("Turn on the camera");
    await bo.seesMoving(1);
  });

  test("a speaker that is pulled out gives its sound to the system’s own, and gets it back", async () => {
    const { ana } = await two();
    const speaker = await ana.page.evaluate(async () => {
      const devices = await navigator.mediaDevices.enumerateDevices();
      return devices.findLast(({ kind }) => kind === "audiooutput")?.deviceId ?? "";
    });
    await ana.page.evaluate(noteSinks);
    await ana.press("more");
    await ana.press("settings");
    await ana.page.waitForFunction(
      (speaker) => document.querySelector(`.dialog option[value="${speaker}"]`) !== null,
      { polling: POLLING },
      speaker,
    );
    await ana.page.evaluate((speaker) => {
      const option = document.querySelector(`.dialog option[value="${speaker}"]`);
      const select = /** @type {HTMLSelectElement} */ (option?.closest("select"));
      select.value = speaker;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }, speaker);
    await ana.page.waitForFunction(lastSinkIs, { polling: POLLING }, speaker);
    await ana.page.keyboard.press("Escape");
    await ana.page.evaluate(hideOutputs, true);
    await ana.page.waitForFunction(lastSinkIs, { polling: POLLING }, "");
    await ana.page.evaluate(hideOutputs, false);
    await ana.page.waitForFunction(lastSinkIs, { polling: POLLING }, speaker);
  });

  test("a permission that is taken back in the middle of a call is explained, and the call goes on", async () => {
    const strict = await startDenyingChromium();
    try {
      const link = freshLink();
      const { origin } = new URL(link);
      await strict.defaultBrowserContext().overridePermissions(origin, ["camera", "microphone"]);
      const ana = await Person.inCall(strict, link);
      const bo = await join(link, "Bo");
      await Promise.all([ana.seesMoving(1), bo.seesMoving(1)]);
      await strict.defaultBrowserContext().overridePermissions(origin, []);
      await ana.sees("stage-notice", "does not let this page use the camera and microphone");
      await ana.finds("#audio[aria-pressed=false]");
      await ana.finds("#camera[aria-pressed=false]");
      await bo.finds(".tile:not(.own).no-camera.no-audio");
      await ana.seesMoving(1);
      await ana.hearsTheOther();
      await strict.defaultBrowserContext().overridePermissions(origin, ["camera", "microphone"]);
      await ana.press("camera");
      await ana.press("audio");
      await bo.seesMoving(1);
      await bo.hearsTheOther();
    } finally {
      await strict.close();
    }
  });

  test("a camera that the system pauses is said to be paused, and is opened anew when the page is seen again without it", async () => {
    const { ana, bo } = await two();
    await ana.page.evaluate(pause, "video", true);
    await ana.sees("stage-notice", "Your device has paused the camera");
    await ana.finds('.tile.own[data-state="paused"]');
    await ana.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await ana.noLongerSees("stage-notice", "Your device has paused the camera");
    await ana.finds('.tile.own:not([data-state="paused"])');
    await bo.seesMoving(1);
    await ana.page.evaluate(pause, "audio", true);
    await ana.sees("stage-notice", "Your device has paused the microphone");
    await ana.page.evaluate(pause, "audio", false);
    await ana.noLongerSees("stage-notice", "Your device has paused the microphone");
    await bo.hearsTheOther();
  });

  test("a camera that ended while the page was frozen is noticed when the page is seen again", async () => {
    const { ana, bo } = await two();
    await ana.page.evaluate(() => {
      const { tracks } = /** @type {any} */ (globalThis);
      // No event: it would have come while nobody listened.
      for (const track of tracks) if (track.kind === "video") track.stop();
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await ana.sees("stage-notice", "The camera is gone");
    await bo.finds(".tile:not(.own).no-camera");
    await ana.pressNamed("Turn on the camera");
    await bo.seesMoving(1);
  });

  test("a camera that is off is let go of: its track has ended; a microphone that is off sends silence, and ends with the call", async () => {
    const { ana, bo } = await two();
    await ana.press("camera");
    await bo.finds(".tile:not(.own).no-camera");
    await ana.press("audio");
    await bo.finds(".tile:not(.own).no-audio");
    assert.deepEqual(await ana.page.evaluate(openTracks), [["audio", false]]);
    await ana.press("leave");
    await ana.seesScreen("left");
    assert.deepEqual(await ana.page.evaluate(openTracks), []);
  });
});

/**
 * Another program has these kinds of devices now, and no others.
 *
 * @param {Person} person
 * @param {...("audio" | "video")} kinds
 */
async function take({ page }, ...kinds) {
  await page.evaluate((kinds) => {
    /** @type {any} */ (globalThis).taken = kinds;
  }, kinds);
}

/**
 * There are just these microphones now, of those that Chromium makes up.
 *
 * @param {Person} person
 * @param {string[]} labels
 */
async function plugIn({ page }, labels) {
  await page.evaluate((labels) => {
    /** @type {any} */ (globalThis).microphones = labels;
    navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  }, labels);
}

/**
 * Runs in the page, before its own scripts: keeps the tracks of devices, and has other programs take devices and people plug
 * them in, which a made-up device cannot do.
 *
 * @param {string[]} taken the kinds that are taken from the beginning
 */
function holdDevices(taken) {
  const page = /** @type {any} */ (globalThis);
  const { mediaDevices } = navigator;
  const { getUserMedia, enumerateDevices } = mediaDevices;
  /** @type {MediaStreamTrack[]} */
  const tracks = [];
  Object.assign(page, { taken, tracks, microphones: null, outputsHidden: false });
  mediaDevices.getUserMedia = async (constraints = {}) => {
    const wanted = /** @type {const} */ (["audio", "video"]).filter((kind) => constraints[kind]);
    if (wanted.some((kind) => page.taken.includes(kind))) {
      throw new DOMException("Could not start the source", "NotReadableError");
    }
    const stream = await getUserMedia.call(mediaDevices, constraints);
    tracks.push(...stream.getTracks());
    return stream;
  };
  mediaDevices.enumerateDevices = async () => {
    const all = await enumerateDevices.call(mediaDevices);
    return all.filter(({ kind, label }) => {
      if (kind === "audiooutput") return !page.outputsHidden;
      return kind !== "audioinput" || page.microphones === null || page.microphones.includes(label);
    });
  };
}

/**
 * Runs in the page: a device goes away.
 *
 * @param {string} kind
 */
function pullOut(kind) {
  const tracks = /** @type {MediaStreamTrack[]} */ (/** @type {any} */ (globalThis).tracks);
  const track = tracks.findLast((track) => track.kind === kind && track.readyState === "live");
  track?.stop();
  track?.dispatchEvent(new Event("ended"));
}

/**
 * Runs in the page: the system takes a device away for a while, or gives it back.
 *
 * @param {string} kind
 * @param {boolean} muted
 */
function pause(kind, muted) {
  const tracks = /** @type {MediaStreamTrack[]} */ (/** @type {any} */ (globalThis).tracks);
  const track = tracks.findLast((track) => track.kind === kind && track.readyState === "live");
  if (track === undefined) return;
  Object.defineProperty(track, "muted", { value: muted, configurable: true });
  track.dispatchEvent(new Event(muted ? "mute" : "unmute"));
}

/**
 * Runs in the page: the device that is open.
 *
 * @param {string} kind
 */
function labelOf(kind) {
  const tracks = /** @type {MediaStreamTrack[]} */ (/** @type {any} */ (globalThis).tracks);
  return tracks.findLast((track) => track.kind === kind && track.readyState === "live")?.label;
}

/**
 * Runs in the page.
 *
 * @param {string} kind
 * @param {string} label
 */
function labelIs(kind, label) {
  const tracks = /** @type {MediaStreamTrack[]} */ (/** @type {any} */ (globalThis).tracks);
  return tracks.findLast((track) => track.kind === kind && track.readyState === "live")?.label === label;
}

/** Runs in the page: what is open still, and whether it sends. */
function openTracks() {
  const tracks = /** @type {MediaStreamTrack[]} */ (/** @type {any} */ (globalThis).tracks);
  return tracks.filter(({ readyState }) => readyState === "live").map(({ kind, enabled }) => [kind, enabled]);
}

/** Runs in the page: keeps through what sound is played from now on. */
function noteSinks() {
  const { setSinkId } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.setSinkId = function (id) {
    Object.assign(globalThis, { lastSink: id });
    return setSinkId.call(this, id);
  };
}

/**
 * Runs in the page.
 *
 * @param {string} id
 */
function lastSinkIs(id) {
  return /** @type {any} */ (globalThis).lastSink === id;
}

/**
 * Runs in the page: the loudspeakers are pulled out, or plugged in.
 *
 * @param {boolean} hidden
 */
function hideOutputs(hidden) {
  /** @type {any} */ (globalThis).outputsHidden = hidden;
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
}

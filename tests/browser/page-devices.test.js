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
   * Somebody who opens a link, with devices that the test can take away.
   *
   * @param {string} link
   * @param {{ taken?: string[], asks?: boolean, before?: () => void }} [options] `asks`: the browser asks for devices, until
   *   `answer`; `before` runs in the page, before its own scripts
   */
  const arrive = async (link, { taken = [], asks = false, before = () => {} } = {}) => {
    const context = await chromium.createBrowserContext();
    contexts.push(context);
    const person = new Person(await context.newPage());
    await person.page.evaluateOnNewDocument(holdDevices, taken);
    if (asks) await person.page.evaluateOnNewDocument(ask);
    await person.page.evaluateOnNewDocument(before);
    await person.page.goto(link);
    return person;
  };

  /**
   * Somebody at the door.
   *
   * @param {string} link
   * @param {string} name
   * @param {{ taken?: string[] }} [options]
   */
  const visit = async (link, name, options) => {
    const person = await arrive(link, options);
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

  test("a camera that is in use at the door is shown as off there; one press tries again, and does not give up the rest", async () => {
    const ana = await visit(freshLink(), "Ana", { taken: ["video"] });
    await ana.sees("lobby-notice", "The camera is in use");
    await ana.finds("#want-audio[aria-pressed=true]");
    await ana.finds('#want-camera[aria-pressed=false][data-tip="Turn on the camera"]');
    await ana.press("want-audio");
    await ana.finds("#want-audio[aria-pressed=false]");
    await ana.sees("lobby-notice", "The camera is in use");
    await ana.finds("#join-without:not([hidden])");
    await take(ana);
    await ana.press("want-camera");
    await ana.finds('#want-camera[aria-pressed=true][data-tip="Turn off the camera"]');
    await ana.finds("#lobby-notice[hidden]");
    await ana.finds("#join-without[hidden]");
    await ana.finds(".preview video:not([hidden])");
  });

  test("a camera that was shown as off at the door is off in the call, though it is free by then", async () => {
    const ana = await visit(freshLink(), "Ana", { taken: ["video"] });
    await ana.sees("lobby-notice", "The camera is in use");
    await ana.finds("#want-camera[aria-pressed=false]");
    await take(ana);
    await ana.press("join");
    await ana.isIn();
    await ana.finds("#camera[aria-pressed=false]");
    assert.deepEqual(await ana.page.evaluate(openTracks), [["audio", true]]);
  });

  test("devices that the browser hands out only after the door has shut are let go of", async () => {
    const link = freshLink();
    await join(link, "Ana");
    const bo = await arrive(link.replace(/#.*/, ""), { asks: true, before: holdLook });
    await bo.page.waitForFunction(isAsking, { polling: POLLING });
    await bo.page.evaluate(look);
    await bo.seesScreen("keyless");
    assert.deepEqual(await bo.page.evaluate(openTracks), []);
    await answer(bo);
    await bo.page.waitForFunction(isAllReleased, { polling: POLLING }, 2);
    await bo.finds('#screen[data-code="keyless"]:not([hidden])');
  });

  test("a camera that is allowed only after the call was left is let go of, and the devices work at the door and in the next call", async () => {
    const link = freshLink();
    const ana = await visit(link, "Ana");
    await ana.finds(".preview video:not([hidden])");
    await ana.press("want-camera");
    await ana.press("join");
    await ana.isIn();
    await ana.page.evaluate(ask);
    await ana.press("camera");
    await ana.page.waitForFunction(isAsking, { polling: POLLING });
    await ana.press("leave");
    await ana.seesScreen("left");
    await ana.pressNamed("Rejoin");
    await ana.finds("#lobby:not([hidden])");
    await answer(ana);
    await ana.page.waitForFunction(isOpen, { polling: POLLING }, "audio");
    await ana.finds("#want-audio[aria-pressed=true]");
    await ana.press("want-camera");
    await ana.finds(".preview video:not([hidden])");
    await ana.press("join");
    await ana.finds("#stage:not([hidden]) #camera[aria-pressed=true]");
    const bo = await join(link, "Bo");
    await bo.seesMoving(1);
    await bo.hearsTheOther();
  });

  test("whoever goes away from a question at the door is not led into the call by its answer", async () => {
    const link = freshLink();
    await join(link, "Ana");
    const bo = await arrive(link.replace(/#.*/, ""), { asks: true, before: holdLook });
    await bo.page.waitForFunction(isAsking, { polling: POLLING });
    await bo.press("join");
    await bo.finds("#join:disabled");
    await bo.page.evaluate(look);
    await bo.seesScreen("keyless");
    await answer(bo);
    await bo.page.waitForFunction(isAllReleased, { polling: POLLING }, 2);
    assert.equal(await bo.page.evaluate(() => /** @type {any} */ (globalThis).switchboard), undefined);
    await bo.finds('#screen[data-code="keyless"]:not([hidden])');
  });

  test("a microphone from which nothing has come yet is not said to be silent", async () => {
    const ana = await visit(freshLink(), "Ana");
    await ana.page.evaluate(() => {
      const page = Object.assign(/** @type {any} */ (globalThis), { looks: 0 });
      AnalyserNode.prototype.getFloatTimeDomainData = (samples) => {
        samples.fill(0);
        if (page.switchboard?.room.state === "joined") page.looks += 1;
      };
    });
    await ana.press("join");
    await ana.page.waitForFunction(() => /** @type {any} */ (globalThis).looks > 3, { polling: POLLING });
    assert.equal(await ana.page.$eval("#stage-notice", ({ textContent }) => textContent), "");
  });

  test("a screen that the system keeps from being shared is said to be; a choice that was called off is not", async () => {
    const ana = await join(freshLink(), "Ana");
    await ana.page.evaluate(refuseScreens, "Permission denied");
    await ana.press("share");
    await ana.page.waitForFunction(() => /** @type {any} */ (globalThis).refusals === 1, { polling: POLLING });
    assert.equal(await ana.page.$eval("#stage-notice", ({ textContent }) => textContent), "");
    await ana.page.evaluate(refuseScreens, "Permission denied by system");
    await ana.press("share");
    await ana.sees("stage-notice", "The screen could not be shared");
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
 * The person allows what the browser asks for.
 *
 * @param {Person} person
 */
async function answer({ page }) {
  await page.evaluate(() => /** @type {any} */ (globalThis).answer());
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
    page.asking = page.answered !== undefined;
    await page.answered;
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

/** Runs in the page: from now on the browser asks whoever wants devices, until it is answered. */
function ask() {
  const page = /** @type {any} */ (globalThis);
  page.answered = new Promise((resolve) => {
    page.answer = () => {
      page.answered = undefined;
      resolve(undefined);
    };
  });
}

/** Runs in the page: whether the browser has been asked for devices since it asks. */
function isAsking() {
  return /** @type {any} */ (globalThis).asking === true;
}

/** Runs in the page, before its own scripts: the server takes its time to say who is inside. */
function holdLook() {
  const page = /** @type {any} */ (globalThis);
  const { fetch } = globalThis;
  const looked = new Promise((resolve) => {
    page.look = resolve;
  });
  globalThis.fetch = async (...request) => {
    await looked;
    return fetch(...request);
  };
}

/** Runs in the page: the server says who is inside, now and from now on. */
function look() {
  /** @type {any} */ (globalThis).look();
}

/**
 * Runs in the page: no screen can be shared.
 *
 * @param {string} message of the browser's error
 */
function refuseScreens(message) {
  const page = /** @type {any} */ (globalThis);
  page.refusals = 0;
  navigator.mediaDevices.getDisplayMedia = async () => {
    page.refusals += 1;
    throw new DOMException(message, "NotAllowedError");
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

/**
 * Runs in the page: so many devices have been opened, and none is open any more.
 *
 * @param {number} count
 */
function isAllReleased(count) {
  const tracks = /** @type {MediaStreamTrack[]} */ (/** @type {any} */ (globalThis).tracks);
  return tracks.length === count && tracks.every(({ readyState }) => readyState === "ended");
}

/**
 * Runs in the page: just these kinds are open.
 *
 * @param {...string} kinds
 */
function isOpen(...kinds) {
  const tracks = /** @type {MediaStreamTrack[]} */ (/** @type {any} */ (globalThis).tracks);
  const live = tracks.filter(({ readyState }) => readyState === "live").map(({ kind }) => kind);
  return live.join() === kinds.join();
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

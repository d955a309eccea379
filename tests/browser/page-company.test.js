import assert from "node:assert/strict";
import process from "node:process";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { makeKey } from "../../public/client/seal.js";
import { startServer } from "../support/server.js";
import { startChromium, startFirefox } from "./browsers.js";
import { Person } from "./person.js";

/** How often a page is looked at while a test waits, in milliseconds. */
const POLLING = 100;

/** How long a page may take to get somewhere, in milliseconds: five pages encode and decode 20 pictures at once, on two cores. */
const PATIENCE = 120_000;

const NAMES = ["Ana Silva", "Bo", "Chiara", "Dai", "Ewa", "Finn", "Gül", "Hye-jin"];

/** From so many people on, cameras give two pictures a second: eight pages encode and decode 56 streams of them at once. */
const CROWD = 8;

/** The microphones of these tests are made of sound, which starts without a press. */
const SOUND_AT_ONCE = ["--autoplay-policy=no-user-gesture-required"];

/** A phone's page, beside the one that the browsers open. */
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1_000, height: 640 };

/** @typedef {"chromium" | "firefox"} BrowserName */

/** Who comes, in which browsers. @type {readonly BrowserName[][]} */
const COMPANIES = [
  ["chromium", "chromium"],
  ["chromium", "firefox", "chromium"],
  ["chromium", "chromium", "chromium", "chromium", "chromium"],
  Array.from({ length: CROWD }, () => "chromium"),
];

describe("a company on the call page", { timeout: 3_600_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {Record<BrowserName, import("puppeteer-core").Browser>} */
  let browsers;

  before(async () => {
    server = await startServer({ vars: { ICE_SERVERS: "[]" } });
    browsers = { chromium: await startChromium({ flags: SOUND_AT_ONCE }), firefox: await startFirefox() };
  });
  after(() => Promise.allSettled([browsers?.chromium.close(), browsers?.firefox.close()]).then(() => server?.stop()));
  afterEach(async () => {
    for (const browser of Object.values(browsers)) {
      // The first tab stays: without one, a browser ends.
      for (const page of (await browser.pages()).slice(1)) await page.close();
    }
  });

  /**
   * Somebody in the call. All are tabs of one window: what is at the back is not painted, which costs most here.
   *
   * @param {BrowserName} browser
   * @param {string} link
   * @param {string} name
   * @param {{ isCrowd: boolean, isMuted: boolean }} how
   */
  const join = async (browser, link, name, { isCrowd, isMuted }) => {
    const person = new Person(await browsers[browser].newPage());
    person.page.setDefaultTimeout(PATIENCE);
    await person.page.evaluateOnNewDocument(haveCheapDevices, isCrowd);
    await person.page.setViewport(DESK);
    await person.page.goto(link);
    await person.page.locator("#name").fill(name);
    // Firefox's made-up microphone never stops humming; and in a crowd most are silent.
    if (browser === "firefox" || isMuted) await person.press("want-audio");
    await person.press("join");
    await person.isIn();
    return person;
  };

  for (const company of COMPANIES) {
    const count = company.length;
    test(`${count} people (${[...new Set(company)].join(" and ")}) see and hear each other, one shares a screen, and one leaves`, async () => {
      const link = `${server.url}/r/company-${process.pid}-${count}#${makeKey()}`;
      const names = NAMES.slice(0, count);
      /** @type {Person[]} */
      const people = [];
      for (const [place, name] of names.entries()) {
        const isCrowd = count >= CROWD;
        const isMuted = isCrowd && place < count - 1;
        people.push(await join(company[place] ?? "chromium", link, name, { isCrowd, isMuted }));
      }
      const usual = count === 2 ? "duo" : "grid";
      const others = (/** @type {string} */ name) => names.filter((other) => other !== name);

      // Every pair, both ways, over a candidate pair that was selected.
      for (const [place, person] of people.entries()) {
        await shows(person, others(names[place] ?? ""), usual);
        await seesMoving(person, count - 1, "camera");
      }
      const [first, second, last] = /** @type {[Person, Person, Person]} */ ([people[0], people[1], people.at(-1)]);
      await first.page.setViewport(PHONE);
      await shows(first, others("Ana Silva"), usual);
      await first.page.setViewport(DESK);

      // Who makes a sound has a ring on every page, the own one too, and nobody else ever has. A machine without loudspeakers
      // lets Firefox measure nothing, so it is seen there only that nobody gets a ring who should not.
      const hearing = people.filter((_, place) => company[place] === "chromium");
      const name = names.at(-1) ?? "";
      for (const person of people) await person.page.evaluate(noteRings);
      await last.page.evaluate(speak, 0.4);
      for (const person of hearing) await ringsAre(person, [person === last ? "You" : name]);
      await last.page.evaluate(speak, 0);
      for (const person of people) await ringsAre(person, []);
      for (const person of people) {
        const ever = await person.page.evaluate(() => [.../** @type {any} */ (globalThis).rings]);
        const may = [person === last ? "You" : name];
        assert.deepEqual(ever, hearing.includes(person) ? may : ever.filter((one) => may.includes(one)));
      }

      // A screen, shared by one of Chromium, reaches everybody beside the cameras.
      await first.press("share");
      for (const [place, person] of people.entries()) {
        if (person === first) continue;
        await person.finds(`.tile.screen[aria-label="${names[0]}’s screen"]`);
        await shows(person, others(names[place] ?? ""), "screen");
        await seesMoving(person, 1, "screen");
      }
      await first.press("share");
      for (const [place, person] of people.entries()) await shows(person, others(names[place] ?? ""), usual);

      // Who leaves is gone from every page, and the pictures of the others go on.
      await second.press("leave");
      await second.seesScreen("left");
      const rest = people.filter((person) => person !== second);
      const namesLeft = names.filter((name) => name !== names[1]);
      for (const [place, person] of rest.entries()) {
        const seen = namesLeft.filter((name) => name !== namesLeft[place]);
        await shows(person, seen, count === 2 ? "alone" : count === 3 ? "duo" : "grid");
        await seesMoving(person, count - 2, "camera");
      }
      assert.deepEqual(
        people.flatMap(({ complaints }) => complaints),
        [],
      );
    });
  }
});

/**
 * Waits until the page shows just these others, by their names, each with a picture, and everything in its place.
 *
 * @param {Person} person
 * @param {string[]} names
 * @param {string} layout
 */
async function shows(person, names, layout) {
  await person.page.bringToFront();
  await person.page.waitForFunction(
    (names) => {
      const tiles = Array.from(document.querySelectorAll(".tile:not(.own):not(.screen)"));
      const shown = tiles.map((tile) => tile.getAttribute("aria-label")).sort();
      const playing = tiles.every((tile) => (tile.querySelector("video")?.videoWidth ?? 0) > 0);
      return playing && JSON.stringify(shown) === JSON.stringify(names.toSorted());
    },
    { polling: POLLING },
    names,
  );
  await isInOrder(person, layout);
}

/**
 * Waits until frames of so many others are decoded, and then until more of each are.
 *
 * @param {Person} person
 * @param {number} count
 * @param {"camera" | "screen"} kind
 */
async function seesMoving(person, count, kind) {
  const frames = await person.page.waitForFunction(look, { polling: POLLING }, kind, count, null);
  await person.page.waitForFunction(look, { polling: POLLING }, kind, count, await frames.jsonValue());
}

/**
 * Runs in the page: how many frames of each other's picture are decoded, once there are so many, connected over a pair of
 * candidates that was selected; with former figures, once all have risen.
 *
 * @param {"camera" | "screen"} kind
 * @param {number} count
 * @param {unknown} before
 */
async function look(kind, count, before) {
  /** @type {Record<string, number>} */
  const frames = {};
  for (const peer of /** @type {any} */ (globalThis).switchboard.room.peers.values()) {
    const stats = [...((await peer.getStats())?.values() ?? [])];
    // Firefox has no transport statistics, and marks the pair itself.
    const isSelected = stats.some(({ type, selected, selectedCandidatePairId }) =>
      type === "transport" ? selectedCandidatePairId !== undefined : type === "candidate-pair" && selected === true,
    );
    const track = peer.tracks[kind];
    const inbound = stats.find(({ type, trackIdentifier }) => type === "inbound-rtp" && trackIdentifier === track?.id);
    if (peer.state === "connected" && isSelected && inbound?.framesDecoded > 0) frames[peer.id] = inbound.framesDecoded;
  }
  const former = /** @type {Record<string, number> | null} */ (before);
  const all = Object.entries(frames);
  return all.length === count && all.every(([id, number]) => number > (former?.[id] ?? 0)) ? frames : null;
}

/**
 * Waits until everything on the stage has its place.
 *
 * @param {Person} person
 * @param {string} layout
 */
async function isInOrder(person, layout) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await person.page.evaluate(misplaced, layout);
    if (found.length === 0) return;
    if (Date.now() > end) assert.deepEqual(found, []);
    await delay(POLLING);
  }
}

/**
 * Runs in the page: what is wrong with the tiles: one that is out of view, or over another, unless it is our own that floats.
 *
 * @param {string} layout
 * @returns {string[]}
 */
function misplaced(layout) {
  /** Roundings of the layout, in CSS pixels. */
  const SLACK = 1;
  /** Less than this nobody would recognise anybody in, in CSS pixels. */
  const SMALLEST = 60;
  /** @type {string[]} */
  const found = [];
  const actual = document.getElementById("stage")?.dataset.layout;
  if (actual !== layout) found.push(`the layout is ${actual}`);
  const area = document.getElementById("tiles")?.getBoundingClientRect();
  if (area === undefined || area.right > innerWidth || area.bottom > innerHeight) return ["the stage is out of view"];
  const tiles = Array.from(document.querySelectorAll(".tile"), (element) => ({
    name: element.getAttribute("aria-label"),
    floats: element.classList.contains("floating"),
    rect: element.getBoundingClientRect(),
  }));
  for (const [place, { name, rect, floats }] of tiles.entries()) {
    const inside =
      rect.left >= area.left - SLACK &&
      rect.right <= area.right + SLACK &&
      rect.top >= area.top - SLACK &&
      rect.bottom <= area.bottom + SLACK;
    if (!inside) found.push(`${name} is out of view`);
    if (Math.min(rect.width, rect.height) < SMALLEST) found.push(`${name} is too small`);
    for (const other of tiles.slice(place + 1)) {
      const width = Math.min(rect.right, other.rect.right) - Math.max(rect.left, other.rect.left);
      const height = Math.min(rect.bottom, other.rect.bottom) - Math.max(rect.top, other.rect.top);
      if (width > SLACK && height > SLACK && !floats && !other.floats) found.push(`${name} and ${other.name} overlap`);
    }
  }
  return found;
}

/** Runs in the page: keeps who ever gets a ring from now on. */
function noteRings() {
  const rings = new Set();
  Object.assign(globalThis, { rings });
  const note = () => {
    for (const tile of document.querySelectorAll(".tile.speaking")) rings.add(tile.getAttribute("aria-label"));
  };
  note();
  const tiles = /** @type {HTMLElement} */ (document.getElementById("tiles"));
  new MutationObserver(note).observe(tiles, { attributes: true, attributeFilter: ["class"], subtree: true });
}

/**
 * Waits until just these have a ring, which has a colour and moving bars beside the name.
 *
 * @param {Person} person
 * @param {string[]} names
 */
async function ringsAre(person, names) {
  await person.page.waitForFunction(
    (names) => {
      const speaking = Array.from(document.querySelectorAll(".tile")).filter((tile) =>
        tile.querySelector(".voice")?.checkVisibility(),
      );
      return JSON.stringify(speaking.map((tile) => tile.getAttribute("aria-label"))) === JSON.stringify(names);
    },
    { polling: POLLING },
    names,
  );
}

/**
 * Runs in the page.
 *
 * @param {number} volume
 */
function speak(volume) {
  /** @type {any} */ (globalThis).voice.gain.value = volume;
}

/**
 * Runs in the page, before its own scripts: a camera and a screen with few and small pictures, so that a machine with two cores
 * has enough of them for everybody; and a microphone that is silent until somebody speaks.
 *
 * @param {boolean} isCrowd whether the camera gives two pictures a second, which Chromium's own cannot
 */
function haveCheapDevices(isCrowd) {
  const { mediaDevices } = navigator;
  // The empty page that Firefox begins with has none.
  if (mediaDevices === undefined) return;
  const { getUserMedia, getDisplayMedia } = mediaDevices;
  mediaDevices.getUserMedia = async (constraints) => {
    const tracks = constraints?.audio ? [microphone()] : [];
    if (!constraints?.video) return new MediaStream(tracks);
    if (isCrowd) return new MediaStream([...tracks, camera()]);
    // With a lower rate than 10, Chromium's made-up camera gives several pages hardly any pictures at all.
    const video = { width: 160, height: 120, frameRate: 10 };
    const stream = await getUserMedia.call(mediaDevices, { video });
    return new MediaStream([...tracks, ...stream.getTracks()]);
  };
  mediaDevices.getDisplayMedia = () => {
    return getDisplayMedia.call(mediaDevices, { video: { width: 320, height: 240, frameRate: 10 } });
  };

  function camera() {
    const page = /** @type {any} */ (globalThis);
    const track = new page.MediaStreamTrackGenerator({ kind: "video" });
    const writer = track.writable.getWriter();
    const canvas = new OffscreenCanvas(160, 120);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    setInterval(() => {
      context.fillStyle = `hsl(${performance.now() / 50} 80% 50%)`;
      context.fillRect(0, 0, canvas.width, canvas.height);
      writer.write(new page.VideoFrame(canvas, { timestamp: performance.now() * 1_000 })).catch(() => {});
    }, 500);
    return /** @type {MediaStreamTrack} */ (track);
  }

  function microphone() {
    const sound = new AudioContext();
    const voice = new GainNode(sound, { gain: 0 });
    const outlet = new MediaStreamAudioDestinationNode(sound);
    const tone = new OscillatorNode(sound, { frequency: 220 });
    tone.connect(voice).connect(outlet);
    tone.start();
    Object.assign(globalThis, { voice });
    return /** @type {MediaStreamTrack} */ (outlet.stream.getAudioTracks()[0]);
  }
}

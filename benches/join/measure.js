import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { Person } from "../../tests/browser/person.js";
import { watchJoin } from "./watch.js";

/** How long everything is left alone before the button is pressed, in milliseconds, so that loading a page costs the call nothing. */
const CALM_MS = 500;

/** How long a picture may take, in milliseconds. */
const PATIENCE_MS = 30_000;

/**
 * @typedef {import("./watch.js").Marks} Marks
 * @typedef {import("./watch.js").Watched} Watched
 *
 * @typedef {object} Contestant
 * @property {string} name
 * @property {(first: import("puppeteer-core").Browser, second: import("puppeteer-core").Browser) =>
 *   Promise<{ waits: Person, joins: Person }>} meet one is in the call and waits; the other has camera and microphone, and
 *   only has to press `#join`
 *
 * @typedef {object} Run
 * @property {number} milliseconds from the press to the first rendered frame
 * @property {Record<string, number>} steps what both pages noted, in milliseconds since the press; of the page that
 *   waits with `other: ` in front
 */

/**
 * Opens a page that notes what happens.
 *
 * @param {import("puppeteer-core").Browser} browser
 * @param {string} url
 */
export async function openWatched(browser, url) {
  const person = new Person(await browser.newPage());
  await person.page.evaluateOnNewDocument(watchJoin);
  await person.page.goto(url);
  return person;
}

/**
 * One way into a call.
 *
 * @param {Contestant} contestant
 * @param {{ first: import("puppeteer-core").Browser, second: import("puppeteer-core").Browser }} browsers one for each of the
 *   two people, so that neither's page is at the back
 * @returns {Promise<{ run: Run, camera: string }>} with the format that the camera gave
 */
export async function measure(contestant, { first, second }) {
  const { waits, joins } = await contestant.meet(first, second);
  try {
    await pause(CALM_MS);
    await joins.press("join");
    await joins.page.waitForFunction(() => /** @type {any} */ (globalThis).watched.marks.rendered !== undefined, {
      timeout: PATIENCE_MS,
      polling: 100,
    });
    const [own, other] = await Promise.all([watchedIn(joins), watchedIn(waits)]);
    const pressed = own.marks.pressed ?? Number.NaN;
    const since = (/** @type {Marks} */ marks, /** @type {string} */ prefix) =>
      Object.entries(marks).map(([name, time]) => [prefix + name, time - pressed]);
    const steps = Object.fromEntries([...since(own.marks, ""), ...since(other.marks, "other: ")]);
    const formats = new Set(
      [own, other].map(({ camera }) => `${camera?.width}×${camera?.height}@${camera?.frameRate}`),
    );
    assert.equal(formats.size, 1, `the cameras differ: ${[...formats].join(", ")}`);
    return { run: { milliseconds: steps.rendered, steps }, camera: [...formats].join() };
  } finally {
    await Promise.all([joins.page.close(), waits.page.close()]);
  }
}

/**
 * @param {Person} person
 * @returns {Promise<Watched>}
 */
function watchedIn(person) {
  return person.page.evaluate(() => /** @type {any} */ (globalThis).watched);
}

/**
 * The value below which a part of all values lies, between two of them in proportion.
 *
 * @param {number[]} values at least one
 * @param {number} part 0 to 1
 * @returns {number}
 */
export function quantile(values, part) {
  const sorted = values.toSorted((one, other) => one - other);
  const place = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
  return low + (high - low) * (place % 1);
}

import { after, before, describe, test } from "node:test";
import { startServer } from "../support/server.js";
import { startChromium } from "./browsers.js";
import { Person } from "./person.js";

describe("the examples", { timeout: 300_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;

  before(async () => {
    server = await startServer();
    chromium = await startChromium();
  });
  after(() => Promise.allSettled([chromium?.close()]).then(() => server?.stop()));

  /**
   * Two tabs at the same address, which the first one has made up.
   *
   * @param {string} path
   */
  async function twoAt(path) {
    const one = await Person.at(chromium, `${server.url}${path}`);
    await one.page.waitForFunction(() => location.hash.length > 20);
    return { one, two: await Person.at(chromium, one.page.url()) };
  }

  test("cursors are shared by everybody at the same address", async () => {
    const { one, two } = await twoAt("/examples/cursors");
    // Moves until it is seen: who is not connected yet gets what comes later.
    const seen = two.finds(".cursor").then(() => true);
    for (let x = 100; !(await Promise.race([seen, step(one, x)])); x = 100 + ((x + 7) % 300));
    await one.page.close();
    await two.page.waitForFunction(() => document.querySelector(".cursor") === null, { polling: 50 });
    await two.page.close();
  });

  test("the video call shows each the other", async () => {
    const { one, two } = await twoAt("/examples/call");
    for (const person of [one, two]) await person.press("join");
    for (const person of [one, two]) {
      // A tab at the back plays no pictures.
      await person.page.bringToFront();
      await person.page.waitForFunction(
        () => {
          const videos = Array.from(document.querySelectorAll("video"));
          return (
            videos.length === 2 && videos.every(({ currentTime, videoWidth }) => currentTime > 0 && videoWidth > 0)
          );
        },
        { polling: 50 },
      );
    }
    for (const { page } of [one, two]) await page.close();
  });
});

/**
 * @param {Person} person
 * @param {number} x
 */
async function step(person, x) {
  await person.page.mouse.move(x, 100);
  return false;
}

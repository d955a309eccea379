import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startServer } from "../support/server.js";
import { startChromium } from "./browsers.js";
import { Person } from "./person.js";

describe("the style guide", { timeout: 300_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;

  before(async () => {
    server = await startServer({ guide: true });
    chromium = await startChromium();
  });
  after(() => Promise.allSettled([chromium?.close()]).then(() => server?.stop()));

  test("its switch turns everything light or dark, whatever the system has, and the browser has no complaints", async () => {
    const person = await Person.at(chromium, `${server.url}/styleguide`);
    await person.finds("html[data-ready]");
    await person.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
    const schemes = () => person.page.$$eval("html, .panel, .dialog, .menu", lookAtSchemes);
    for (const [choice, scheme] of [
      ["dark", "dark"],
      ["light", "light"],
      ["system", "light dark"],
    ]) {
      await person.press(`scheme-${choice}`);
      assert.deepEqual(await schemes(), [scheme], choice);
    }
    assert.deepEqual(person.complaints, []);
  });
});

/**
 * Runs in the page.
 *
 * @param {Element[]} elements
 * @returns {string[]} the colour schemes that there are among them
 */
function lookAtSchemes(elements) {
  return [...new Set(elements.map((element) => getComputedStyle(element).colorScheme))];
}

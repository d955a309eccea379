import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { makeKey } from "../../public/client/seal.js";
import { startServer } from "../support/server.js";
import { startChromium } from "./browsers.js";
import { Person } from "./person.js";

/** The most that a first visit may transfer, compressed, in bytes. */
const PAGE_LIMIT = 80 * 1024;
const LIBRARY_LIMIT = 20 * 1024;

/** What HTTP adds to a response, in bytes: what Chromium counts for ours, compressed headers and frames. */
const HEADERS = 300;

describe("what a first visit transfers", { timeout: 300_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;

  before(async () => {
    server = await startServer({ vars: { ICE_SERVERS: "[]" } });
    chromium = await startChromium();
  });
  after(() => Promise.allSettled([chromium?.close()]).then(() => server?.stop()));

  for (const [name, path] of /** @type {const} */ ([
    ["the call page", `/r/weight-${process.pid}#${makeKey()}`],
    ["the start page", "/"],
  ])) {
    test(`${name} is at most 80 KB, the library in it 20 KB, and nothing comes from elsewhere`, async (t) => {
      const person = new Person(await chromium.newPage());
      /** @type {import("puppeteer-core").HTTPResponse[]} */
      const responses = [];
      person.page.on("response", (response) => !response.fromCache() && responses.push(response));
      await person.page.goto(server.url + path, { waitUntil: "networkidle0" });
      const parts = await Promise.all(responses.map(weigh));
      const urls = parts.map(([url]) => url);
      const foreign = urls.filter((url) => new URL(url).origin !== server.url);
      // The tab's icon is requested for the tab and again for the page.
      const repeated = urls.filter((url, place) => !url.endsWith(".svg") && urls.indexOf(url) !== place);
      const sum = (/** @type {string} */ start) =>
        parts.filter(([url]) => new URL(url).pathname.startsWith(start)).reduce((all, [, size]) => all + size, 0);
      const [whole, library] = [sum("/"), sum("/client/")];
      for (const [url, size] of parts.toSorted(([, one], [, other]) => other - one)) {
        t.diagnostic(`${String(size).padStart(7)} ${new URL(url).pathname}`);
      }
      t.diagnostic(
        `${parts.length} responses, ${kilobytes(whole)} KB of 80, the library ${kilobytes(library)} KB of 20`,
      );
      assert.deepEqual(foreign, []);
      assert.deepEqual(repeated, []);
      assert.deepEqual(person.complaints, []);
      assert.ok(whole <= PAGE_LIMIT, `${kilobytes(whole)} KB`);
      assert.ok(library <= LIBRARY_LIMIT, `the library is ${kilobytes(library)} KB`);
      await person.page.close();
    });
  }
});

/**
 * What a response takes where it is served compressed, which it is not here.
 *
 * @param {import("puppeteer-core").HTTPResponse} response
 * @returns {Promise<[string, number]>}
 */
async function weigh(response) {
  const body = await response.buffer();
  return [response.url(), gzipSync(body, { level: 6 }).length + HEADERS];
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return (bytes / 1024).toFixed(1);
}

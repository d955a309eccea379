// `npm run lighthouse`: what Lighthouse makes of the start page and the lobby, as on a desktop computer. Every score has to be
// 100; that for performance, which differs from run to run, as the median of three. What costs points is printed.

import process from "node:process";
import { build } from "./build.js";
import { ensureNodeModules, ensureRust, main, Problem, ranInOwnNode, say } from "./setup.js";

/** How often each page is examined. */
const RUNS = 3;

const CATEGORIES = /** @type {const} */ (["performance", "accessibility", "best-practices"]);

/** @typedef {Record<typeof CATEGORIES[number], number>} Scores from 0 to 100 */

await main(async () => {
  ensureNodeModules();
  ensureRust();
  if (ranInOwnNode()) return;
  build();
  const { startServer } = await import("../tests/support/server.js");
  const { startChromium } = await import("../tests/browser/browsers.js");
  const { makeKey } = await import("../public/client/seal.js");
  const server = await startServer({ vars: { ICE_SERVERS: "[]" } });
  const chromium = await startChromium();
  const pages = { "start page": server.url, lobby: `${server.url}/r/lighthouse-${process.pid}#${makeKey()}` };
  const failed = [];
  try {
    for (const [name, url] of Object.entries(pages)) {
      const scores = await examine(chromium, name, url);
      if (CATEGORIES.some((category) => scores[category] < 100)) failed.push(name);
    }
  } finally {
    await Promise.allSettled([chromium.close(), server.stop()]);
  }
  if (failed.length > 0) throw new Problem(`less than 100: ${failed.join(", ")}`);
});

/**
 * @param {import("puppeteer-core").Browser} chromium
 * @param {string} name
 * @param {string} url
 * @returns {Promise<Scores>} the medians
 */
async function examine(chromium, name, url) {
  const { default: lighthouse, desktopConfig } = await import("lighthouse");
  /** @type {Scores[]} */
  const runs = [];
  /** @type {Set<string>} */
  const costly = new Set();
  for (let run = 0; run < RUNS; run += 1) {
    const context = await chromium.createBrowserContext();
    const page = await context.newPage();
    const flags = { onlyCategories: [...CATEGORIES], logLevel: /** @type {const} */ ("error") };
    const result = await lighthouse(url, flags, desktopConfig, /** @type {any} */ (page));
    await context.close();
    if (result === undefined) throw new Problem("Lighthouse gave no result");
    const { categories, audits } = result.lhr;
    const scoreOf = (/** @type {string} */ category) => Math.round((categories[category]?.score ?? 0) * 100);
    runs.push({
      performance: scoreOf("performance"),
      accessibility: scoreOf("accessibility"),
      "best-practices": scoreOf("best-practices"),
    });
    for (const category of CATEGORIES) {
      for (const { id, weight } of categories[category]?.auditRefs ?? []) {
        const audit = audits[id];
        if (weight === 0 || audit === undefined || audit.score === null || audit.score >= 1) continue;
        costly.add(`${category}: ${audit.title} (${id}) ${audit.displayValue ?? ""} ${itemsOf(audit)}`);
      }
    }
  }
  const scores = /** @type {Scores} */ (
    Object.fromEntries(CATEGORIES.map((category) => [category, medianOf(runs.map((scores) => scores[category]))]))
  );
  say(`${name}: ${CATEGORIES.map((category) => `${category} ${scores[category]}`).join(", ")}`);
  for (const reason of costly) console.log(`  ${reason}`);
  return scores;
}

/** @param {any} audit */
function itemsOf({ details }) {
  const items = details?.items?.slice(0, 3) ?? [];
  return items.length === 0 ? "" : JSON.stringify(items).slice(0, 400);
}

/** @param {number[]} values of an odd number */
function medianOf(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

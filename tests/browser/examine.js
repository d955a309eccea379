// What is wrong with a page, when nothing on it moves any more.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * Waits until everything that follows from a change, such as of the window's size, has been worked out, and until whatever it
 * set moving has arrived. The page has to be at the front: at the back nothing is painted.
 *
 * @param {import("puppeteer-core").Page} page
 */
export async function settle(page) {
  await page.evaluate(untilStill);
}

/** Runs in the page. */
async function untilStill() {
  // One that does not come is the page's own affair.
  await Promise.allSettled(Array.from(document.images, (image) => image.decode()));
  /** What has no end, such as the bars of somebody who speaks, is no change. @param {Animation} animation */
  const ends = ({ playState, effect }) =>
    playState === "running" && effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY;
  for (;;) {
    // An animation that a change brings about is there from the next frame on, and one that ends may bring about another.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const moving = document.getAnimations().filter(ends);
    if (moving.length === 0) return;
    // One that is called off, with the element it moved, is over as well.
    await Promise.allSettled(moving.map(({ finished }) => finished));
  }
}

/**
 * What axe finds once the page has settled: a colour in the middle of a movement is none that anybody chose.
 *
 * @param {import("puppeteer-core").Page} page
 * @returns {Promise<string[]>}
 */
export async function findViolations(page) {
  // Evaluated from outside, where no content security policy applies.
  await page.evaluate(`globalThis.axe ??= (() => { ${axe}; return axe; })(); undefined`);
  await settle(page);
  return page.evaluate(async () => {
    const { violations } = await /** @type {any} */ (globalThis).axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap((/** @type {any} */ { id, nodes }) =>
      nodes.map((/** @type {any} */ { html, failureSummary }) => {
        const why = failureSummary.split("\n").slice(1).join(" ").trim();
        return `${id}: ${html.slice(0, 120)} ${why.slice(0, 200)}`;
      }),
    );
  });
}

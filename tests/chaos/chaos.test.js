// A short run of what `npm run chaos` does at length.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startChromium, startFirefox } from "../browser/browsers.js";
import { runCall } from "./call.js";
import { runCourier } from "./courier.js";
import { Deployment } from "./deployment.js";

test("signals arrive once and in order through cut sockets, hibernation, restarts and a server that is killed", async () => {
  const { signals, wrong } = await runCourier({ signals: 5_000, seed: 11 });
  assert.deepEqual(wrong, []);
  assert(signals >= 5_000);
});

describe("calls in the middle of chaos", { timeout: 600_000 }, () => {
  /** @type {Deployment} */
  let deployment;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;
  /** @type {import("puppeteer-core").Browser} */
  let firefox;

  before(async () => {
    deployment = await Deployment.start();
    chromium = await startChromium();
    firefox = await startFirefox();
  });
  after(() => Promise.allSettled([chromium?.close(), firefox?.close(), deployment?.stop()]));

  for (const seed of [1, 2, 4]) {
    test(`everybody sees everybody in the end, with seed ${seed}`, async () => {
      await runCall({ seed, deployment, chromium, firefox });
    });
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { watchForWake } from "../../public/client/wake.js";
import { fakePlatform } from "./fakes.js";

function watch() {
  const platform = fakePlatform();
  /** @type {string[]} */
  const reasons = [];
  const stop = watchForWake((reason) => reasons.push(reason), platform.environment);
  return { ...platform, reasons, stop };
}

test("a clock that jumps tells of a sleep", async () => {
  const { clock, reasons } = watch();
  await clock.advance(60_000);
  assert.deepEqual(reasons, []);
  await clock.sleep(120_000);
  assert.deepEqual(reasons, ["wake"]);
});

test("the network that comes back and the page that comes out of the cache are told", () => {
  const { events, reasons } = watch();
  events.dispatchEvent(new Event("online"));
  events.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  events.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));
  assert.deepEqual(reasons, ["online", "pageshow"]);
});

test("nothing is told, and no timer is left, after the end", async () => {
  const { clock, events, reasons, stop } = watch();
  stop();
  events.dispatchEvent(new Event("online"));
  await clock.sleep(120_000);
  assert.deepEqual(reasons, []);
  assert.equal(clock.pending, 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace, QUEUE_FRAMES } from "../../public/client/pace.js";
import { fakePlatform } from "./fakes.js";

const PER_SECOND = 10;

/** A pace, and what has been sent at it. */
function started() {
  const { environment, clock } = fakePlatform();
  /** @type {string[]} */
  const sent = [];
  const pace = new Pace((text) => sent.push(text), environment);
  pace.start(PER_SECOND);
  const post = (/** @type {number} */ count) => {
    for (let number = 0; number < count; number += 1) assert.equal(pace.post(String(number)), true);
  };
  return { pace, sent, clock, post };
}

test("a few frames go at once", () => {
  const { sent, post } = started();
  post(15);
  assert.equal(sent.length, 15);
});

test("many go in order, no faster than a server with a bucket of two seconds lets through", async () => {
  const { sent, clock, post } = started();
  post(100);
  let tokens = 2 * PER_SECOND;
  let before = 0;
  for (let tick = 0; tick < 1_000 && sent.length < 100; tick += 1) {
    tokens -= sent.length - before;
    before = sent.length;
    assert.ok(tokens >= 0, `after ${tick} ticks`);
    await clock.advance(10);
    tokens = Math.min(2 * PER_SECOND, tokens + PER_SECOND / 100);
  }
  assert.deepEqual(
    sent,
    Array.from({ length: 100 }, (_, number) => String(number)),
  );
});

test("what waits goes with its connection, and the next one starts anew", async () => {
  const { pace, sent, clock, post } = started();
  post(30);
  pace.stop();
  sent.length = 0;
  await clock.advance(10_000);
  assert.deepEqual(sent, []);
  pace.start(PER_SECOND);
  pace.post("first");
  assert.deepEqual(sent, ["first"]);
});

test("when too many wait another is refused", () => {
  const { pace, post } = started();
  post(15 + QUEUE_FRAMES);
  assert.equal(pace.post("too many"), false);
});

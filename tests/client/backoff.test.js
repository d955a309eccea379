import assert from "node:assert/strict";
import { test } from "node:test";
import { fullJitter } from "../../public/client/backoff.js";

const bounds = { base: 500, cap: 20_000 };

test("the wait is anything from nothing to twice the former bound", () => {
  assert.equal(
    fullJitter(3, bounds, () => 0),
    0,
  );
  assert.equal(
    fullJitter(0, bounds, () => 0.5),
    250,
  );
  assert.equal(
    fullJitter(3, bounds, () => 0.5),
    2_000,
  );
});

test("the wait stays under its cap however often it failed", () => {
  assert.equal(
    fullJitter(5_000, bounds, () => 0.5),
    10_000,
  );
});

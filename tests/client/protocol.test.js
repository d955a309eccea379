import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CLOSE_CODES, finalReason, isRoomName, parseServerFrame } from "../../public/client/protocol.js";
import { welcome } from "./fakes.js";

test("the close codes 4001 to 4006 are final and no others", () => {
  const final = Array.from({ length: 5_000 }, (_, code) => code).filter((code) => finalReason(code) !== null);
  assert.deepEqual(final, [4001, 4002, 4003, 4004, 4005, 4006]);
  assert.equal(finalReason(CLOSE_CODES.full), "full");
});

test("room names are 1 to 64 letters, digits, dashes or underscores", () => {
  for (const name of ["a", "Z-9_", "x".repeat(64)]) assert.ok(isRoomName(name));
  for (const name of ["", "x".repeat(65), "a b", "a/b", "a\n", "é"]) assert.ok(!isRoomName(name));
});

test("a frame that lacks a field is not a frame", () => {
  const whole = welcome();
  assert.notEqual(parseServerFrame(JSON.stringify(whole)), null);
  for (const field of Object.keys(whole)) {
    const { [field]: _, ...rest } = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (whole));
    assert.equal(parseServerFrame(JSON.stringify(rest)), null, `without ${field}`);
  }
});

for (const { name, text } of goldenFrames()) {
  test(`the server's golden frame "${name}" is read`, () => {
    assert.deepEqual(parseServerFrame(text), JSON.parse(text));
  });
}

/**
 * The frames that the server's own tests pin.
 *
 * @returns {{ name: string, text: string }[]}
 */
function goldenFrames() {
  return JSON.parse(readFileSync(new URL("../fixtures/server-frames.json", import.meta.url), "utf8"));
}

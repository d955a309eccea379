import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { qrPath } from "../../public/app/qr.js";
import { makeKey } from "../../public/client/seal.js";

/** @type {(data: Uint8ClampedArray, width: number, height: number) => { data: string } | null} */
const decode = createRequire(import.meta.url)("jsqr");

/** How large a module is drawn, in pixels. */
const SCALE = 4;

/**
 * Draws a path of squares, as a browser does, in black on white.
 *
 * @param {{ size: number, path: string }} code
 */
function draw({ size, path }) {
  const width = size * SCALE;
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let row = 0; row < SCALE; row += 1) {
      const from = ((Number(y) * SCALE + row) * width + Number(x) * SCALE) * 4;
      for (let place = from; place < from + SCALE * 4; place += 4) pixels.fill(0, place, place + 3);
    }
  }
  return { pixels, width };
}

test("the code of a link is read as that link by a reader of another make", () => {
  const links = [
    `https://call.example/r/k7m2-9qxw-3fzt#${makeKey()}`,
    `http://127.0.0.1:8787/r/a#${makeKey()}`,
    `https://a-rather-long-name-of-a-deployment.some-account.workers.example/r/${"x".repeat(64)}#${makeKey()}`,
  ];
  for (const link of links) {
    const code = qrPath(link);
    assert.equal(code.path.replace(/M\d+ \d+h1v1h-1z/g, ""), "");
    const { pixels, width } = draw(code);
    assert.equal(decode(pixels, width, width)?.data, link);
  }
});

test("the vendored encoder is the published one", () => {
  const vendored = readFileSync(new URL("../../public/app/vendor/lean-qr.js", import.meta.url), "utf8");
  const published = readFileSync(new URL("../../node_modules/lean-qr/nano.mjs", import.meta.url), "utf8");
  assert.equal(vendored.replace(/^(?:\/\/.*\n)+/, ""), published);
});

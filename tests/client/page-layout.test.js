import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cornerAt,
  cornerTowards,
  fitOf,
  floating,
  onWholePixels,
  pack,
  SLIMMEST,
  WIDEST,
  withScreen,
} from "../../public/app/layout.js";

/** @typedef {import("../../public/app/layout.js").Rect} Rect */

const SCREENS = [
  { width: 1440, height: 820 },
  { width: 820, height: 1060 },
  { width: 374, height: 730 },
  { width: 304, height: 450 },
  { width: 1000, height: 250 },
  { width: 700, height: 360 },
];
const GAP = 8;

/** Rounding errors of a division. */
const NEARLY = 1e-6;

/**
 * @param {Rect} one
 * @param {Rect} two
 */
function overlap(one, two) {
  return (
    one.x < two.x + two.width - NEARLY &&
    two.x < one.x + one.width - NEARLY &&
    one.y < two.y + two.height - NEARLY &&
    two.y < one.y + one.height - NEARLY
  );
}

/**
 * @param {Rect[]} rects
 * @param {{ width: number, height: number }} area
 */
function assertInPlace(rects, area) {
  for (const [place, rect] of rects.entries()) {
    assert.ok(rect.x >= -NEARLY && rect.y >= -NEARLY, JSON.stringify(rect));
    assert.ok(rect.x + rect.width <= area.width + NEARLY, JSON.stringify(rect));
    assert.ok(rect.y + rect.height <= area.height + NEARLY, JSON.stringify(rect));
    assert.ok(rect.width > 0 && rect.height > 0, JSON.stringify(rect));
    for (const other of rects.slice(place + 1)) assert.ok(!overlap(rect, other), JSON.stringify([rect, other]));
  }
}

test("tiles fit, do not overlap, are all alike and have the shape of a picture, however many and wherever", () => {
  for (const area of SCREENS) {
    for (let count = 1; count <= 12; count += 1) {
      const rects = pack(area, count, GAP);
      const slimmest = area.width > area.height ? SLIMMEST.wide : SLIMMEST.upright;
      assert.equal(rects.length, count);
      assertInPlace(rects, area);
      for (const { width, height } of rects) {
        assert.deepEqual({ width, height }, { width: rects[0]?.width, height: rects[0]?.height });
        assert.ok(width / height <= WIDEST + NEARLY && width / height >= slimmest - NEARLY, `${width}×${height}`);
      }
    }
  }
});

test("on whole pixels, tiles are still in place and alike", () => {
  // As a stage is whose head takes a part of a pixel.
  const stages = [...SCREENS, { width: 374, height: 741.8125 }, { width: 983.5, height: 540.33 }];
  for (const area of stages) {
    for (let count = 1; count <= 12; count += 1) {
      const rects = pack(area, count, GAP).map(onWholePixels);
      assertInPlace(rects, area);
      for (const { x, y, width, height } of rects) {
        assert.ok([x, y, width, height].every(Number.isInteger));
        assert.deepEqual({ width, height }, { width: rects[0]?.width, height: rects[0]?.height });
      }
    }
  }
});

test("no other number of columns gives larger tiles", () => {
  for (const area of SCREENS) {
    for (let count = 1; count <= 12; count += 1) {
      const [tile] = pack(area, count, GAP);
      const slimmest = area.width > area.height ? SLIMMEST.wide : SLIMMEST.upright;
      assert.ok(tile);
      for (let columns = 1; columns <= count; columns += 1) {
        const rows = Math.ceil(count / columns);
        const cell = {
          width: (area.width - GAP * (columns - 1)) / columns,
          height: (area.height - GAP * (rows - 1)) / rows,
        };
        if (cell.width <= 0 || cell.height <= 0) continue;
        const width = Math.min(cell.width, cell.height * WIDEST);
        const height = Math.min(cell.height, cell.width / slimmest);
        assert.ok(tile.width * tile.height >= width * height - NEARLY, `${count} in ${JSON.stringify(area)}`);
      }
    }
  }
});

test("a last row that is not full stands in the middle", () => {
  const rects = pack({ width: 1600, height: 900 }, 5, 0);
  const last = rects.filter(({ y }) => y === rects.at(-1)?.y);
  assert.equal(last.length, 2);
  const [left, right] = [last[0]?.x ?? 0, 1600 - (last[1]?.x ?? 0) - (last[1]?.width ?? 0)];
  assert.ok(Math.abs(left - right) < NEARLY);
});

test("an area without room gives tiles without size, and no error", () => {
  for (const area of [
    { width: 0, height: 0 },
    { width: 10, height: 3 },
  ]) {
    assert.equal(pack(area, 4, GAP).length, 4);
  }
});

test("a shared screen gets most of the stage, and everybody is beside it", () => {
  for (const area of SCREENS) {
    for (let count = 0; count <= 8; count += 1) {
      const { screen, people } = withScreen(area, count, GAP);
      assert.equal(people.length, count);
      assertInPlace([screen, ...people], area);
      assert.ok(screen.width * screen.height >= 0.6 * area.width * area.height);
    }
  }
});

test("our own picture floats in the corner it was put in, inside of the stage", () => {
  for (const area of SCREENS) {
    for (const corner of /** @type {const} */ (["top-left", "top-right", "bottom-left", "bottom-right"])) {
      const rect = floating(area, corner, 12);
      assertInPlace([rect], area);
      const middle = { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 };
      assert.equal(cornerAt(area, middle), corner);
    }
  }
});

test("an arrow key moves to the corner it points at, and no other key moves anything", () => {
  assert.equal(cornerTowards("bottom-right", "ArrowUp"), "top-right");
  assert.equal(cornerTowards("top-right", "ArrowLeft"), "top-left");
  assert.equal(cornerTowards("top-left", "ArrowDown"), "bottom-left");
  assert.equal(cornerTowards("bottom-left", "ArrowRight"), "bottom-right");
  assert.equal(cornerTowards("bottom-right", "ArrowDown"), "bottom-right");
  assert.equal(cornerTowards("bottom-right", "Tab"), null);
});

test("a picture fills its tile unless it would lose half of itself", () => {
  assert.equal(fitOf({ width: 1280, height: 720 }, { width: 1400, height: 820 }), "cover");
  assert.equal(fitOf({ width: 1280, height: 720 }, { width: 390, height: 700 }), "contain");
  assert.equal(fitOf({ width: 720, height: 1280 }, { width: 1400, height: 820 }), "contain");
  assert.equal(fitOf({ width: 0, height: 0 }, { width: 390, height: 700 }), "cover");
});

/**
 * Where the tiles of a call go: nothing here knows the page, and all lengths are in CSS pixels.
 *
 * @typedef {{ x: number, y: number, width: number, height: number }} Rect
 * @typedef {{ width: number, height: number }} Extent
 */

/**
 * The shapes of a tile, as width divided by height: the widest is that of most cameras; the slimmest leaves enough of such
 * a picture on a stage that is wide, and gives up more of it on one that is upright, where there is no width to have.
 */
export const WIDEST = 16 / 9;
export const SLIMMEST = { wide: 1.2, upright: 0.9 };

/** The shape of our own picture while it floats on an upright stage: that of a phone's camera, nearly. */
const FLOATING_UPRIGHT = 0.75;

/** So much of the stage a shared screen gets, while the rest is a strip of people. */
const SCREEN_PART = { beside: 0.8, above: 0.68 };

/** The largest tile in the strip beside a screen, in pixels. */
const STRIP_WIDTH = 260;

/** A picture that would lose more than this part of itself by filling its tile is shown whole instead. */
const LOSABLE = 0.5;

/**
 * A rectangle on whole pixels, where edges are sharp: rounded down, so that none comes to reach out of its area.
 *
 * @param {Rect} rect
 * @returns {Rect}
 */
export function onWholePixels({ x, y, width, height }) {
  return { x: Math.floor(x), y: Math.floor(y), width: Math.floor(width), height: Math.floor(height) };
}

/**
 * The largest tiles that fit: tries every number of columns. A last row that is not full stands in the middle.
 *
 * @param {Extent} area
 * @param {number} count
 * @param {number} gap
 * @param {number} [slimmest]
 * @returns {Rect[]}
 */
export function pack(area, count, gap, slimmest = area.width > area.height ? SLIMMEST.wide : SLIMMEST.upright) {
  let best = { width: 0, height: 0, columns: 1 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const cell = {
      width: (area.width - gap * (columns - 1)) / columns,
      height: (area.height - gap * (rows - 1)) / rows,
    };
    const tile = within(cell, slimmest);
    if (tile.width * tile.height > best.width * best.height) best = { ...tile, columns };
  }
  return place(area, count, gap, best);
}

/**
 * @param {Extent} area
 * @param {number} count
 * @param {number} gap
 * @param {Extent & { columns: number }} tile
 * @returns {Rect[]}
 */
function place(area, count, gap, { width, height, columns }) {
  const rows = Math.ceil(count / columns);
  const top = (area.height - rows * height - (rows - 1) * gap) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = (area.width - inRow * width - (inRow - 1) * gap) / 2;
    return { x: left + (index % columns) * (width + gap), y: top + row * (height + gap), width, height };
  });
}

/**
 * The largest tile of a fitting shape in a cell.
 *
 * @param {Extent} cell
 * @param {number} slimmest
 * @returns {Extent}
 */
function within({ width, height }, slimmest) {
  if (width <= 0 || height <= 0) return { width: 0, height: 0 };
  if (width / height > WIDEST) return { width: height * WIDEST, height };
  if (width / height < slimmest) return { width, height: width / slimmest };
  return { width, height };
}

/**
 * A shared screen and the people beside it, or below it where the stage is upright.
 *
 * @param {Extent} area
 * @param {number} count how many people
 * @param {number} gap
 * @returns {{ screen: Rect, people: Rect[] }}
 */
export function withScreen(area, count, gap) {
  const whole = { screen: { x: 0, y: 0, ...area }, people: [] };
  if (count === 0) return whole;
  if (area.width >= area.height) {
    const strip = Math.min(STRIP_WIDTH, area.width * (1 - SCREEN_PART.beside));
    const x = area.width - strip;
    const people = pack({ width: strip, height: area.height }, count, gap, SLIMMEST.wide);
    return {
      screen: { x: 0, y: 0, width: x - gap, height: area.height },
      people: people.map((rect) => ({ ...rect, x: rect.x + x })),
    };
  }
  const y = area.height * SCREEN_PART.above;
  const people = pack({ width: area.width, height: area.height - y }, count, gap);
  return {
    screen: { x: 0, y: 0, width: area.width, height: y - gap },
    people: people.map((rect) => ({ ...rect, y: rect.y + y })),
  };
}

/** @typedef {"top-left" | "top-right" | "bottom-left" | "bottom-right"} Corner */

/**
 * Our own picture over somebody else's.
 *
 * @param {Extent} area
 * @param {Corner} corner
 * @param {number} margin
 * @returns {Rect}
 */
export function floating(area, corner, margin) {
  const upright = area.height > area.width;
  const width = Math.round(Math.min(280, Math.max(92, area.width * (upright ? 0.28 : 0.2))));
  const height = Math.round(upright ? width / FLOATING_UPRIGHT : (width * 9) / 16);
  return {
    x: corner.endsWith("left") ? margin : area.width - width - margin,
    y: corner.startsWith("top") ? margin : area.height - height - margin,
    width,
    height,
  };
}

/**
 * The corner that something was dropped in, by where its middle is.
 *
 * @param {Extent} area
 * @param {{ x: number, y: number }} middle
 * @returns {Corner}
 */
export function cornerAt(area, { x, y }) {
  return `${y < area.height / 2 ? "top" : "bottom"}-${x < area.width / 2 ? "left" : "right"}`;
}

/**
 * The corner next to one, in the direction of an arrow key.
 *
 * @param {Corner} corner
 * @param {string} key as `KeyboardEvent.key` names it
 * @returns {Corner | null} null for other keys
 */
export function cornerTowards(corner, key) {
  const [vertical = "bottom", horizontal = "right"] = corner.split("-");
  const turned = {
    ArrowUp: `top-${horizontal}`,
    ArrowDown: `bottom-${horizontal}`,
    ArrowLeft: `${vertical}-left`,
    ArrowRight: `${vertical}-right`,
  };
  return /** @type {Record<string, Corner>} */ (turned)[key] ?? null;
}

/**
 * Whether a picture fills its tile, and loses what stands over, or is shown whole.
 *
 * @param {Extent} picture
 * @param {Extent} tile
 * @returns {"cover" | "contain"}
 */
export function fitOf(picture, tile) {
  if (!(picture.width > 0 && picture.height > 0 && tile.width > 0 && tile.height > 0)) return "cover";
  const ratio = picture.width / picture.height / (tile.width / tile.height);
  return Math.min(ratio, 1 / ratio) < LOSABLE ? "contain" : "cover";
}

import * as leanQr from "./vendor/lean-qr.js";

/** @type {(text: string) => { size: number, get: (x: number, y: number) => boolean }} */
const generate = /** @type {any} */ (leanQr).generate;

/** Empty modules around a code, without which not every reader finds it (ISO/IEC 18004, section 6.3.8). */
const QUIET_ZONE = 4;

/**
 * A QR code as one path of squares, a unit for each module.
 *
 * @param {string} text
 * @returns {{ size: number, path: string }} `size` is its width and height in units, quiet zone included
 */
export function qrPath(text) {
  const code = generate(text);
  let path = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      if (code.get(x, y)) path += `M${x + QUIET_ZONE} ${y + QUIET_ZONE}h1v1h-1z`;
    }
  }
  return { size: code.size + 2 * QUIET_ZONE, path };
}

/**
 * @param {string} text
 * @param {string} label what it leads to, for those who cannot see it
 * @returns {SVGSVGElement}
 */
export function qrImage(text, label) {
  const { size, path } = qrPath(text);
  const make = (/** @type {string} */ tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const svg = /** @type {SVGSVGElement} */ (make("svg"));
  svg.setAttribute("class", "qr");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("shape-rendering", "crispEdges");
  const squares = make("path");
  squares.setAttribute("d", path);
  svg.append(squares);
  return svg;
}

/**
 * The icons of the pages, drawn for them on a grid of 24 with one stroke: see `.icon` in base.css. Each is one path.
 */
const PATHS = {
  "arrow-right": "M5 12h14M13 6l6 6-6 6",
  attach: "M19.5 11.5 12 19a4.6 4.6 0 0 1-6.5-6.5l7.8-7.8a3.1 3.1 0 0 1 4.4 4.4L10 16.8a1.5 1.5 0 0 1-2.2-2.2l7-7",
  camera:
    "M5.5 6.5H13A2.5 2.5 0 0 1 15.5 9v6a2.5 2.5 0 0 1-2.5 2.5H5.5A2.5 2.5 0 0 1 3 15V9a2.5 2.5 0 0 1 2.5-2.5zM15.5 10.8 21 7.5v9l-5.5-3.3",
  "camera-off":
    "M9.5 6.5H13A2.5 2.5 0 0 1 15.5 9v3.2M15.5 15.2a2.5 2.5 0 0 1-2.5 2.3H5.5A2.5 2.5 0 0 1 3 15V9a2.5 2.5 0 0 1 2.2-2.48M15.5 10.8 21 7.5v9l-2.6-1.56M4 4l16 16",
  chat: "M5.5 4.5h13A2.5 2.5 0 0 1 21 7v7.5a2.5 2.5 0 0 1-2.5 2.5H12l-4.5 3.5V17h-2A2.5 2.5 0 0 1 3 14.5V7a2.5 2.5 0 0 1 2.5-2.5zM8 9.3h8M8 12.6h5",
  check: "m5 12.5 4.5 4.5L19 7.5",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.5V12l3 2",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9.5A1.5 1.5 0 0 1 10.5 8h8A1.5 1.5 0 0 1 20 9.5v9a1.5 1.5 0 0 1-1.5 1.5h-8A1.5 1.5 0 0 1 9 18.5zM16 8V5.5A1.5 1.5 0 0 0 14.5 4h-9A1.5 1.5 0 0 0 4 5.5v9A1.5 1.5 0 0 0 5.5 16H9",
  download: "M12 3.5v11M7.5 10.5 12 15l4.5-4.5M4.5 20.5h15",
  file: "M7 3h6.5L19 8.5V19a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM13 3v6h6",
  fullscreen:
    "M4 9V5.5A1.5 1.5 0 0 1 5.5 4H9M15 4h3.5A1.5 1.5 0 0 1 20 5.5V9M20 15v3.5a1.5 1.5 0 0 1-1.5 1.5H15M9 20H5.5A1.5 1.5 0 0 1 4 18.5V15",
  keyboard:
    "M4.5 6h15A1.5 1.5 0 0 1 21 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 16.5v-9A1.5 1.5 0 0 1 4.5 6zM7 10h.01M10.3 10h.01M13.7 10h.01M17 10h.01M8 14h8",
  leave:
    "M3.2 14.7c-.5-3 4-5.7 8.8-5.7s9.3 2.7 8.8 5.7c-.2 1-1 1.4-1.9 1.2l-2.5-.5c-.8-.2-1.2-.7-1.2-1.5v-1.5a12 12 0 0 0-6.4 0v1.5c0 .8-.4 1.3-1.2 1.5l-2.5.5c-.9.2-1.7-.2-1.9-1.2z",
  link: "M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 1 0-5.7-5.7l-1.3 1.3M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 1 0 5.7 5.7l1.3-1.3",
  lock: "M7 10.5h10a1.5 1.5 0 0 1 1.5 1.5v6.5A1.5 1.5 0 0 1 17 20H7a1.5 1.5 0 0 1-1.5-1.5V12A1.5 1.5 0 0 1 7 10.5zM8 10.5v-3a4 4 0 0 1 8 0v3",
  microphone: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21",
  "microphone-off":
    "M9 8.5V6a3 3 0 0 1 6 0v5m-.9 2.1A3 3 0 0 1 9 11.5v-.3M5.5 11a6.5 6.5 0 0 0 10.7 5M18.4 12.7a6.5 6.5 0 0 0 .1-1.7M12 17.5V21M4 4l16 16",
  more: "M5 12h.01M12 12h.01M19 12h.01M5 12a.4.4 0 1 0 .01 0M12 12a.4.4 0 1 0 .01 0M19 12a.4.4 0 1 0 .01 0",
  offline:
    "M4 4l16 16M9 15.3a4.5 4.5 0 0 1 6 0M5.5 11.8a10 10 0 0 1 4.2-2.4M18.5 11.8a10 10 0 0 0-3.6-2.2M2.5 8.5a14 14 0 0 1 4-2.6M21.5 8.5A14 14 0 0 0 11 5M12 19h.01",
  people:
    "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.5a6.5 6.5 0 0 1 13 0M15.5 4.8a3.5 3.5 0 0 1 0 6.4M18 13.8a6.5 6.5 0 0 1 3.5 5.7",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
  pip: "M10 19.5H5a2 2 0 0 1-2-2v-11a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2V10M14.5 13.5h5A1.5 1.5 0 0 1 21 15v3a1.5 1.5 0 0 1-1.5 1.5h-5A1.5 1.5 0 0 1 13 18v-3a1.5 1.5 0 0 1 1.5-1.5z",
  plus: "M12 5v14M5 12h14",
  refresh: "M20 11A8 8 0 0 0 5.7 7L4 9M4 4.5V9h4.5M4 13a8 8 0 0 0 14.3 4l1.7-2M20 19.5V15h-4.5",
  screen:
    "M5 4.5h14a2 2 0 0 1 2 2V15a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6.5a2 2 0 0 1 2-2zM8.5 20.5h7M12 13.5V8M9.5 10.3 12 7.8l2.5 2.5",
  "screen-off":
    "M5 4.5h14a2 2 0 0 1 2 2V15a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6.5a2 2 0 0 1 2-2zM8.5 20.5h7M9.8 8.6l4.4 4.4M14.2 8.6 9.8 13",
  send: "M20.5 3.5l-9.7 9.7M20.5 3.5l-6 17-3.7-7.3-7.3-3.7z",
  settings:
    "M4 7h8.8M17.2 7H20M4 17h2.8M11.2 17H20M15 9.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM9 19.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  share:
    "M12 14.5v-11M8 7l4-3.5L16 7M6.5 10.5h-1A1.5 1.5 0 0 0 4 12v7a1.5 1.5 0 0 0 1.5 1.5h13A1.5 1.5 0 0 0 20 19v-7a1.5 1.5 0 0 0-1.5-1.5h-1",
  shield: "M12 3l7.5 2.5v5.7c0 4.6-3 8-7.5 9.8-4.5-1.8-7.5-5.2-7.5-9.8V5.5z",
  "shield-check": "M12 3l7.5 2.5v5.7c0 4.6-3 8-7.5 9.8-4.5-1.8-7.5-5.2-7.5-9.8V5.5zM8.7 11.9l2.4 2.4 4.3-4.7",
  signal: "M3 12h4l2.5-6.5 5 13L17 12h4",
  speaker: "M4 9.5v5h3.5l4.5 4v-13l-4.5 4zM15.5 9a4.2 4.2 0 0 1 0 6M18.2 6.3a8 8 0 0 1 0 11.4",
  warning: "M12 4 2.8 19.5h18.4zM12 10v4.2M12 16.8h.01",
};

/** @typedef {keyof typeof PATHS} IconName */

/** Every icon there is. @type {readonly IconName[]} */
export const ICONS = Object.freeze(/** @type {IconName[]} */ (Object.keys(PATHS)));

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {IconName} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/**
 * Shows another icon.
 *
 * @param {Element} root holds one
 * @param {IconName} name
 */
export function setIcon(root, name) {
  root.querySelector(".icon path")?.setAttribute("d", PATHS[name]);
}

/**
 * Which browser this is: only to say where its switches are, never to decide what works.
 *
 * @typedef {"chrome-desktop" | "chrome-android" | "firefox-desktop" | "firefox-android" | "safari-mac" | "safari-ios"
 *   | "other-ios" | "other"} Platform
 */

/**
 * @param {string} agent `navigator.userAgent`
 * @param {number} touchPoints an iPad calls itself a Mac, but no Mac has a touch screen
 * @returns {Platform}
 */
export function platformOf(agent, touchPoints = 0) {
  const isIos = /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1);
  if (isIos) return /CriOS|FxiOS|EdgiOS|OPT\//.test(agent) ? "other-ios" : "safari-ios";
  if (/Firefox\//.test(agent)) return /Android/.test(agent) ? "firefox-android" : "firefox-desktop";
  if (/Chrome\//.test(agent)) return /Android/.test(agent) ? "chrome-android" : "chrome-desktop";
  return /Safari\//.test(agent) && /Macintosh/.test(agent) ? "safari-mac" : "other";
}

/** Whether this is a phone or a tablet held in the hand: its main pointer is a finger. */
export function isHandheld() {
  return matchMedia("(hover: none) and (pointer: coarse)").matches;
}

import { h } from "./dom.js";
import { platformOf } from "./platform.js";
import { mediaProblems, unblockSteps } from "./strings.js";

/**
 * @typedef {import("./media.js").MediaProblems} MediaProblems
 * @typedef {{ title: string, text: string, steps: string[] }} ProblemWords
 */

/**
 * What is wrong with the devices, and what to do about it in this browser.
 *
 * @param {MediaProblems} problems
 * @param {import("./platform.js").Platform} [platform]
 * @returns {ProblemWords | null} null if nothing is wrong
 */
export function wordsFor({ audio, camera }, platform = platformOf(navigator.userAgent, navigator.maxTouchPoints)) {
  const problem = camera ?? audio;
  if (problem === undefined) return null;
  if (camera !== undefined && audio !== undefined && camera !== audio) {
    const words = [mediaProblems[camera].camera, mediaProblems[audio].audio];
    return {
      title: words.map(({ title }) => title).join(". "),
      text: words
        .map(({ text }) => text)
        .join(" ")
        .trim(),
      steps: camera === "denied" || audio === "denied" ? unblockSteps[platform] : [],
    };
  }
  const kind = audio === camera ? "both" : camera === undefined ? "audio" : "camera";
  return { ...mediaProblems[problem][kind], steps: problem === "denied" ? unblockSteps[platform] : [] };
}

/**
 * @param {ProblemWords} words
 * @returns {HTMLElement[]}
 */
export function problemParts({ title, text, steps }) {
  /** @type {HTMLElement[]} */
  const parts = [h("p", { class: "notice-title" }, title)];
  if (text !== "") parts.push(h("p", {}, text));
  if (steps.length > 0) parts.push(h("ol", {}, ...steps.map((step) => h("li", {}, step))));
  return parts;
}

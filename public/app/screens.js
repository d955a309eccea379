import { makeHeader } from "./brand.js";
import { byId, h } from "./dom.js";
import { icon } from "./icons.js";

const VIEWS = /** @type {const} */ (["lobby", "stage", "screen"]);

/** @typedef {typeof VIEWS[number]} View */

/**
 * Shows one of the page's views and puts the focus on its heading, so that a screen reader starts there.
 *
 * @param {View} name
 */
export function showView(name) {
  for (const view of VIEWS) byId(view, HTMLElement).hidden = view !== name;
  document.documentElement.dataset.view = name;
  const heading = byId(name, HTMLElement).querySelector("h1");
  heading?.focus({ preventScroll: true });
}

/**
 * @typedef {object} ScreenContent
 * @property {string} code
 * @property {string} title
 * @property {string} text
 * @property {import("./icons.js").IconName} icon
 * @property {{ label: string, act: () => unknown }[]} actions the first one is the likeliest
 * @property {HTMLElement | null} [more] something else to do, above the actions
 * @property {boolean} [busy] whether the page is waiting for something
 */

/**
 * A screen that says what is the matter, and what can be done.
 *
 * @param {ScreenContent} content
 * @returns {{ element: HTMLElement, tell: (text: string) => void }} `tell` says what went wrong with an action
 */
export function makeScreen({ title, text, icon: name, actions, more = null, busy = false }) {
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  // Whoever waits is to go on doing so: giving up is not what is likeliest.
  const isLikely = (/** @type {number} */ place) => place === 0 && more === null && !busy;
  const buttons = actions.map(({ label, act }, place) =>
    h("button", { type: "button", class: isLikely(place) ? "button wide primary" : "button wide", click: act }, label),
  );
  const element = h(
    "div",
    { class: "card" },
    h("div", { class: busy ? "card-icon busy" : "card-icon" }, icon(name)),
    h("h1", { tabindex: -1 }, title),
    h("p", { class: "dim", hidden: text === "" }, text),
    more,
    problem,
    h("div", { class: "actions" }, ...buttons),
  );
  const tell = (/** @type {string} */ words) => {
    problem.textContent = words;
    problem.hidden = false;
  };
  return { element, tell };
}

/**
 * Shows a screen instead of everything else.
 *
 * @param {ScreenContent} content
 */
export function showScreen(content) {
  const { element, tell } = makeScreen(content);
  const screen = byId("screen", HTMLElement);
  screen.dataset.code = content.code;
  screen.replaceChildren(makeHeader(), h("div", { class: "centred" }, element));
  showView("screen");
  return { tell };
}

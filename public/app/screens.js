import { byId, find } from "./dom.js";

const VIEWS = /** @type {const} */ (["lobby", "stage", "screen"]);

/**
 * Shows one of the page's views and puts the focus on its heading, so that a screen reader starts there.
 *
 * @param {typeof VIEWS[number]} name
 */
export function showView(name) {
  for (const view of VIEWS) byId(view, HTMLElement).hidden = view !== name;
  find(byId(name, HTMLElement), "h1", HTMLElement).focus({ preventScroll: true });
}

/**
 * Shows a screen that says what is the matter, and what can be done.
 *
 * @param {{ code: string, title: string, text: string, actions: { label: string, act: () => unknown }[] }} content the
 *   first action is the likeliest
 */
export function showScreen({ code, title, text, actions }) {
  const screen = byId("screen", HTMLElement);
  screen.dataset.code = code;
  find(screen, "h1", HTMLElement).textContent = title;
  byId("screen-text", HTMLElement).textContent = text;
  byId("screen-problem", HTMLElement).hidden = true;
  const buttons = actions.map(({ label, act }, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = place === 0 ? "button primary wide" : "button wide";
    button.textContent = label;
    button.addEventListener("click", act);
    return button;
  });
  byId("screen-actions", HTMLElement).replaceChildren(...buttons);
  showView("screen");
}

/**
 * Says what went wrong with an action of the screen that is shown.
 *
 * @param {string} text
 */
export function tellProblem(text) {
  const problem = byId("screen-problem", HTMLElement);
  problem.textContent = text;
  problem.hidden = false;
}

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./strings.js";

/**
 * @typedef {object} BannerContent
 * @property {string} title
 * @property {string} [text]
 * @property {string[]} [steps]
 * @property {"info" | "caution"} [tone] caution is read out at once
 * @property {{ label: string, act: () => unknown }[]} [actions] each also takes the banner away
 * @property {boolean} [lasting] whether it says a state that lasts, and so cannot be put away
 */

/** What is the matter, over the stage; one banner a matter, and none that hides what it is about. */
export class Banners {
  /** @type {Map<string, { element: HTMLElement, said: string }>} */
  #shown = new Map();

  /** @param {string} id */
  constructor(id) {
    this.element = h("div", { class: "banners", id });
  }

  /**
   * Shows a banner, in place of the one about the same matter.
   *
   * @param {string} matter
   * @param {BannerContent | null} content null takes it away
   */
  set(matter, content) {
    const said = JSON.stringify(content);
    const shown = this.#shown.get(matter);
    // What is said already is not read out again.
    if (content !== null && shown?.said === said) return;
    shown?.element.remove();
    this.#shown.delete(matter);
    if (content === null) return;
    const element = makeBanner(content, () => this.set(matter, null));
    this.#shown.set(matter, { element, said });
    this.element.append(element);
  }

  clear() {
    this.#shown.clear();
    this.element.replaceChildren();
  }
}

/**
 * @param {BannerContent} content
 * @param {() => void} dismiss
 * @returns {HTMLElement}
 */
export function makeBanner({ title, text = "", steps = [], tone = "caution", actions = [], lasting = false }, dismiss) {
  const act = (/** @type {() => unknown} */ action) => () => {
    dismiss();
    action();
  };
  return h(
    "div",
    { class: `banner ${tone}`, role: tone === "caution" ? "alert" : "status" },
    tone === "caution" && h("span", { class: "banner-icon" }, icon("warning")),
    h(
      "div",
      { class: "banner-words" },
      h("p", { class: "banner-title" }, title),
      text !== "" && h("p", {}, text),
      steps.length > 0 && h("ol", {}, ...steps.map((step) => h("li", {}, step))),
    ),
    actions.length > 0 &&
      h(
        "div",
        { class: "banner-actions" },
        ...actions.map(({ label, act: action }) =>
          h("button", { type: "button", class: "button compact", click: act(action) }, label),
        ),
      ),
    !lasting &&
      h(
        "button",
        { type: "button", class: "button round quiet dismiss", "aria-label": strings.dismiss, click: dismiss },
        icon("close"),
      ),
  );
}

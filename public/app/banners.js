import { tellInDialog } from "./dialogs.js";
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
  /** What was put away, by its matter. @type {Map<string, string>} */
  #putAway = new Map();
  #rest;
  /** Where the focus was before it came here. @type {EventTarget | null} */
  #before = null;

  /**
   * @param {string} id
   * @param {() => void} rest puts the focus where it may stay, when there is nothing else to give it back to
   */
  constructor(id, rest) {
    this.#rest = rest;
    this.element = h("div", {
      class: "banners",
      id,
      focusin: (/** @type {FocusEvent} */ { relatedTarget }) => {
        const isOurs = relatedTarget instanceof Node && this.element.contains(relatedTarget);
        if (!isOurs) this.#before = relatedTarget;
      },
    });
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
    this.#putAway.delete(matter);
    this.#shown.delete(matter);
    if (content === null) {
      if (shown !== undefined) this.#exchange(shown.element, null);
      return;
    }
    const putAway = () => {
      this.set(matter, null);
      this.#putAway.set(matter, said);
    };
    const element = makeBanner(content, { done: () => this.set(matter, null), putAway });
    this.#shown.set(matter, { element, said });
    if (shown === undefined) this.element.append(element);
    else this.#exchange(shown.element, element);
    tellInDialog(content.title);
  }

  /**
   * The same for a state that is looked at again and again: once put away, it comes back only when it says something else, or was
   * over in between.
   *
   * @param {string} matter
   * @param {BannerContent | null} content
   */
  report(matter, content) {
    if (content === null || this.#putAway.get(matter) !== JSON.stringify(content)) this.set(matter, content);
  }

  clear() {
    this.#shown.clear();
    this.#putAway.clear();
    this.element.replaceChildren();
  }

  /**
   * Takes a banner away, or puts another in its place, and keeps the focus from getting lost with it.
   *
   * @param {HTMLElement} old
   * @param {HTMLElement | null} element
   */
  #exchange(old, element) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const next = element ?? old.nextElementSibling ?? old.previousElementSibling;
    if (element === null) old.remove();
    else old.replaceWith(element);
    if (focused === null) return;
    const same = Array.from(element?.querySelectorAll("button") ?? []).find((button) => button.isEqualNode(focused));
    // Whoever presses twice must not do by it what another banner offers: it can only be put away so.
    const before = this.#before;
    const places = [same, next?.querySelector(".dismiss"), before];
    if (!places.some(takesFocus)) this.#rest();
    // It has only been handed on: what it would go back to is the same.
    this.#before = before;
  }
}

/** @param {unknown} place */
function takesFocus(place) {
  if (!(place instanceof HTMLElement)) return false;
  place.focus();
  return document.activeElement === place;
}

/**
 * @param {BannerContent} content
 * @param {{ done: () => void, putAway: () => void }} told `done`: one of its actions was chosen
 * @returns {HTMLElement}
 */
export function makeBanner(
  { title, text = "", steps = [], tone = "caution", actions = [], lasting = false },
  { done, putAway },
) {
  const act = (/** @type {() => unknown} */ action) => () => {
    done();
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
        { type: "button", class: "button round quiet dismiss", "aria-label": strings.dismiss, click: putAway },
        icon("close"),
      ),
  );
}

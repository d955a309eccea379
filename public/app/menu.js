import { h } from "./dom.js";
import { icon } from "./icons.js";
import { shortcutsAreOn } from "./shortcuts.js";

/**
 * @typedef {object} MenuItem
 * @property {import("./icons.js").IconName} icon
 * @property {string} label
 * @property {() => unknown} act
 * @property {string} [key] the shortcut
 * @property {string} [id]
 * @property {() => boolean} [hidden] asked whenever the menu is opened
 */

/** A menu that hangs over the button it belongs to. */
export class Menu {
  #items;
  #opener;

  /**
   * @param {HTMLButtonElement} opener
   * @param {string} label
   * @param {MenuItem[]} items
   */
  constructor(opener, label, items) {
    this.#opener = opener;
    this.#items = items.map((item) => ({
      item,
      element: h(
        "button",
        { type: "button", class: "menu-item", role: "menuitem", id: item.id ?? null, click: () => this.#choose(item) },
        icon(item.icon),
        item.label,
        item.key !== undefined && h("kbd", { "aria-hidden": "true" }, item.key.toUpperCase()),
      ),
    }));
    this.element = h(
      "div",
      {
        class: "menu",
        popover: "auto",
        role: "menu",
        "aria-label": label,
        keydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
      },
      ...this.#items.map(({ element }) => element),
    );
    // Told to the platform: it closes the menu at a press beside it, and only so knows that a press of its button is none.
    opener.popoverTargetElement = this.element;
    this.element.addEventListener("beforetoggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "open") this.#prepare();
    });
    this.element.addEventListener("toggle", (event) => {
      const open = /** @type {ToggleEvent} */ (event).newState === "open";
      opener.setAttribute("aria-expanded", String(open));
      if (open) this.#visible[0]?.focus();
    });
  }

  #prepare() {
    this.element.classList.toggle("with-keys", shortcutsAreOn());
    for (const { item, element } of this.#items) {
      element.hidden = item.hidden?.() ?? false;
      if (item.key !== undefined && shortcutsAreOn()) element.setAttribute("aria-keyshortcuts", item.key);
      else element.removeAttribute("aria-keyshortcuts");
    }
    const { left, width, top } = this.#opener.getBoundingClientRect();
    this.element.style.setProperty("--middle", `${Math.round(left + width / 2)}px`);
    this.element.style.setProperty("--above", `${Math.round(innerHeight - top)}px`);
  }

  get #visible() {
    return this.#items.map(({ element }) => element).filter(({ hidden }) => !hidden);
  }

  /** @param {MenuItem} item */
  #choose(item) {
    this.element.hidePopover();
    this.#opener.focus();
    item.act();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1 });
    const items = this.#visible;
    const place = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const target = event.key === "Home" ? 0 : event.key === "End" ? items.length - 1 : place + (steps[event.key] ?? 0);
    if (target === place && event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    items.at(target % items.length)?.focus();
  }
}

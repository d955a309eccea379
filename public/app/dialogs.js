import { h } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./strings.js";

/** Narrower than this a panel lies over the stage, as a sheet: see `--panel` and call.css. */
const SHEET = "(max-width: 47.99rem)";

/** So much of what was read out in a dialog is kept: a screen reader may be slow. */
const TOLD = 5;

/** What is put there is read out. */
const LIVE = ".live";

let made = 0;

/**
 * A panel beside the stage, or a sheet over it where there is no room: chat, people. On a wide page the call goes on beside
 * it, so it is not modal there.
 */
export class Panel {
  #changed;

  /**
   * @param {{ id: string, title: string, body: HTMLElement[], foot?: HTMLElement | null }} content
   * @param {(open: boolean) => void} changed
   */
  constructor({ id, title, body, foot = null }, changed) {
    this.#changed = changed;
    this.element = h(
      "dialog",
      { class: "panel", id, "aria-labelledby": `${id}-title`, close: () => this.#changed(false) },
      h(
        "header",
        { class: "panel-head" },
        h("h2", { id: `${id}-title` }, title),
        h(
          "button",
          { type: "button", class: "button round quiet", "aria-label": strings.close, click: () => this.close() },
          icon("close"),
        ),
      ),
      h("div", { class: "panel-body" }, ...body),
      foot !== null && h("footer", { class: "panel-foot" }, foot),
      makeLiveRegion(),
    );
    // A press beside a sheet puts it away.
    this.element.addEventListener("click", ({ target }) => target === this.element && this.close());
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      this.close();
    });
  }

  get isOpen() {
    return this.element.open;
  }

  open() {
    if (this.isOpen) return;
    this.#opener = document.activeElement;
    this.element.querySelector(LIVE)?.replaceChildren();
    if (matchMedia(SHEET).matches) this.element.showModal();
    else this.element.show();
    this.#changed(true);
  }

  /** Puts it away; the focus goes back to where it came from. */
  close() {
    if (!this.isOpen) return;
    const hadFocus = this.element.contains(document.activeElement);
    this.element.close();
    if (hadFocus && this.#opener instanceof HTMLElement) this.#opener.focus();
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  /** @type {Element | null} */
  #opener = null;
}

/**
 * Shows a dialog over everything. The platform gives the focus back when it closes.
 *
 * @param {{ title: string, body: HTMLElement[], closed?: () => void }} content
 * @returns {HTMLDialogElement}
 */
export function showDialog(content) {
  const dialog = makeDialog(content);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  return dialog;
}

/** @param {{ title: string, body: HTMLElement[], closed?: () => void }} content */
export function makeDialog({ title, body, closed = () => {} }) {
  made += 1;
  const id = `dialog-${made}`;
  /** @type {HTMLDialogElement} */
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": id, close: closed },
    h(
      "header",
      { class: "panel-head" },
      h("h2", { id }, title),
      h(
        "button",
        { type: "button", class: "button round quiet", "aria-label": strings.close, click: () => dialog.close() },
        icon("close"),
      ),
    ),
    h("div", { class: "panel-body" }, ...body),
    makeLiveRegion(),
  );
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  return dialog;
}

/**
 * Reads something out in the dialog that lies over the page. All the rest of the page is inert meanwhile, its live regions too.
 *
 * @param {string} text
 * @returns {boolean} false if there is no such dialog
 */
export function tellInDialog(text) {
  // The one on top is the last: what a dialog opens is put behind it.
  const region = Array.from(document.querySelectorAll("dialog:modal")).at(-1)?.querySelector(LIVE);
  if (!region) return false;
  tell(region, text);
  return true;
}

/**
 * Says something in a live region, beside what was said in the same moment.
 *
 * @param {Element} region
 * @param {string} text
 */
export function tell(region, text) {
  region.append(h("p", {}, text));
  while (region.childElementCount > TOLD) region.firstElementChild?.remove();
}

function makeLiveRegion() {
  return h("div", { class: "visually-hidden live", "aria-live": "polite" });
}

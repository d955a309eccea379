import { h, setText } from "./dom.js";
import { icon, setIcon } from "./icons.js";
import { strings } from "./strings.js";

/** How long a button says that it has done its work, in milliseconds. */
const CONFIRM_MS = 2_000;

/** The link to a call, and the ways to hand it on: copy, share, a code to scan. */
export class Invite {
  #link;
  #input;
  #announce;
  #heading;
  #copied = h("span", {}, strings.copyLink);
  #problem = h("p", { class: "small", hidden: true }, strings.linkSelected);
  #code = h("figure", { class: "invite-code" });

  /**
   * @param {{ link: string, title: string, text?: string, id: string, heading?: "h2" | "h3" }} content `id` begins the ids of its parts
   * @param {(text: string) => void} announce reads something out
   */
  constructor({ link, title, text = "", id, heading = "h2" }, announce) {
    this.#link = link;
    this.#announce = announce;
    this.#heading = h(heading, { id: `${id}-title` }, title);
    this.#input = h("input", {
      class: "input",
      id: `${id}-link`,
      readonly: true,
      value: link,
      "aria-label": strings.linkLabel,
      focus: (/** @type {FocusEvent} */ { target }) => /** @type {HTMLInputElement} */ (target).select(),
    });
    this.element = h(
      "section",
      { class: "invite", id, "aria-labelledby": `${id}-title` },
      h(
        "div",
        { class: "invite-words" },
        this.#heading,
        text !== "" && h("p", { class: "dim small" }, text),
        this.#input,
        h(
          "div",
          { class: "invite-actions" },
          h(
            "button",
            {
              type: "button",
              class: "button primary",
              id: `${id}-copy`,
              click: (/** @type {Event} */ event) => this.#copy(event),
            },
            icon("copy"),
            this.#copied,
          ),
          "share" in navigator &&
            h("button", { type: "button", class: "button", click: () => this.#share() }, icon("share"), strings.share),
        ),
        this.#problem,
      ),
      this.#code,
    );
  }

  /** @param {string} title */
  setTitle(title) {
    setText(this.#heading, title);
  }

  /** Draws the code, when it is first needed. */
  async drawCode() {
    if (this.#code.childElementCount > 0) return;
    const { qrImage } = await import("./qr.js");
    if (this.#code.childElementCount > 0) return;
    this.#code.append(qrImage(this.#link, strings.qrLabel), h("figcaption", { class: "dim small" }, strings.qrHint));
  }

  /** @param {Event} event */
  async #copy({ currentTarget }) {
    const button = /** @type {HTMLElement} */ (currentTarget);
    const copied = await copyText(this.#link);
    this.#problem.hidden = copied;
    if (!copied) {
      this.#input.focus();
      this.#input.select();
      this.#announce(strings.linkSelected);
      return;
    }
    setIcon(button, "check");
    this.#copied.textContent = strings.linkCopied;
    this.#announce(strings.linkCopied);
    setTimeout(() => {
      setIcon(button, "copy");
      this.#copied.textContent = strings.copyLink;
    }, CONFIRM_MS);
  }

  async #share() {
    try {
      await navigator.share({ title: strings.appName, url: this.#link });
    } catch {
      // Put away by the person, or there is nothing to share with: the link is there to copy.
    }
  }
}

/**
 * @param {string} text
 * @returns {Promise<boolean>} false if the browser does not allow it
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./strings.js";

/**
 * - `offered`: to us, waiting for our answer
 * - `waiting`: ours, waiting for theirs
 * - `moving`: on its way
 * - `done`, `failed`: over
 *
 * @typedef {"offered" | "waiting" | "moving" | "done" | "failed"} TransferState
 *
 * @typedef {object} TransferView
 * @property {TransferState} state
 * @property {number} [bytes] so far
 * @property {string} [note] instead of the usual words
 * @property {string | null} [url] where the finished file can be saved from
 */

/** A file in the chat, whichever way it goes. */
export class TransferItem {
  #file;
  #incoming;
  #acts;
  #note = h("p", { class: "dim small" });
  #bar = h("progress", { max: 1, value: 0 });
  #buttons = h("div", { class: "file-actions" });
  /** @type {TransferState | null} */
  #state = null;

  /**
   * @param {{ name: string, size: number, incoming: boolean }} file
   * @param {{ accept?: () => void, cancel: () => void }} acts
   */
  constructor({ name, size, incoming }, acts) {
    this.#file = { name, size };
    this.#incoming = incoming;
    this.#acts = acts;
    this.#bar.setAttribute("aria-label", name);
    this.element = h(
      "div",
      { class: "file" },
      h("span", { class: "file-icon" }, icon("file")),
      h("div", { class: "file-words" }, h("p", { class: "file-name" }, name), this.#note, this.#bar),
      this.#buttons,
    );
    this.show({ state: incoming ? "offered" : "waiting" });
  }

  /** @param {TransferView} view */
  show({ state, bytes = 0, note, url = null }) {
    const { size } = this.#file;
    this.element.dataset.state = state;
    setText(this.#note, note ?? this.#words(state, bytes));
    this.#bar.hidden = state !== "moving";
    this.#bar.value = size === 0 ? 1 : bytes / size;
    if (state === this.#state) return;
    this.#state = state;
    const hadFocus = this.#buttons.contains(document.activeElement);
    this.#buttons.replaceChildren(...this.#buttonsFor(state, url));
    if (hadFocus) /** @type {HTMLElement | null} */ (this.#buttons.querySelector("a, button"))?.focus();
  }

  /**
   * @param {TransferState} state
   * @param {number} bytes
   */
  #words(state, bytes) {
    const size = fileSize(this.#file.size);
    if (state === "offered") return strings.fileOffered(size);
    if (state === "waiting") return strings.fileWaiting(size);
    if (state === "moving") return strings.fileProgress(fileSize(bytes), size);
    if (state === "done") return this.#incoming ? strings.fileReceived(size) : strings.fileSent(size);
    return `${size} · ${strings.fileFailed}`;
  }

  /**
   * @param {TransferState} state
   * @param {string | null} url
   * @returns {HTMLElement[]}
   */
  #buttonsFor(state, url) {
    const { name } = this.#file;
    const button = (/** @type {string} */ label, /** @type {() => void} */ click, kind = "") =>
      h(
        "button",
        { type: "button", class: `button compact ${kind}`.trim(), click, "aria-label": `${label} ${name}` },
        label,
      );
    const { accept, cancel } = this.#acts;
    if (state === "offered") {
      return [button(strings.fileAccept, () => accept?.(), "primary"), button(strings.fileDecline, cancel)];
    }
    if (state === "waiting" || state === "moving") return [button(strings.fileCancel, cancel)];
    if (url === null) return [];
    const save = { class: "button compact", href: url, download: name, "aria-label": `${strings.fileSave} ${name}` };
    return [h("a", save, icon("download"), strings.fileSave)];
  }
}

/**
 * @param {number} bytes
 * @returns {string} such as `2.4 MB`
 */
export function fileSize(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

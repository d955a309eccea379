import { showDialog } from "./dialogs.js";
import { h } from "./dom.js";
import { readPreferences, writePreferences } from "./preferences.js";
import { strings } from "./strings.js";

/** The only one that is no single character, and so is never switched off. */
const ESCAPE = "Esc";

let on = readPreferences().shortcuts;

/** Whether single keys are heard. Whoever speaks to the machine, or presses keys unawares, can switch them off (WCAG 2.1.4). */
export function shortcutsAreOn() {
  return on;
}

/**
 * The keys of the call: a letter each. They are heard wherever nothing is being written, and nothing modal is open.
 *
 * @param {Record<string, () => unknown>} actions by `KeyboardEvent.key`
 * @param {() => boolean} isActive whether there is a call to control
 * @param {Window} [view] where they are pressed
 */
export function listenForKeys(actions, isActive, view = globalThis.window) {
  view.addEventListener("keydown", (event) => {
    const { key, target, ctrlKey, metaKey, altKey, repeat, defaultPrevented } = event;
    if (!on || defaultPrevented || ctrlKey || metaKey || altKey || repeat || !isActive()) return;
    if (isWriting(target) || view.document.querySelector("dialog:modal") !== null) return;
    const act = actions[key.length === 1 ? key.toLowerCase() : key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

/**
 * Shows the keys.
 *
 * @param {{ changed: (on: boolean) => void }} told
 */
export function showShortcuts(told) {
  showDialog({ title: strings.shortcuts, body: makeShortcutList(told) });
}

/**
 * The keys and what each does, and the switch that they are switched off with.
 *
 * @param {{ changed: (on: boolean) => void }} told
 */
export function makeShortcutList({ changed }) {
  const rows = strings.shortcutKeys.flatMap(([key = "", what = ""]) => {
    const attributes = { class: key === ESCAPE ? null : "single" };
    return [h("dt", attributes, h("kbd", {}, key)), h("dd", attributes, what)];
  });
  const list = h("dl", { class: "keys" }, ...rows);
  const show = () => list.classList.toggle("off", !on);
  const flip = (/** @type {Event} */ { target }) => {
    on = /** @type {HTMLInputElement} */ (target).checked;
    writePreferences({ shortcuts: on });
    show();
    changed(on);
  };
  const box = h("input", { type: "checkbox", id: "shortcuts-on", "aria-describedby": "shortcuts-text", change: flip });
  box.checked = on;
  show();
  return [
    h("label", { class: "check", for: "shortcuts-on" }, box, strings.shortcutsOn),
    h("p", { class: "dim small", id: "shortcuts-text" }, strings.shortcutsOnText),
    list,
  ];
}

/** @param {EventTarget | null} target */
function isWriting(target) {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("textarea, select, input:not([readonly])");
}

import { h } from "./dom.js";
import { strings } from "./strings.js";

/**
 * The keys of the call: a letter each. They are heard wherever nothing is being written, and nothing modal is open.
 *
 * @param {Record<string, () => void>} actions by `KeyboardEvent.key`
 * @param {() => boolean} isActive whether there is a call to control
 */
export function listenForKeys(actions, isActive) {
  addEventListener("keydown", (event) => {
    const { key, target, ctrlKey, metaKey, altKey, repeat, defaultPrevented } = event;
    if (defaultPrevented || ctrlKey || metaKey || altKey || repeat || !isActive()) return;
    if (isWriting(target) || document.querySelector("dialog:modal") !== null) return;
    const act = actions[key.length === 1 ? key.toLowerCase() : key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

/** The keys, and what each does. */
export function makeShortcutList() {
  const rows = strings.shortcutKeys.flatMap(([key = "", what = ""]) => [
    h("dt", {}, h("kbd", {}, key)),
    h("dd", {}, what),
  ]);
  return h("dl", { class: "keys" }, ...rows);
}

/** @param {EventTarget | null} target */
function isWriting(target) {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("textarea, select, input:not([readonly])");
}

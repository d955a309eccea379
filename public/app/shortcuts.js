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

/** @param {EventTarget | null} target */
function isWriting(target) {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("textarea, select, input:not([readonly])");
}

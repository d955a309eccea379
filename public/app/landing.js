import { makeLink, parseLink } from "../client/room.js";
import { byId } from "./dom.js";
import { NewCallError, openNewCall } from "./new-call.js";
import { fillIn, strings } from "./strings.js";

fillIn(document);

const newCall = byId("new-call", HTMLButtonElement);
const form = byId("join-form", HTMLFormElement);
const input = byId("join-input", HTMLInputElement);
const problem = byId("problem", HTMLElement);

newCall.addEventListener("click", async () => {
  setBusy(true);
  try {
    await openNewCall();
  } catch (error) {
    tell(error instanceof NewCallError ? error.message : strings.landingUnreachable);
    setBusy(false);
  }
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const target = linkIn(input.value);
  if (target !== null) {
    location.assign(target);
    return;
  }
  tell(strings.landingBadLink);
  input.setAttribute("aria-invalid", "true");
  input.focus();
});

input.addEventListener("input", () => {
  input.removeAttribute("aria-invalid");
  problem.hidden = true;
});

// A page from the back/forward cache still waits for the call that was opened from it.
addEventListener("pageshow", () => setBusy(false));

/**
 * @param {string} text
 * @returns {string | null}
 */
function linkIn(text) {
  try {
    return makeLink(parseLink(text, location.href));
  } catch {
    return null;
  }
}

/** @param {boolean} busy */
function setBusy(busy) {
  newCall.disabled = busy;
  newCall.textContent = busy ? strings.newCallBusy : strings.newCall;
}

/** @param {string} text */
function tell(text) {
  problem.textContent = text;
  problem.hidden = false;
}

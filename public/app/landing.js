import { makeLink, parseLink } from "../client/room.js";
import { byId, h } from "./dom.js";
import { icon } from "./icons.js";
import { NewCallError, openNewCall } from "./new-call.js";
import { prepareOfflineStart } from "./offline-start.js";
import { forgetRoom, recentRooms } from "./preferences.js";
import { fillIn, strings } from "./strings.js";

fillIn(document);
prepareOfflineStart();

const newCall = byId("new-call", HTMLButtonElement);
const newCallText = byId("new-call-text", HTMLElement);
const form = byId("join-form", HTMLFormElement);
const input = byId("join-input", HTMLInputElement);
const problem = byId("problem", HTMLElement);
const recent = byId("recent", HTMLElement);

newCall.prepend(icon("camera"));
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

// A page from the back/forward cache still waits for the call that was opened from it, and may have missed one.
addEventListener("pageshow", () => {
  setBusy(false);
  showRecent();
});

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
  newCallText.textContent = busy ? strings.newCallBusy : strings.newCall;
}

/** @param {string} text */
function tell(text) {
  problem.textContent = text;
  problem.hidden = false;
}

function showRecent() {
  const rooms = recentRooms();
  recent.hidden = rooms.length === 0;
  byId("recent-list", HTMLElement).replaceChildren(...rooms.map(recentItem));
}

/** @param {import("./preferences.js").Recent} visit */
function recentItem({ room, fragment, at }) {
  const forget = () => {
    forgetRoom(room);
    showRecent();
    (recent.querySelector("a") ?? input).focus();
  };
  return h(
    "li",
    {},
    h(
      "a",
      { href: makeLink({ origin: location.origin, room, fragment }) },
      h("span", { class: "room" }, room),
      h("time", { datetime: new Date(at).toISOString() }, ago(at, Date.now())),
    ),
    h(
      "button",
      { type: "button", class: "button round quiet", "aria-label": strings.recentForget(room), click: forget },
      icon("close"),
    ),
  );
}

/**
 * @param {number} at milliseconds since 1970
 * @param {number} now
 * @returns {string} such as `2 hours ago`, in the page's language
 */
function ago(at, now) {
  const minutes = Math.round((at - now) / 60_000);
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  if (minutes > -60) return words.format(minutes, "minute");
  if (minutes > -60 * 24) return words.format(Math.round(minutes / 60), "hour");
  return words.format(Math.round(minutes / 60 / 24), "day");
}

// Every part of the pages in every state, for whoever works on one: see the README.

import { byId, h, press } from "../public/app/dom.js";
import { callChapters } from "./call.js";
import { foundations } from "./foundations.js";
import { finishPanels, panelChapters } from "./panels.js";
import { screenChapters } from "./screens.js";
import { makeIdsUnique } from "./specimen.js";

/** The choices of colours, by what `data-scheme` is. */
const SCHEMES = { system: "System", light: "Light", dark: "Dark" };

const page = document.documentElement;

/** @type {Map<string, HTMLButtonElement>} */
const switches = new Map(
  Object.entries(SCHEMES).map(([scheme, label]) => [
    scheme,
    h(
      "button",
      { type: "button", class: "button compact", id: `scheme-${scheme}`, click: () => choose(scheme) },
      label,
    ),
  ]),
);

/** @param {string} scheme */
function choose(scheme) {
  page.dataset.scheme = scheme;
  for (const [name, button] of switches) press(button, name === scheme);
}

const parts = byId("parts", HTMLElement);
parts.before(h("div", { class: "schemes", role: "group", "aria-label": "Colours" }, ...switches.values()));
choose("system");

const guide = byId("guide", HTMLElement);
const chapters = [...foundations(), ...(await callChapters()), ...(await panelChapters()), ...screenChapters()];
guide.append(...chapters);
finishPanels();
makeIdsUnique(guide);
parts.append(
  ...chapters.map(({ id }) =>
    h(
      "a",
      { href: `#${id}` },
      id.replace(/^./, (letter) => letter.toUpperCase()),
    ),
  ),
);
// For the tests, and whoever was sent to a chapter before it was there.
page.dataset.ready = "";
document.getElementById(location.hash.slice(1))?.scrollIntoView();

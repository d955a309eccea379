import { h, press } from "../public/app/dom.js";
import { ICONS, icon } from "../public/app/icons.js";
import { LevelMeter } from "../public/app/pickers.js";
import { problemParts, wordsFor } from "../public/app/problem-words.js";
import { strings } from "../public/app/strings.js";
import { chapter, specimen } from "./specimen.js";

/** What a token is for, by how its name begins. Every other one is a colour. */
const KINDS = /** @type {const} */ ({
  "--space": "space",
  "--text-": "type",
  "--weight": "type",
  "--font": "type",
  "--target": "size",
  "--icon": "size",
  "--panel": "size",
  "--radius": "radius",
  "--quick": "motion",
  "--calm": "motion",
  "--ease": "motion",
});

/** Colours of letters, which the kinds above would take for sizes of them. */
const LETTERS = ["--text"];

/** @returns {{ name: string, kind: string, value: string }[]} every token of tokens.css, by its order there */
function tokens() {
  const rules = Array.from(document.styleSheets).flatMap(({ cssRules }) => Array.from(cssRules));
  const root = rules.filter((rule) => rule instanceof CSSStyleRule && rule.selectorText === ":root");
  const names = root.flatMap((rule) => Array.from(/** @type {CSSStyleRule} */ (rule).style));
  const style = getComputedStyle(document.documentElement);
  return names
    .filter((name) => name.startsWith("--"))
    .map((name) => ({ name, kind: kindOf(name), value: style.getPropertyValue(name).trim() }));
}

/** @param {string} name */
function kindOf(name) {
  const start = LETTERS.includes(name) ? undefined : Object.keys(KINDS).find((start) => name.startsWith(start));
  return start === undefined ? "colour" : KINDS[/** @type {keyof typeof KINDS} */ (start)];
}

/** Shows what a token does: in the style of its sample, where no policy forbids it. */
const SAMPLES = /** @type {Record<string, (name: string, sample: HTMLElement) => void>} */ ({
  colour: (name, { style }) => {
    style.background = name === "--shadow" ? "var(--surface)" : `var(${name})`;
    if (name === "--shadow") style.boxShadow = "var(--shadow)";
  },
  space: (name, { style }) => {
    style.width = `var(${name})`;
  },
  size: (name, { style }) => {
    style.width = `min(100%, var(${name}))`;
  },
  radius: (name, { style }) => {
    style.borderRadius = `var(${name})`;
  },
  type: (name, sample) => {
    const property = name.startsWith("--weight")
      ? "font-weight"
      : name.startsWith("--font")
        ? "font-family"
        : "font-size";
    sample.style.setProperty(property, `var(${name})`);
    sample.textContent = strings.newCall;
  },
  motion: (name, sample) => {
    const property = name === "--ease" ? "--movement-ease" : "--movement-time";
    sample.style.setProperty(property, `var(${name})`);
    sample.append(h("span", { class: "mover" }));
  },
});

/** @param {{ name: string, kind: string, value: string }} token */
function tokenItem({ name, kind, value }) {
  const sample = h("span", { class: `sample sample-${kind}` });
  SAMPLES[kind]?.(name, sample);
  return h(
    "li",
    { class: "token" },
    sample,
    h("code", { class: "token-name" }, name),
    h("span", { class: "dim" }, value),
  );
}

function tokenChapter() {
  const all = tokens();
  const titles = {
    colour: "Colours",
    type: "Type",
    space: "Space",
    size: "Sizes",
    radius: "Radius",
    motion: "Motion: rest the pointer on it, or move the focus to it",
  };
  return chapter(
    "tokens",
    "Tokens",
    ...Object.entries(titles).map(([kind, title]) => {
      const list = h(
        "ul",
        { class: `tokens tokens-${kind}` },
        ...all.filter((token) => token.kind === kind).map(tokenItem),
      );
      if (kind === "motion") for (const item of list.children) item.setAttribute("tabindex", "0");
      return specimen(title, list, kind === "colour" || kind === "type" ? "whole" : "half");
    }),
  );
}

function iconChapter() {
  const items = ICONS.map((name) => h("li", {}, icon(name), h("code", {}, name)));
  return chapter("icons", "Icons", specimen("The whole set", h("ul", { class: "icon-set" }, ...items), "whole"));
}

/**
 * @param {string} look classes
 * @param {string} label
 * @param {import("../public/app/icons.js").IconName | null} [name]
 */
function button(look, label, name = null) {
  const isRound = look.split(" ").includes("round");
  return h(
    "button",
    { type: "button", class: `button ${look}`.trim(), "aria-label": isRound ? label : null },
    name !== null && icon(name),
    !isRound && label,
  );
}

/** @param {HTMLButtonElement} element */
function disabled(element) {
  element.disabled = true;
  return element;
}

/**
 * @param {HTMLButtonElement} element
 * @param {boolean} pressed
 */
function pressed(element, pressed) {
  press(element, pressed);
  return element;
}

function buttonChapter() {
  const looks = ["", "primary", "danger", "quiet"];
  const named = (/** @type {string} */ look) => look || "plain";
  const toggle = (/** @type {boolean} */ on) =>
    pressed(button("round toggle", strings.microphone, on ? "microphone" : "microphone-off"), on);
  return chapter(
    "buttons",
    "Buttons",
    specimen(
      "Kinds",
      looks.map((look) => button(look, named(look))),
      "row half",
    ),
    specimen(
      "With an icon",
      looks.map((look) => button(look, named(look), "copy")),
      "row half",
    ),
    specimen(
      "Compact",
      looks.map((look) => button(`${look} compact`, named(look))),
      "row half",
    ),
    specimen(
      "Not to be pressed now",
      looks.map((look) => disabled(button(look, named(look)))),
      "row half",
    ),
    specimen(
      "Round",
      looks.map((look) => button(`round ${look}`, named(look), "close")),
      "row",
    ),
    specimen("Switched on, switched off", [toggle(true), toggle(false)], "night row"),
    specimen("Wide", [button("primary wide", strings.newCall, "camera"), button("wide", strings.home)], "stack"),
  );
}

function fieldChapter() {
  const field = (/** @type {string} */ id, /** @type {Record<string, string | boolean>} */ attributes, label = "") =>
    h(
      "div",
      { class: "field" },
      h("label", { for: id }, label || strings.yourName),
      h("input", { class: "input", id, placeholder: strings.namePlaceholder, ...attributes }),
    );
  const levels = [0, 0.3, 0.7, 1].map((level) => {
    const meter = new LevelMeter();
    meter.show(level);
    return meter.element;
  });
  const choices = ["Built-in camera", "A camera whose name goes on and on, 0458:708c"].map((name) =>
    h("option", {}, name),
  );
  return chapter(
    "fields",
    "Fields",
    specimen("Empty", field("field-empty", {})),
    specimen("Filled", field("field-filled", { value: "Edwina Featherstonehaugh-Cholmondeley" })),
    specimen(
      "Wrong",
      [
        field(
          "field-wrong",
          { value: "no link", "aria-invalid": "true", "aria-describedby": "field-problem" },
          strings.joinLabel,
        ),
        h("p", { class: "problem", id: "field-problem" }, strings.landingBadLink),
      ],
      "stack",
    ),
    specimen(
      "A choice",
      h(
        "div",
        { class: "field" },
        h("label", { for: "field-choice" }, strings.camera),
        h("select", { class: "input", id: "field-choice" }, ...choices),
      ),
    ),
    specimen(
      "With its button",
      h(
        "form",
        { class: "together" },
        h("input", { class: "input", "aria-label": strings.joinLabel, placeholder: strings.joinPlaceholder }),
        button("", strings.joinButton),
      ),
    ),
    specimen("Loudness: silent, quiet, speaking, as loud as can be", levels, "stack"),
  );
}

function noticeChapter() {
  const kinds = /** @type {const} */ (["denied", "system", "none", "busy", "failed"]);
  const missing = /** @type {const} */ ([
    ["camera and microphone", ["audio", "camera"]],
    ["camera", ["camera"]],
    ["microphone", ["audio"]],
  ]);
  const notices = kinds.flatMap((problem) =>
    missing.map(([name, devices]) => {
      const words = wordsFor(Object.fromEntries(devices.map((kind) => [kind, problem])));
      return specimen(
        `${problem}: ${name}`,
        h("div", { class: "notice" }, ...(words === null ? [] : problemParts(words))),
      );
    }),
  );
  return chapter("notices", "Notices: what is the matter with a device", ...notices);
}

/** What everything else is made of. */
export function foundations() {
  return [tokenChapter(), iconChapter(), buttonChapter(), fieldChapter(), noticeChapter()];
}

import { h } from "../public/app/dom.js";

/**
 * A chapter of the guide.
 *
 * @param {string} id for links to it
 * @param {string} title
 * @param {...HTMLElement} specimens
 */
export function chapter(id, title, ...specimens) {
  return h(
    "section",
    { class: "chapter", id, "aria-labelledby": `${id}-heading` },
    h("h2", { id: `${id}-heading` }, title),
    h("div", { class: "specimens" }, ...specimens),
  );
}

/**
 * One part of a page in one state, with what it is called.
 *
 * @param {string} title
 * @param {HTMLElement | SVGElement | (HTMLElement | SVGElement)[]} content
 * @param {string} [look] classes, parted by blanks:
 *   - `night`: on the dark ground of the stage
 *   - `view`: in a box that is measured as the stage's view is
 *   - `sheet`: on the ground of a panel
 *   - `row`: side by side; `stack`: one above the other
 *   - `whole`: over the whole width of the guide; `half`: of half of it
 */
export function specimen(title, content, look = "") {
  const parts = Array.isArray(content) ? content : [content];
  const looks = look.split(" ").filter(Boolean);
  const body = h("div", { class: ["specimen-body", ...looks.map((name) => `on-${name}`)].join(" ") }, ...parts);
  const width = ["half", "whole"].find((name) => looks.includes(name));
  const figure = width === undefined ? "specimen" : `specimen over-${width}`;
  return h("figure", { class: figure }, h("figcaption", {}, title), body);
}

/**
 * A part that is there several times has the same ids each time: all but the first get others, and so does the first if the
 * guide itself has its id.
 *
 * @param {ParentNode} root
 */
export function makeIdsUnique(root) {
  const own = Array.from(document.querySelectorAll("[id]")).filter(
    (element) => element.closest(".specimen-body") === null,
  );
  const taken = new Set(own.map(({ id }) => id));
  for (const [place, body] of root.querySelectorAll(".specimen-body").entries()) {
    /** @type {Map<string, string>} */
    const changed = new Map();
    for (const element of body.querySelectorAll("[id]")) {
      if (taken.has(element.id)) {
        const id = `${element.id}-${place}`;
        changed.set(element.id, id);
        element.id = id;
      }
      taken.add(element.id);
    }
    for (const name of ["for", "aria-labelledby", "aria-controls"]) {
      for (const element of body.querySelectorAll(`[${name}]`)) {
        const id = changed.get(element.getAttribute(name) ?? "");
        if (id !== undefined) element.setAttribute(name, id);
      }
    }
  }
}

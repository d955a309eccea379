import { makeLink, parseLink } from "../client/room.js";
import { h } from "./dom.js";
import { strings } from "./strings.js";

/** Where the whole link goes, if only a part of it was opened. */
export function makePasteForm() {
  const problem = h("p", { class: "problem", role: "alert", hidden: true }, strings.pasteWrong);
  const input = h("input", {
    class: "input",
    id: "paste",
    "aria-label": strings.pasteLink,
    placeholder: strings.pasteLinkPlaceholder,
  });
  const open = (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      const link = parseLink(input.value, location.href);
      if (link.fragment === "" && link.token === undefined) throw new Error("no key");
      location.assign(makeLink(link, { withToken: true }));
    } catch {
      problem.hidden = false;
      input.focus();
    }
  };
  const button = h("button", { type: "submit", class: "button primary" }, strings.openLink);
  return h("form", { class: "actions", submit: open }, h("div", { class: "together" }, input, button), problem);
}

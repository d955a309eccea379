import { h } from "./dom.js";
import { strings } from "./strings.js";

/** The head of a page: whose it is, and the way to the start. */
export function makeHeader() {
  const image = h("img", { src: "/app/icon.svg", alt: "", width: 32, height: 32 });
  return h("header", {}, h("a", { class: "brand", href: "/" }, image, strings.appName));
}

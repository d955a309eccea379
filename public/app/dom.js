/**
 * The element with an id that the page is known to have.
 *
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 * @param {Document | DocumentFragment} [root]
 * @returns {T}
 */
export function byId(id, type, root = document) {
  const element = root.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return element;
}

/**
 * The first match of a selector that is known to match.
 *
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 */
export function find(root, selector, type) {
  const element = root.querySelector(selector);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} ${selector}`);
  return element;
}

/**
 * Shows another icon of the page's set.
 *
 * @param {Element} root holds the icon
 * @param {string} name
 */
export function setIcon(root, name) {
  find(root, "use", SVGUseElement).setAttribute("href", `#icon-${name}`);
}

/**
 * Runs in the page: what is wrong with where things are.
 *
 * Nothing may scroll sideways. Every control that can be seen has to be inside the window, or somewhere that scrolls to it; not
 * cut off by what is around it; not under anything else; and with all of its words in it.
 *
 * @returns {string[]}
 */
export function findMisplaced() {
  /** Roundings of the layout, in CSS pixels. */
  const SLACK = 1;
  /** @type {string[]} */
  const found = [];
  const { scrollWidth, scrollHeight } = document.documentElement;
  if (scrollWidth > innerWidth) found.push(`the page is ${scrollWidth} wide, in ${innerWidth}`);

  /** @param {Element} element */
  const nameOf = (element) => {
    const label = element.getAttribute("aria-label") ?? element.textContent?.trim().slice(0, 30);
    return `<${element.localName}${element.id && `#${element.id}`}> "${label}"`;
  };
  /** @param {Element} element */
  const scrolls = (element) => {
    const { overflowX, overflowY } = getComputedStyle(element);
    return [overflowX, overflowY].some((overflow) => overflow === "auto" || overflow === "scroll");
  };
  /** @param {Element} element */
  const clips = (element) => {
    const { overflowX, overflowY } = getComputedStyle(element);
    return [overflowX, overflowY].some((overflow) => overflow === "hidden" || overflow === "clip");
  };
  /** @param {Element} element */
  const isForEars = (element) => element.closest(".visually-hidden") !== null;

  const top =
    document.querySelector("[popover]:popover-open:not([popover=manual])") ??
    Array.from(document.querySelectorAll("dialog:modal")).at(-1) ??
    document.body;
  const kinds = "button, a[href], input, select, textarea, summary, [tabindex='0']";
  const controls = Array.from(top.querySelectorAll(kinds)).filter(
    (element) =>
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      !isForEars(element) &&
      element.getBoundingClientRect().width > 0,
  );

  /** @type {{ element: Element, rect: { left: number, right: number, top: number, bottom: number } }[]} */
  const seen = [];
  for (const element of controls) {
    const { left, right, top: upper, bottom } = element.getBoundingClientRect();
    let rect = { left, right, top: upper, bottom };
    let scrolled = scrollHeight > innerHeight && getComputedStyle(document.documentElement).overflowY !== "hidden";
    for (
      let around = element.parentElement;
      around !== null && around !== document.body;
      around = around.parentElement
    ) {
      const outer = around.getBoundingClientRect();
      if (scrolls(around)) {
        scrolled = true;
        rect = {
          left: Math.max(rect.left, outer.left),
          right: Math.min(rect.right, outer.right),
          top: Math.max(rect.top, outer.top),
          bottom: Math.min(rect.bottom, outer.bottom),
        };
      } else if (clips(around)) {
        const over = Math.max(
          outer.left - rect.left,
          rect.right - outer.right,
          outer.top - rect.top,
          rect.bottom - outer.bottom,
        );
        if (over > SLACK)
          found.push(`${nameOf(element)} is cut off by ${nameOf(around)}, ${Math.round(over)} px of it`);
      }
    }
    if (left < -SLACK || right > innerWidth + SLACK)
      found.push(`${nameOf(element)} reaches out of the window sideways`);
    if (!scrolled && (upper < -SLACK || bottom > innerHeight + SLACK)) {
      found.push(`${nameOf(element)} reaches out of the window, and nothing scrolls to it`);
    }
    // What hangs over an edge on purpose, such as a badge, is placed apart.
    const isPlain = Array.from(element.children).every((child) => getComputedStyle(child).position !== "absolute");
    const hidesWords =
      element instanceof HTMLButtonElement && isPlain && element.scrollWidth > element.clientWidth + SLACK;
    if (hidesWords) found.push(`${nameOf(element)} has more words than room`);
    const inView = { ...rect, top: Math.max(rect.top, 0), bottom: Math.min(rect.bottom, innerHeight) };
    if (inView.right - inView.left > 2 && inView.bottom - inView.top > 2) seen.push({ element, rect: inView });
  }

  for (const { element, rect } of seen) {
    const over = document.elementFromPoint((rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2);
    if (over === null || element.contains(over) || over.contains(element)) continue;
    const label = over.closest("label");
    if (label?.control === element) continue;
    found.push(`${nameOf(element)} is under ${nameOf(over)}`);
  }
  for (const [place, one] of seen.entries()) {
    for (const other of seen.slice(place + 1)) {
      if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
      const width = Math.min(one.rect.right, other.rect.right) - Math.max(one.rect.left, other.rect.left);
      const height = Math.min(one.rect.bottom, other.rect.bottom) - Math.max(one.rect.top, other.rect.top);
      if (width <= SLACK || height <= SLACK) continue;
      found.push(`${nameOf(one.element)} and ${nameOf(other.element)} overlap`);
    }
  }
  return found;
}

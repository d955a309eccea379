import { h } from "./dom.js";
import { cornerAt, cornerTowards } from "./layout.js";
import { readPreferences, writePreferences } from "./preferences.js";
import { strings } from "./strings.js";

/**
 * Moves our own picture from corner to corner while it floats over somebody else's: by pointer or by arrow keys.
 */
export class SelfView {
  #tile;
  #stage;
  #moved;
  #handle = h("button", { type: "button", class: "handle", "aria-label": strings.moveSelf, hidden: true });
  corner = readPreferences().corner;

  /**
   * @param {HTMLElement} tile
   * @param {HTMLElement} stage what it floats over
   * @param {() => void} moved it has another corner now
   */
  constructor(tile, stage, moved) {
    this.#tile = tile;
    this.#stage = stage;
    this.#moved = moved;
    this.#handle.addEventListener("pointerdown", (event) => this.#drag(event));
    this.#handle.addEventListener("keydown", (event) => this.#key(event));
    tile.append(this.#handle);
  }

  /** @param {boolean} floating */
  set floating(floating) {
    this.#handle.hidden = !floating;
    this.#tile.classList.toggle("floating", floating);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const corner = cornerTowards(this.corner, event.key);
    if (corner === null) return;
    event.preventDefault();
    this.#settle(corner);
  }

  /** @param {PointerEvent} event */
  #drag({ pointerId, clientX, clientY, button }) {
    if (button !== 0) return;
    const end = new AbortController();
    const { signal } = end;
    this.#handle.setPointerCapture(pointerId);
    this.#tile.classList.add("dragged");
    const move = (/** @type {PointerEvent} */ event) => {
      this.#tile.style.setProperty("--dx", `${event.clientX - clientX}px`);
      this.#tile.style.setProperty("--dy", `${event.clientY - clientY}px`);
    };
    const drop = (/** @type {boolean} */ settles) => {
      end.abort();
      const tile = this.#tile.getBoundingClientRect();
      const stage = this.#stage.getBoundingClientRect();
      const middle = { x: tile.x + tile.width / 2 - stage.x, y: tile.y + tile.height / 2 - stage.y };
      this.#tile.classList.remove("dragged");
      for (const name of ["--dx", "--dy"]) this.#tile.style.removeProperty(name);
      if (settles) this.#settle(cornerAt(stage, middle));
    };
    this.#handle.addEventListener("pointermove", move, { signal });
    this.#handle.addEventListener("pointerup", () => drop(true), { signal });
    this.#handle.addEventListener("pointercancel", () => drop(false), { signal });
  }

  /** @param {import("./layout.js").Corner} corner */
  #settle(corner) {
    this.corner = corner;
    writePreferences({ corner });
    this.#moved();
  }
}

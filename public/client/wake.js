/** How often the clock is looked at, in milliseconds. */
const TICK_MS = 5_000;

/**
 * A tick this late was not a busy page but a sleeping machine or a frozen page. A hidden page without a connected peer
 * may get a timer a minute only, and then a false alarm; it costs one ping.
 */
const GAP_MS = 15_000;

/**
 * Why connections may have died unnoticed: the network is back, the machine or page slept, or the page came out of the
 * back/forward cache.
 *
 * @typedef {"online" | "wake" | "pageshow"} WakeReason
 */

/**
 * Tells when connections may have died unnoticed.
 *
 * @param {(reason: WakeReason) => void} callback
 * @param {import("./environment.js").Environment} environment
 * @returns {() => void} call it to stop
 */
export function watchForWake(callback, { events, now, setTimeout, clearTimeout }) {
  /** @type {any} */
  let timer = null;
  const tick = (/** @type {number} */ last) => {
    timer = setTimeout(() => {
      const time = now();
      tick(time);
      if (time - last > GAP_MS) callback("wake");
    }, TICK_MS);
  };
  const online = () => callback("online");
  const pageshow = (/** @type {Event} */ event) => {
    if (/** @type {PageTransitionEvent} */ (event).persisted) callback("pageshow");
  };
  tick(now());
  events?.addEventListener("online", online);
  events?.addEventListener("pageshow", pageshow);
  return () => {
    clearTimeout(timer);
    events?.removeEventListener("online", online);
    events?.removeEventListener("pageshow", pageshow);
  };
}

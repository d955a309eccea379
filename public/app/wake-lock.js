/** Keeps the screen on during a call: a phone that locks itself ends the picture. Browsers take the lock away whenever the page is hidden. */
export class WakeLock {
  #wanted = false;
  /** @type {WakeLockSentinel | null} */
  #lock = null;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#update());
  }

  /** @param {boolean} wanted */
  async set(wanted) {
    this.#wanted = wanted;
    await this.#update();
  }

  async #update() {
    if (!this.#wanted) {
      await this.#lock?.release().catch(() => {});
      this.#lock = null;
      return;
    }
    if (document.visibilityState === "hidden" || (this.#lock !== null && !this.#lock.released)) return;
    // Refused on an empty battery, and not there in every browser: then the screen may go dark.
    const lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
    if (this.#wanted) this.#lock = lock;
    else await lock?.release().catch(() => {});
  }
}

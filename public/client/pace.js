/** The server fills its bucket for two seconds' worth of messages (docs/protocol.md, "Errors and limits"); what is on the way when it does needs room. */
const BURST_SECONDS = 1.5;

/** How much of the server's rate is used: clocks differ, and what was held up on the way arrives at once. */
const SHARE = 0.9;

/** So many frames may wait. What does not fit is as good as lost on the way, and whoever sent it sends it again. */
export const QUEUE_FRAMES = 1_024;

/**
 * Sends no faster than the server lets through: a frame beyond its rate would be dropped, and too many of them end the
 * connection.
 */
export class Pace {
  #send;
  #environment;
  #perSecond = 1;
  #tokens = 0;
  #countedAt = 0;
  /** @type {string[]} */
  #queue = [];
  /** @type {any} */
  #timer = null;

  /**
   * @param {(text: string) => void} send
   * @param {Pick<import("./environment.js").Environment, "setTimeout" | "clearTimeout" | "now">} environment
   */
  constructor(send, environment) {
    this.#send = send;
    this.#environment = environment;
  }

  /**
   * A connection is there, which nothing has been sent over.
   *
   * @param {number} perSecond how many frames the server lets through each second
   */
  start(perSecond) {
    this.stop();
    this.#perSecond = perSecond * SHARE;
    this.#tokens = perSecond * BURST_SECONDS;
    this.#countedAt = this.#environment.now();
  }

  /** The connection is gone, and what waits with it. */
  stop() {
    this.#environment.clearTimeout(this.#timer);
    this.#timer = null;
    this.#queue = [];
  }

  /**
   * Sends a frame, at once or as soon as it may be.
   *
   * @param {string} text
   * @returns {boolean} false if too many wait
   */
  post(text) {
    if (this.#queue.length >= QUEUE_FRAMES) return false;
    this.#queue.push(text);
    this.#flush();
    return true;
  }

  #flush() {
    this.#refill();
    while (this.#queue.length > 0 && this.#tokens >= 1) {
      this.#tokens -= 1;
      this.#send(/** @type {string} */ (this.#queue.shift()));
    }
    if (this.#queue.length === 0 || this.#timer !== null) return;
    const wait = Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000);
    this.#timer = this.#environment.setTimeout(() => {
      this.#timer = null;
      this.#flush();
    }, wait);
  }

  #refill() {
    const now = this.#environment.now();
    const gained = (Math.max(0, now - this.#countedAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min((this.#perSecond / SHARE) * BURST_SECONDS, this.#tokens + gained);
    this.#countedAt = now;
  }
}

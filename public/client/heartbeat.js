/** How long the other end may take to answer a regular beat, in milliseconds. */
export const ANSWER_MS = 10_000;

/** How long it may take when there is a reason to doubt the connection, such as a changed network, in milliseconds. */
export const PROBE_MS = 3_000;

/**
 * Finds a connection that died without a word: TCP alone can take minutes to notice. Beats regularly and expects to
 * hear something, anything, after each beat.
 */
export class Heartbeat {
  #environment;
  #beat;
  #silent;
  /** @type {any} */
  #next = null;
  /** @type {any} */
  #deadline = null;

  /**
   * @param {{ beat: () => void, silent: () => void }} callbacks `beat` sends something that is answered; `silent` is
   *   called once when nothing was heard in time
   * @param {import("./environment.js").Environment} environment
   */
  constructor({ beat, silent }, environment) {
    this.#beat = beat;
    this.#silent = silent;
    this.#environment = environment;
  }

  /** @param {number} interval milliseconds between beats */
  start(interval) {
    this.stop();
    this.#next = this.#environment.setTimeout(() => {
      this.start(interval);
      this.#expect(ANSWER_MS);
    }, interval);
  }

  /** Something arrived: the connection lives. */
  heard() {
    this.#environment.clearTimeout(this.#deadline);
    this.#deadline = null;
  }

  /** Beats at once and waits only briefly for the answer. */
  probe() {
    this.#expect(PROBE_MS);
  }

  stop() {
    this.heard();
    this.#environment.clearTimeout(this.#next);
    this.#next = null;
  }

  /** @param {number} milliseconds */
  #expect(milliseconds) {
    this.heard();
    this.#deadline = this.#environment.setTimeout(() => {
      this.stop();
      this.#silent();
    }, milliseconds);
    this.#beat();
  }
}

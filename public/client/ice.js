/** How long a restart waits for fresh servers, in milliseconds. Old ones may still do; a server that is out of reach must stop nothing. */
export const ICE_WAIT_MS = 1_000;

/** So long the servers count as fresh, in milliseconds: the shortest lives of TURN credentials are minutes, and asking costs a message. */
export const ICE_FRESH_MS = 60_000;

/** When fresh ones are asked for, as a part of the life of the credentials: with enough left for another try. */
export const ICE_RENEW = 0.8;

/** The least time between two times of asking for fresh ones in advance, in milliseconds, whatever the server says. */
export const ICE_PAUSE_MS = 30_000;

/**
 * The ICE servers of a room. Credentials for TURN servers expire, so that those of the beginning of a call may be worth
 * nothing by the time it needs a new way. So fresh ones are asked for before they expire, for connections that are yet to
 * be made, and at every restart.
 */
export class IceServers {
  #ask;
  #environment;
  /** @type {import("./protocol.js").IceServer[]} */
  #list = [];
  #since = Number.NEGATIVE_INFINITY;
  #expires = Number.POSITIVE_INFINITY;
  /** @type {any} */
  #renewal = null;
  /** @type {Promise<void> | null} */
  #asking = null;
  #answered = () => {};

  /**
   * @param {() => boolean} ask asks the server for fresh ones; false if it is out of reach
   * @param {import("./environment.js").Environment} environment
   */
  constructor(ask, environment) {
    this.#ask = ask;
    this.#environment = environment;
  }

  /** Those that are known. */
  get list() {
    return this.#list;
  }

  /**
   * @param {import("./protocol.js").IceServer[]} list from the server, just now
   * @param {number} [seconds] how long their credentials last, where they do not last for ever
   */
  update(list, seconds) {
    this.#list = list;
    this.#since = this.#environment.now();
    this.#renewLater(seconds);
    this.#answered();
  }

  /**
   * Asks for fresh ones, if those that are known are not.
   *
   * @returns {Promise<void>} settled when they are there, or are not waited for any longer
   */
  refresh() {
    const now = this.#environment.now();
    const isFresh = now - this.#since < ICE_FRESH_MS && now < this.#expires;
    if (this.#asking === null && !isFresh && this.#ask()) this.#wait();
    return this.#asking ?? Promise.resolve();
  }

  /** Waits for nothing any more. */
  close() {
    this.#environment.clearTimeout(this.#renewal);
    this.#answered();
  }

  /**
   * Asks in advance. A server that is out of reach then gives fresh ones when it is back, unasked.
   *
   * @param {number | undefined} seconds
   */
  #renewLater(seconds) {
    this.#environment.clearTimeout(this.#renewal);
    this.#expires = seconds === undefined ? Number.POSITIVE_INFINITY : this.#since + seconds * 1000;
    if (seconds === undefined) return;
    const wait = Math.max(ICE_PAUSE_MS, seconds * 1000 * ICE_RENEW);
    this.#renewal = this.#environment.setTimeout(() => this.#ask(), wait);
  }

  #wait() {
    this.#asking = new Promise((resolve) => {
      const timer = this.#environment.setTimeout(() => this.#answered(), ICE_WAIT_MS);
      this.#answered = () => {
        this.#environment.clearTimeout(timer);
        this.#asking = null;
        resolve();
      };
    });
  }
}

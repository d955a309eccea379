/** How long a restart waits for fresh servers, in milliseconds. Old ones may still do; a server that is out of reach must stop nothing. */
export const ICE_WAIT_MS = 1_000;

/** So long the servers count as fresh, in milliseconds: the shortest lives of TURN credentials are minutes, and asking costs a message. */
export const ICE_FRESH_MS = 60_000;

/**
 * The ICE servers of a room. Credentials for TURN servers expire, so that those of the beginning of a call may be worth
 * nothing by the time it needs a new way.
 */
export class IceServers {
  #ask;
  #environment;
  /** @type {import("./protocol.js").IceServer[]} */
  #list = [];
  #since = Number.NEGATIVE_INFINITY;
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

  /** @param {import("./protocol.js").IceServer[]} list from the server, just now */
  update(list) {
    this.#list = list;
    this.#since = this.#environment.now();
    this.#answered();
  }

  /**
   * Asks for fresh ones, if those that are known are not.
   *
   * @returns {Promise<void>} settled when they are there, or are not waited for any longer
   */
  refresh() {
    const isFresh = this.#environment.now() - this.#since < ICE_FRESH_MS;
    if (this.#asking === null && !isFresh && this.#ask()) this.#wait();
    return this.#asking ?? Promise.resolve();
  }

  /** Waits for nothing any more. */
  close() {
    this.#answered();
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

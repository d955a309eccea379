// Credentials of Cloudflare's TURN service, which are for any member of any room: kept in the memory of the isolate, and asked
// for again before they expire (docs/adr/0005).

/** How long the service may take, in milliseconds. */
const PATIENCE_MS = 10_000;

/** How long nobody asks again after it has failed, or let somebody wait in vain, in milliseconds. */
const PAUSE_MS = 10_000;

/** The longest answer that is read, in characters: it goes into a header. */
const ANSWER_LENGTH = 8_192;

/**
 * @typedef {{ text: string, freshUntil: number, expiresAt: number }} Known times in milliseconds since the Unix epoch
 */

export class RelayCache {
  #service;
  #read;
  /** @type {Known | null} */
  #known = null;
  #pausedUntil = 0;

  /**
   * @param {string} service the URL, the body of a request and the bearer token, parted by spaces
   * @param {(servers: string, askedAt: number) => string} read makes what a room understands out of the answer's servers: until when it
   *   is fresh, when it expires, and the servers, parted by spaces; throws what is wrong with it
   */
  constructor(service, read) {
    this.#service = service;
    this.#read = read;
  }

  /**
   * What the service has given out, asked for again if it is not fresh.
   *
   * @returns {Promise<string | null>} null if there is nothing; never rejected
   */
  async get() {
    const now = Date.now();
    if ((this.#known?.freshUntil ?? 0) > now || this.#pausedUntil > now) {
      return this.#usable();
    }
    try {
      this.#known = await this.#ask(now);
    } catch (error) {
      this.#failed(String(error?.message ?? error));
    }
    return this.#usable();
  }

  /**
   * The same, or what there is when this time is over.
   *
   * @param {number} milliseconds
   * @param {(rest: Promise<unknown>) => void} leave gets what still goes on then
   * @returns {Promise<string | null>}
   */
  async within(milliseconds, leave) {
    if ((this.#known?.freshUntil ?? 0) > Date.now()) {
      return this.#usable();
    }
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve(undefined), milliseconds);
    });
    const got = this.get();
    const text = await Promise.race([got, late]);
    clearTimeout(timer);
    if (text !== undefined) {
      return text;
    }
    this.#failed(`no answer within ${milliseconds} ms`);
    leave(got);
    return this.#usable();
  }

  #usable() {
    return this.#known !== null && this.#known.expiresAt > Date.now() ? this.#known.text : null;
  }

  /** @param {number} now */
  async #ask(now) {
    const [url = "", body, token] = this.#service.split(" ");
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
    const answer = await response.text();
    if (!response.ok) {
      throw new Error(`status ${response.status}`);
    }
    if (answer.length > ANSWER_LENGTH) {
      throw new Error("the answer is too long");
    }
    const text = this.#read(serversIn(answer), now);
    const [freshUntil, expiresAt] = text.split(" ", 2).map(Number);
    return { text, freshUntil, expiresAt };
  }

  /** @param {string} why */
  #failed(why) {
    this.#pausedUntil = Date.now() + PAUSE_MS;
    console.error(JSON.stringify({ event: "error", in: "relays", message: `Cloudflare's TURN service: ${why}` }));
  }
}

/**
 * The servers of an answer, as JSON; empty where there are none.
 *
 * @param {string} answer
 */
function serversIn(answer) {
  try {
    return JSON.stringify(JSON.parse(answer).iceServers) ?? "";
  } catch {
    // What the parser says would quote the answer.
    return "";
  }
}

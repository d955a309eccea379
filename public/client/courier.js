import { CourierError } from "./errors.js";
import { TypedTarget } from "./events.js";

/** So many signals may be on their way to one peer, unacknowledged, before `post` refuses another. */
export const WINDOW = 256;

/** How long after a signal arrived its acknowledgement waits, in milliseconds, for a signal that goes the other way and takes it along. */
export const ACK_DELAY_MS = 250;

/** How long a signal waits for its acknowledgement, in milliseconds, before it is sent again; twice as long each further time, up to the cap. A connection that was lost is known of, so this is for what nobody noticed. */
export const RETRY_MS = 5_000;
export const RETRY_CAP_MS = 60_000;

/** The longest session, in characters: twice what 128 bits take in hexadecimal digits. */
const SESSION_LENGTH = 64;

/** So often a peer's page may be another one than before. Nobody reloads so often; who does it to do harm is heard no more. */
const FORMER_SESSIONS = 1_000;

/**
 * What goes over the wire between two pages.
 *
 * @typedef {object} Envelope
 * @property {1} v the version
 * @property {string} s the sender's session
 * @property {string} [t] the session of the page it is for; absent while that is not known
 * @property {number} [n] the signal's number, from 1
 * @property {number} [a] the number up to which all has arrived from `t`
 * @property {string} [c] what the signal carries, sealed. Where the link has no key its fields stand here as they are
 *
 * @typedef {object} CourierEvents
 * @property {{ session: string, again: boolean }} session the other side's page is known; `again`: it is another one than
 *   before, for which nothing that was said earlier counts
 * @property {{ payload: unknown, heard: boolean, relayed: boolean }} payload in order, each once; `heard`: the other side had all
 *   that we had posted when it sent this
 * @property {{}} settled some of what was sent has been acknowledged
 * @property {{}} unheard the other side does not seem to get what we send: it does not acknowledge, or repeats through the room
 *   what we have acknowledged
 * @property {{ error: Error }} error something arrived that does not open, and was dropped
 *
 * @typedef {object} CourierOptions
 * @property {string} session our own
 * @property {(envelope: Envelope) => boolean} send hands an envelope to what can carry it now; false if nothing can
 * @property {((theirs: string) => Promise<{ out: Sealing, in: Sealing }>) | null} seals makes the seals for the two
 *   directions between our session and theirs; null where the link has no key
 *
 * @typedef {Pick<import("./seal.js").DirectedSeal, "seal" | "open">} Sealing
 */

/**
 * Reliable delivery to one other peer, over anything that may lose, repeat and reorder: every signal arrives once, in
 * order, for as long as both pages live. The server that relays keeps nothing; what is not acknowledged is kept here and
 * sent again.
 *
 * Each end is a page with a session. What is addressed to another session than ours was meant for the page before a
 * reload; what comes from a session that was given up before is late, or replayed, and never starts anything.
 *
 * A signal is sealed once: sending it again sends the same bytes, so that no counter ever covers two texts.
 *
 * @extends {TypedTarget<CourierEvents>}
 */
export class Courier extends TypedTarget {
  #session;
  #send;
  #seals;
  #environment;
  /** @type {string | null} */
  #theirs = null;
  /** Sessions of theirs that are over. @type {Set<string>} */
  #former = new Set();
  /** @type {Promise<{ out: Sealing, in: Sealing }> | null} */
  #sealing = null;
  /** What waits for their session to be known. @type {object[]} */
  #waiting = [];
  /** What is sent and not acknowledged, by number. @type {Map<number, Envelope>} */
  #unacknowledged = new Map();
  #posted = 0;
  #arrived = 0;
  #acknowledged = 0;
  /** What came early. @type {Map<number, { envelope: Envelope, heard: boolean, relayed: boolean }>} */
  #early = new Map();
  /** @type {any} */
  #ackTimer = null;
  /** @type {any} */
  #retryTimer = null;
  #retries = 0;
  #outgoing = Promise.resolve();
  #incoming = Promise.resolve();
  #closed = false;

  /**
   * @param {CourierOptions} options
   * @param {import("./environment.js").Environment} environment
   */
  constructor({ session, send, seals }, environment) {
    super();
    this.#session = session;
    this.#send = send;
    this.#seals = seals;
    this.#environment = environment;
  }

  /** The other page's session; null before anything has come from it. */
  get theirs() {
    return this.#theirs;
  }

  /** How many signals are not acknowledged. */
  get pending() {
    return this.#waiting.length + this.#unacknowledged.size;
  }

  /**
   * Sends a signal, now and for as long as it takes.
   *
   * @param {object} payload what JSON can say; without a key its fields must not be called `v`, `s`, `t`, `n`, `a` or `c`
   * @throws {CourierError} `overflow` if too much is on its way already
   */
  post(payload) {
    if (this.pending >= WINDOW) throw new CourierError(`${WINDOW} signals are not acknowledged yet`);
    if (this.#theirs === null) {
      this.#waiting.push(payload);
      this.#watch();
    } else this.#dispatch(payload);
  }

  /**
   * Takes what came from the other side.
   *
   * @param {Envelope} envelope
   * @param {{ relayed?: boolean }} [options] whether it came through the room
   */
  receive(envelope, { relayed = false } = {}) {
    if (this.#closed || envelope.s === this.#session || this.#former.has(envelope.s)) return;
    if (envelope.s !== this.#theirs) {
      if (envelope.s.length > SESSION_LENGTH || this.#former.size >= FORMER_SESSIONS) return;
      this.#meet(envelope.s);
    }
    if (envelope.t !== this.#session) {
      // Meant for the page that we were before, or a greeting to everybody. Either way it does not know us yet.
      if (envelope.t === undefined) this.#acknowledgeSoon();
      else this.greet();
      return;
    }
    if (envelope.a !== undefined) this.#settle(envelope.a);
    if (envelope.n !== undefined) this.#take(envelope, envelope.n, relayed);
  }

  /** Tells the other side which page we are. */
  greet() {
    this.#send({ v: 1, s: this.#session, ...this.#address() });
  }

  /** The way to the other side was interrupted: sends again what is not acknowledged, and says who we are and what has arrived. */
  resend() {
    this.#retries = 0;
    if (this.#theirs === null) this.greet();
    for (const envelope of this.#unacknowledged.values()) this.#transmit(envelope);
    this.#watch();
    if (this.#arrived > 0) this.#acknowledgeSoon();
  }

  /** The peer is gone. What it has not acknowledged is kept only if it may come back as the same page. */
  rest({ forGood = false } = {}) {
    this.#environment.clearTimeout(this.#ackTimer);
    this.#environment.clearTimeout(this.#retryTimer);
    this.#ackTimer = null;
    this.#retryTimer = null;
    if (!forGood) return;
    this.#waiting = [];
    this.#unacknowledged.clear();
    this.#early.clear();
  }

  /** Ends it: nothing is sent any more, and no event follows. */
  close() {
    this.#closed = true;
    this.#environment.clearTimeout(this.#ackTimer);
    this.#environment.clearTimeout(this.#retryTimer);
  }

  /** @param {string} session */
  #meet(session) {
    const again = this.#theirs !== null;
    if (this.#theirs !== null) this.#former.add(this.#theirs);
    this.#theirs = session;
    this.#sealing = this.#seals?.(session) ?? null;
    this.#sealing?.catch(() => {});
    this.#unacknowledged.clear();
    this.#early.clear();
    [this.#posted, this.#arrived, this.#acknowledged] = [0, 0, 0];
    this.emit("session", { session, again });
    for (const payload of this.#waiting.splice(0)) this.#dispatch(payload);
  }

  #address() {
    return this.#theirs === null ? {} : { t: this.#theirs, ...(this.#arrived > 0 && { a: this.#arrived }) };
  }

  /** @param {object} payload */
  #dispatch(payload) {
    const [number, theirs, sealing] = [++this.#posted, this.#theirs, this.#sealing];
    // Holds the place, so that the window counts it while it is being sealed.
    this.#unacknowledged.set(number, { v: 1, s: this.#session });
    this.#outgoing = this.#outgoing.then(async () => {
      try {
        const carried = sealing === null ? payload : { c: await (await sealing).out.seal(number, payload) };
        if (this.#closed || this.#theirs !== theirs) return;
        const envelope = /** @type {Envelope} */ ({ ...carried, v: 1, s: this.#session, t: theirs, n: number });
        this.#unacknowledged.set(number, envelope);
        this.#transmit(envelope);
        this.#watch();
      } catch (error) {
        this.#report(error);
      }
    });
  }

  /** @param {Envelope} envelope */
  #transmit(envelope) {
    // Not sealed yet: it goes out by itself in a moment.
    if (envelope.n === undefined) return;
    if (this.#send({ ...envelope, ...(this.#arrived > 0 && { a: this.#arrived }) })) this.#acknowledgementSent();
  }

  /** @param {number} number */
  #settle(number) {
    if (number > this.#posted) return;
    const [before, wasRetried] = [this.#unacknowledged.size, this.#retries > 0];
    for (const sent of this.#unacknowledged.keys()) if (sent <= number) this.#unacknowledged.delete(sent);
    if (this.#unacknowledged.size === before) return;
    this.#retries = 0;
    // What followed a signal that was lost unnoticed was lost with it, more often than not.
    if (wasRetried) for (const envelope of this.#unacknowledged.values()) this.#transmit(envelope);
    this.#watch();
    this.emit("settled", {});
  }

  /**
   * @param {Envelope} envelope
   * @param {number} number
   * @param {boolean} relayed
   */
  #take(envelope, number, relayed) {
    if (!Number.isSafeInteger(number) || number < 1 || number > this.#arrived + WINDOW) return;
    if (number > this.#arrived) this.#early.set(number, { envelope, heard: this.pending === 0, relayed });
    else {
      if (relayed && number <= this.#acknowledged) this.emit("unheard", {});
      this.#acknowledged = 0;
    }
    const theirs = this.#theirs;
    this.#incoming = this.#incoming.then(() => this.#deliver(theirs));
  }

  /** @param {string | null} theirs */
  async #deliver(theirs) {
    for (;;) {
      const next = this.#early.get(this.#arrived + 1);
      if (this.#closed || this.#theirs !== theirs) return;
      if (next === undefined) break;
      const number = this.#arrived + 1;
      const opened = await this.#open(next.envelope, number);
      if (this.#closed || this.#theirs !== theirs) return;
      this.#early.delete(number);
      if (opened === null) break;
      this.#arrived = number;
      this.emit("payload", { payload: opened.payload, heard: next.heard, relayed: next.relayed });
    }
    if (this.#acknowledged < this.#arrived) this.#acknowledgeSoon();
  }

  /**
   * What an envelope carries; null if it does not open. A true one of the same number may still come, so the forged one is
   * forgotten, and not acknowledged.
   *
   * @param {Envelope} envelope
   * @param {number} number
   */
  async #open(envelope, number) {
    try {
      if (this.#sealing === null) {
        const { v: _v, s: _s, t: _t, n: _n, a: _a, c, ...payload } = envelope;
        if (c !== undefined) throw new CourierError("a sealed signal, and no key to open it", "sealed");
        return { payload };
      }
      if (typeof envelope.c !== "string")
        throw new CourierError("a signal that is not sealed, in a room with a key", "plain");
      return { payload: await (await this.#sealing).in.open(number, envelope.c) };
    } catch (error) {
      this.#report(error);
      return null;
    }
  }

  #acknowledgeSoon() {
    this.#ackTimer ??= this.#environment.setTimeout(() => {
      this.#ackTimer = null;
      if (this.#theirs !== null && this.#send({ v: 1, s: this.#session, ...this.#address() }))
        this.#acknowledgementSent();
    }, ACK_DELAY_MS);
  }

  #acknowledgementSent() {
    this.#acknowledged = this.#arrived;
    this.#environment.clearTimeout(this.#ackTimer);
    this.#ackTimer = null;
  }

  #watch() {
    this.#environment.clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
    if (this.#closed || this.pending === 0) return;
    const wait = Math.min(RETRY_CAP_MS, RETRY_MS * 2 ** this.#retries);
    this.#retryTimer = this.#environment.setTimeout(() => {
      this.#retries += 1;
      this.emit("unheard", {});
      const [oldest] = this.#unacknowledged.values();
      if (oldest === undefined) this.greet();
      else this.#transmit(oldest);
      this.#watch();
    }, wait);
  }

  /** @param {unknown} error */
  #report(error) {
    if (!this.#closed) this.emit("error", { error: error instanceof Error ? error : new Error(String(error)) });
  }
}

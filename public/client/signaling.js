import { fullJitter } from "./backoff.js";
import { TypedTarget } from "./events.js";
import { Heartbeat } from "./heartbeat.js";
import { Pace } from "./pace.js";
import {
  CLOSE_BYE,
  CLOSE_RECONNECTING,
  finalReason,
  isFinal,
  PING,
  PONG,
  parseServerFrame,
  SUBPROTOCOL,
} from "./protocol.js";

/** The bounds of the wait before another try to connect, in milliseconds: see `fullJitter`. A room has few peers, and somebody who is in a call waits for it. */
export const RECONNECT_DELAY = Object.freeze({ base: 500, cap: 3_000 });

/** The same for an outage that has lasted longer than `PATIENT_AFTER_MS`: it may last long. */
export const PATIENT_DELAY = Object.freeze({ base: 500, cap: 20_000 });
export const PATIENT_AFTER_MS = 60_000;

/** A connection that has not opened after this many milliseconds is given up for a new one. */
export const OPEN_TIMEOUT_MS = 10_000;

/** Only a connection that lasted this many milliseconds starts the back-off anew: a server that welcomes and drops at once must not be hammered. */
export const STABLE_MS = 5_000;

/** How often to ping before `welcome` has said it, in seconds. */
const DEFAULT_PING_SECONDS = 30;

/**
 * - `idle`: not started
 * - `connecting`: for the first time, or again
 * - `waiting`: connected, the host has been asked to let us in
 * - `open`: welcomed
 * - `closed`: for good
 *
 * @typedef {"idle" | "connecting" | "waiting" | "open" | "closed"} SignalingState
 *
 * @typedef {object} SignalingEvents
 * @property {{ frame: import("./protocol.js").ServerFrame }} frame
 * @property {{ state: SignalingState, failures: number }} state `failures`: tries in a row that did not get as far as `open`
 * @property {{ reason: import("./protocol.js").FinalReason, message: string }} stopped the server closed
 *   for good
 */

/**
 * The connection to the room on the server. It comes back by itself whenever it is lost, as the same peer, and stops
 * for good on the close codes 4001 to 4006 and on nothing else. It knows frames, not what they are for.
 *
 * @extends {TypedTarget<SignalingEvents>}
 */
export class SignalingSocket extends TypedTarget {
  #url;
  /** @type {string[]} */
  #credentials = [];
  #resume;
  #environment;
  #heartbeat;
  #pace;
  /** @type {import("./environment.js").Socket | null} */
  #socket = null;
  /** @type {SignalingState} */
  #state = "idle";
  #failures = 0;
  #attempt = 0;
  #openedAt = 0;
  #outageSince = 0;
  /** @type {any} */
  #timer = null;
  #lastError = "";

  /**
   * @param {string} url `ws:` or `wss:`
   * @param {{ resume?: string | null }} options the token of a former connection, to be who we were
   * @param {import("./environment.js").Environment} environment
   */
  constructor(url, { resume = null }, environment) {
    super();
    this.#url = url;
    this.#resume = resume;
    this.#environment = environment;
    this.#heartbeat = new Heartbeat(
      { beat: () => this.#socket?.send(PING), silent: () => this.#reconnect() },
      environment,
    );
    this.#pace = new Pace((text) => this.#socket?.send(text), environment);
  }

  get state() {
    return this.#state;
  }

  /** The token for the next connection: the one of the last `welcome`, or the one handed in; null if there is none. */
  get resume() {
    return this.#resume;
  }

  /**
   * Starts to connect; does nothing if it has been started already.
   *
   * @param {string[]} [credentials] offered as further subprotocols, such as `token.<jwt>` and `gate.<base64url>`
   */
  connect(credentials = []) {
    if (this.#state !== "idle") return;
    this.#credentials = credentials;
    this.#open();
  }

  /**
   * Sends a frame if the connection is open, no faster than the server lets through. Nothing is kept for another
   * connection: what a lost one swallowed is for those who know its meaning to send again.
   *
   * @param {import("./protocol.js").ClientFrame} frame
   * @returns {boolean} whether this connection takes it
   */
  send(frame) {
    if (this.#state !== "open" || !this.#isConnected()) return false;
    return this.#pace.post(JSON.stringify(frame));
  }

  #isConnected() {
    return this.#socket?.readyState === this.#environment.webSocket.OPEN;
  }

  /** Something happened that connections die of: checks an open one at once. */
  probe() {
    if (this.#state === "open" || this.#state === "waiting") this.#heartbeat.probe();
  }

  /** Something happened that connections die of, or that brings the network back: checks an open one at once, or tries again now. */
  nudge() {
    this.probe();
    if (this.#state === "connecting" && this.#socket === null) this.#open();
  }

  /** Leaves the room: says `bye`, so that the others know at once, and closes for good. */
  leave() {
    // Past whatever still waits: it is the last word.
    if (this.#state === "open" && this.#isConnected()) this.#socket?.send(JSON.stringify({ type: "bye" }));
    this.#drop(CLOSE_BYE);
    this.#become("closed");
  }

  #open() {
    this.#drop(CLOSE_RECONNECTING);
    const protocols = [SUBPROTOCOL, ...this.#credentials];
    if (this.#resume !== null) protocols.push(`resume.${this.#resume}`);
    const socket = new this.#environment.webSocket(this.#url, protocols);
    socket.onmessage = (/** @type {{ data: unknown }} */ { data }) => this.#receive(data);
    socket.onclose = (/** @type {{ code: number }} */ { code }) => this.#closed(code);
    // A failure also closes. Outside browsers, one that nobody listens to may end the program.
    socket.onerror = () => {};
    this.#socket = socket;
    this.#lastError = "";
    this.#timer = this.#environment.setTimeout(() => this.#reconnect(), OPEN_TIMEOUT_MS);
    this.#become("connecting");
  }

  /** @param {unknown} data */
  #receive(data) {
    this.#heartbeat.heard();
    if (data === PONG || typeof data !== "string") return;
    const frame = parseServerFrame(data);
    if (frame === null) return;
    if (frame.type === "welcome") this.#welcomed(frame);
    else if (frame.type === "waiting") this.#established("waiting", DEFAULT_PING_SECONDS);
    else if (frame.type === "error") this.#lastError = frame.message;
    this.emit("frame", { frame });
    // The close that follows can take seconds to get through, while everything has been said.
    if (frame.type === "error" && isFinal(frame.code)) this.#stop(frame.code);
  }

  /** @param {import("./protocol.js").WelcomeFrame} frame */
  #welcomed({ resume, limits }) {
    this.#resume = resume;
    this.#failures = 0;
    this.#pace.start(limits.messagesPerSecond);
    this.#established("open", limits.pingSeconds);
  }

  /**
   * @param {"waiting" | "open"} state
   * @param {number} pingSeconds
   */
  #established(state, pingSeconds) {
    this.#environment.clearTimeout(this.#timer);
    this.#openedAt = this.#environment.now();
    this.#heartbeat.start(pingSeconds * 1000);
    this.#become(state);
  }

  /** @param {number} code */
  #closed(code) {
    const reason = finalReason(code);
    if (reason === null) {
      this.#reconnect();
      return;
    }
    this.#stop(reason);
  }

  /** @param {import("./protocol.js").FinalReason} reason */
  #stop(reason) {
    this.#drop(CLOSE_BYE);
    this.#become("closed");
    this.emit("stopped", { reason, message: this.#lastError });
  }

  #reconnect() {
    const wasStable = this.#state !== "connecting" && this.#environment.now() - this.#openedAt >= STABLE_MS;
    if (wasStable) this.#attempt = 0;
    if (this.#attempt === 0) this.#outageSince = this.#environment.now();
    if (this.#state === "connecting") this.#failures += 1;
    this.#drop(CLOSE_RECONNECTING);
    const isLong = this.#environment.now() - this.#outageSince >= PATIENT_AFTER_MS;
    const bounds = isLong ? PATIENT_DELAY : RECONNECT_DELAY;
    const delay = fullJitter(this.#attempt, bounds, this.#environment.random);
    this.#attempt += 1;
    this.#timer = this.#environment.setTimeout(() => this.#open(), delay);
    this.#become("connecting");
  }

  /**
   * Lets go of the socket. Its late events must not be heard, since another may be open by then.
   *
   * @param {number} code
   */
  #drop(code) {
    this.#heartbeat.stop();
    this.#pace.stop();
    this.#environment.clearTimeout(this.#timer);
    this.#timer = null;
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close(code);
  }

  /** @param {SignalingState} state */
  #become(state) {
    this.#state = state;
    this.emit("state", { state, failures: this.#failures });
  }
}

import { MessageError } from "./errors.js";

/** The longest message, in bytes of JSON: what any end takes that does not say otherwise (RFC 8841, section 6.1). */
export const MESSAGE_BYTES = 65_536;

/** So many bytes may wait for one peer before another message is refused. */
export const QUEUE_BYTES = 1_048_576;

const encoder = new TextEncoder();

/**
 * Writes a message as it goes over the wire.
 *
 * @param {unknown} value what JSON can say
 * @returns {string}
 * @throws {MessageError} `not-json` or `too-large`
 */
export function writeMessage(value) {
  const text = toJson(value);
  if (text === undefined) throw new MessageError("not-json", "JSON cannot say this");
  if (sizeOf(text) > MESSAGE_BYTES) throw new MessageError("too-large", `a message has at most ${MESSAGE_BYTES} bytes`);
  return text;
}

/**
 * What takes messages as long as it is open: a data channel, or the way through the room.
 *
 * @typedef {Pick<RTCDataChannel, "readyState" | "bufferedAmount"> & { send: (text: string) => void }} Outlet
 */

/**
 * The messages to one peer: handed to the outlet if it is open, else kept, in order, until one opens.
 */
export class Outbox {
  /** @type {Outlet | null} */
  #channel = null;
  /** @type {string[]} */
  #queue = [];
  #queued = 0;

  /** How many bytes wait, here and in the channel. */
  get pending() {
    return this.#queued + (this.#channel?.bufferedAmount ?? 0);
  }

  /**
   * @param {string} text from `writeMessage`
   * @throws {MessageError} `overflow` if too much waits already
   */
  post(text) {
    const size = sizeOf(text);
    if (this.pending + size > QUEUE_BYTES) throw new MessageError("overflow", `${this.pending} bytes wait already`);
    this.#queue.push(text);
    this.#queued += size;
    this.flush();
  }

  /** @param {Outlet | null} channel an open one; null if there is none any more */
  use(channel) {
    this.#channel = channel;
    this.flush();
  }

  /** Hands over what waits, as far as it is taken. */
  flush() {
    const channel = this.#channel;
    while (channel?.readyState === "open") {
      const [text] = this.#queue;
      if (text === undefined) return;
      channel.send(text);
      this.#queue.shift();
      this.#queued -= sizeOf(text);
    }
  }
}

/**
 * The length of a text in UTF-8, in bytes.
 *
 * @param {string} text
 */
export function sizeOf(text) {
  return encoder.encode(text).length;
}

/**
 * @param {unknown} value
 * @returns {string | undefined} undefined for what JSON cannot say, such as a function or a circle
 */
function toJson(value) {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

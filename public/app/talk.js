import { cleanName } from "./names.js";

/**
 * What two pages tell each other over the channel for messages (`Peer.send`). A page that does not know a kind drops it.
 *
 * - `profile`: who I am
 * - `chat`: a line of chat; `id` tells repeated ones apart
 * - `got`: a line of chat has arrived
 * - `reception`: what of yours does not arrive at me
 *
 * @typedef {{ type: "profile", name: string }
 *   | { type: "chat", id: string, text: string }
 *   | { type: "got", id: string }
 *   | { type: "reception", audio: boolean, camera: boolean }} PageMessage
 */

/** The longest line of chat, in characters. */
export const CHAT_LENGTH = 4_000;

/**
 * What another page has sent, made harmless.
 *
 * @param {unknown} message
 * @returns {PageMessage | null} null for what no page of ours says
 */
export function readMessage(message) {
  if (typeof message !== "object" || message === null) return null;
  const { type, name, id, text, audio, camera } = /** @type {Record<string, unknown>} */ (message);
  if (type === "profile") return { type, name: cleanName(name) };
  if (type === "reception") return { type, audio: audio === true, camera: camera === true };
  if (typeof id !== "string" || id === "" || id.length > 64) return null;
  if (type === "got") return { type, id };
  if (type !== "chat" || typeof text !== "string" || text.trim() === "") return null;
  return { type, id, text: text.slice(0, CHAT_LENGTH) };
}

/**
 * Lines of chat on their way to one person. A connection that is replaced may swallow the last messages, so each is kept
 * until it was answered, and sent again over the next connection; the other side drops what it has already.
 */
export class Undelivered {
  /** @type {Map<string, PageMessage>} */
  #waiting = new Map();
  #send;

  /** @param {(message: PageMessage) => void} send may throw */
  constructor(send) {
    this.#send = send;
  }

  get size() {
    return this.#waiting.size;
  }

  /** @param {string} id */
  has(id) {
    return this.#waiting.has(id);
  }

  /** @param {Extract<PageMessage, { type: "chat" }>} message */
  post(message) {
    this.#waiting.set(message.id, message);
    this.#try(message);
  }

  /** @param {string} id of what the other side has got */
  settle(id) {
    this.#waiting.delete(id);
  }

  /** There is a new connection. */
  again() {
    for (const message of this.#waiting.values()) this.#try(message);
  }

  /** @param {PageMessage} message */
  #try(message) {
    try {
      this.#send(message);
    } catch {
      // Too much waits for this person already: it goes out with the next connection, or never.
    }
  }
}

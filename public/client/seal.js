import { SealError } from "./errors.js";

/**
 * End-to-end encryption of signals with the key that a link carries after its `#`, which no server ever sees.
 *
 * From the key come, by HKDF-SHA-256 (RFC 5869) with the room's name in the salt, the room's gate, which is all that the
 * server gets to know of it, and for each direction between each two pages a key of its own for AES-256-GCM (NIST SP
 * 800-38D). A page is named by its session, 128 random bits made when it enters a room. Signals are counted, the counter is
 * the nonce, and whatever says who speaks to whom goes in as additional data; so a signal that the server changes, sends
 * again, turns round or puts into another mouth does not open.
 *
 * What it does not do: the server serves the page, and everybody who has the link can read.
 */

/** A key in a link has at least this many random bytes: 128 bits. */
export const KEY_BYTES = 16;

/** Plaintext is padded to a multiple of this many bytes, so that its length says little. */
export const BUCKET_BYTES = 256;

const VERSION = "switchboard/1";
const TAG_BITS = 128;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Writes bytes as base64url without padding (RFC 4648, section 5).
 *
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function toBase64Url(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * Reads base64url without padding.
 *
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer> | null} null for anything else
 */
export function fromBase64Url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/**
 * A fresh key for a link.
 *
 * @returns {string} 128 random bits as base64url
 */
export function makeKey() {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

/**
 * Parts that are strings, one after the other, each behind its length in bytes (16 bits, big-endian), so that no two lists
 * of parts look alike.
 *
 * @param {string[]} parts
 * @returns {Uint8Array<ArrayBuffer>}
 */
function joined(parts) {
  const encoded = parts.map((part) => encoder.encode(part));
  const bytes = new Uint8Array(encoded.reduce((sum, part) => sum + 2 + part.length, 0));
  let at = 0;
  for (const part of encoded) {
    new DataView(bytes.buffer).setUint16(at, part.length);
    bytes.set(part, at + 2);
    at += 2 + part.length;
  }
  return bytes;
}

/**
 * Ends with a byte 0x80 and as many zeros as fill the last bucket (ISO/IEC 7816-4).
 *
 * @param {Uint8Array} bytes
 * @returns {Uint8Array<ArrayBuffer>}
 */
function padded(bytes) {
  const whole = new Uint8Array(Math.ceil((bytes.length + 1) / BUCKET_BYTES) * BUCKET_BYTES);
  whole.set(bytes);
  whole[bytes.length] = 0x80;
  return whole;
}

/**
 * @param {Uint8Array} bytes
 * @returns {Uint8Array}
 */
function unpadded(bytes) {
  const end = bytes.lastIndexOf(0x80);
  if (end === -1 || bytes.subarray(end + 1).some((byte) => byte !== 0)) throw new SealError("badly padded");
  return bytes.subarray(0, end);
}

/**
 * The nonce of 96 bits for a counter.
 *
 * @param {number} counter
 * @returns {Uint8Array<ArrayBuffer>}
 */
function nonce(counter) {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setBigUint64(4, BigInt(counter));
  return bytes;
}

/**
 * Who speaks to whom: peer ids, and the sessions of their pages.
 *
 * @typedef {object} Direction
 * @property {string} from
 * @property {string} fromSession
 * @property {string} to
 * @property {string} toSession
 */

/** The keys of one room. */
export class Seal {
  #room;
  #root;
  #salt;

  /**
   * @param {string} room
   * @param {CryptoKey} root
   * @param {Uint8Array<ArrayBuffer>} salt
   * @param {string} gate
   */
  constructor(room, root, salt, gate) {
    this.#room = room;
    this.#root = root;
    this.#salt = salt;
    /** What the server may know of the key: it pins the first gate that it is shown, and lets in who shows the same. @readonly */
    this.gate = gate;
  }

  /**
   * @param {string} room the room's name
   * @param {string} key as in the link
   * @returns {Promise<Seal>}
   * @throws {SealError} if the key is none, or the page is not a secure context (https, or localhost)
   */
  static async of(room, key) {
    if (globalThis.crypto?.subtle === undefined) throw new SealError("encryption needs a page from https or localhost");
    const bytes = fromBase64Url(key);
    if (bytes === null || bytes.length < KEY_BYTES) throw new SealError("the link's key is incomplete");
    const root = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits", "deriveKey"]);
    const salt = new Uint8Array(await crypto.subtle.digest("SHA-256", joined([VERSION, room])));
    const info = joined(["gate"]);
    const gate = await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, root, 256);
    return new Seal(room, root, salt, toBase64Url(new Uint8Array(gate)));
  }

  /**
   * The seal for one direction between two pages.
   *
   * @param {Direction} direction
   * @returns {Promise<DirectedSeal>}
   */
  async directed({ from, fromSession, to, toSession }) {
    const info = joined(["signal", from, fromSession, to, toSession]);
    const key = await crypto.subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt: this.#salt, info },
      this.#root,
      { name: "AES-GCM", length: 256 },
      false,
      ["encrypt", "decrypt"],
    );
    return new DirectedSeal(key, [VERSION, this.#room, from, to, fromSession, toSession]);
  }
}

/** Seals and opens the signals of one direction between two pages. */
export class DirectedSeal {
  #key;
  #bound;

  /**
   * @param {CryptoKey} key
   * @param {string[]} bound what the additional data says besides the counter
   */
  constructor(key, bound) {
    this.#key = key;
    this.#bound = bound;
  }

  /**
   * Seals a value. A counter must be used for one value only, ever.
   *
   * @param {number} counter a whole number above 0
   * @param {unknown} value what JSON can say
   * @returns {Promise<string>} base64url
   */
  async seal(counter, value) {
    const plaintext = padded(encoder.encode(JSON.stringify(value)));
    const sealed = await crypto.subtle.encrypt(this.#algorithm(counter), this.#key, plaintext);
    return toBase64Url(new Uint8Array(sealed));
  }

  /**
   * Opens what `seal` has made at the other end.
   *
   * @param {number} counter
   * @param {string} text
   * @returns {Promise<unknown>}
   * @throws {SealError} if it was made with another key, for somebody else, or changed on the way
   */
  async open(counter, text) {
    const sealed = fromBase64Url(text);
    if (sealed === null) throw new SealError("not base64url");
    let plaintext;
    try {
      plaintext = await crypto.subtle.decrypt(this.#algorithm(counter), this.#key, sealed);
    } catch {
      throw new SealError("not sealed with this room's key for this connection");
    }
    return JSON.parse(decoder.decode(unpadded(new Uint8Array(plaintext))));
  }

  /** @param {number} counter */
  #algorithm(counter) {
    const additionalData = joined([...this.#bound, String(counter)]);
    return { name: "AES-GCM", iv: nonce(counter), additionalData, tagLength: TAG_BITS };
  }
}

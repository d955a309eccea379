import { FileError } from "./errors.js";
import { TypedTarget } from "./events.js";

/** How a file is cut, in bytes: a longer message would hold up everything else on the connection (RFC 8831, section 6.6). */
export const CHUNK_BYTES = 16_384;

/** With more bytes than this in the channel the sender waits; below the second it goes on. Together they keep a fast connection busy, and neither the memory nor the way of other messages full. */
export const HIGH_WATER_BYTES = 1_048_576;
export const LOW_WATER_BYTES = 262_144;

/** The largest file, in bytes. It is put together in the receiver's browser, which has to hold it. */
export const FILE_BYTES = 2 ** 32;

/** So many files may be on offer or on their way from one peer; more are refused unseen. */
export const INCOMING_FILES = 16;

/** The longest name, in characters: with four bytes each, and what is around it, far below what a channel can announce. */
const NAME_LENGTH = 200;

/** So many bytes are read at once, and put together at once. */
const BLOCK_BYTES = 1_048_576;

/** The label of a channel that carries a file. The sender announces the file in the channel's protocol, as JSON. */
export const FILE_LABEL = "file";

/**
 * Words on a file's channel, as text; the file is in the binary messages. The receiver says `accept`, then `done` when it
 * has everything; either side may say `cancel`.
 */
const [ACCEPT, DONE, CANCEL] = ["accept", "done", "cancel"];

/**
 * @typedef {object} SendOptions
 * @property {(progress: { sent: number, size: number }) => void} [onProgress] how many bytes have gone out
 * @property {AbortSignal} [signal] to cancel it
 *
 * @typedef {{ end(error: Error | null): void, readonly isOver: boolean }} Transfer
 */

/** The files from and to one peer over one connection. */
export class Transfers {
  /** @type {Set<Transfer>} */
  #incoming = new Set();
  /** @type {Set<Transfer>} */
  #outgoing = new Set();

  /**
   * Sends a file.
   *
   * @param {RTCDataChannel} channel one of its own, which announces it
   * @param {Blob} file
   * @param {SendOptions} options
   * @returns {Promise<void>} settled when the other side has all of it
   */
  async send(channel, file, options) {
    const outgoing = new OutgoingFile(channel, file, options);
    this.#outgoing.add(outgoing);
    try {
      await outgoing.done;
    } finally {
      this.#outgoing.delete(outgoing);
    }
  }

  /**
   * Takes a channel that the other side has opened.
   *
   * @param {RTCDataChannel} channel
   * @returns {IncomingFile | null} null if it announces no file that could be taken; it is closed then
   */
  receive(channel) {
    const announced = channel.label === FILE_LABEL ? readAnnouncement(channel.protocol) : null;
    if (announced === null || this.#incoming.size >= INCOMING_FILES) {
      channel.close();
      return null;
    }
    const incoming = new IncomingFile(channel, announced);
    this.#incoming.add(incoming);
    incoming.addEventListener("end", () => this.#incoming.delete(incoming));
    return incoming;
  }

  /** The connection is over, and with it whatever was on its way. */
  end() {
    // A connection that we close ourselves does not tell its channels.
    for (const transfer of [...this.#incoming, ...this.#outgoing]) transfer.end(lost());
  }
}

/**
 * What a channel announces of a file.
 *
 * @param {Blob & { name?: string }} file
 * @returns {string}
 * @throws {FileError} `too-large`
 */
export function announcementOf({ name, size, type }) {
  if (size > FILE_BYTES) throw new FileError("too-large", `a file has at most ${FILE_BYTES} bytes`);
  return JSON.stringify({ name: safeName(name ?? ""), size, type: safeType(type) });
}

/**
 * @param {string} text
 * @returns {{ name: string, size: number, type: string } | null} null for what announces no file
 */
function readAnnouncement(text) {
  try {
    const { name, size, type } = JSON.parse(text);
    if (!Number.isSafeInteger(size) || size < 0 || size > FILE_BYTES) return null;
    return { name: safeName(name), size, type: safeType(type) };
  } catch {
    return null;
  }
}

/**
 * A name that is nothing but a name: without a way to another folder, without what file systems refuse, and without
 * characters that are not seen or turn the direction of writing, behind which `exe` can pass for `jpg`.
 *
 * @param {unknown} name
 * @returns {string}
 */
export function safeName(name) {
  const plain = String(name ?? "")
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "")
    .replace(/[<>:"/\\|?*]/g, "_")
    .replace(/^[.\s]+|[.\s]+$/g, "");
  const characters = Array.from(plain);
  if (characters.length <= NAME_LENGTH) return plain || "file";
  // The end says what kind of file it is.
  return [...characters.slice(0, NAME_LENGTH - 50), ...characters.slice(-50)].join("");
}

/**
 * A media type (RFC 2045, section 5.1) without parameters, or nothing.
 *
 * @param {unknown} type
 * @returns {string}
 */
function safeType(type) {
  return /^[\w.+-]{1,100}\/[\w.+-]{1,100}(?=;|$)/.exec(String(type))?.[0].toLowerCase() ?? "";
}

function lost() {
  return new FileError("lost", "the connection ended before all had arrived");
}

/** A file on its way to the other side. */
class OutgoingFile {
  #channel;
  #file;
  #onProgress;
  #signal;
  #sent = 0;
  #started = false;
  /** Goes on when the channel has room again, or never will. */
  #resume = () => {};
  /** @type {() => void} */
  #succeed = () => {};
  /** @type {(error: unknown) => void} */
  #fail = () => {};
  isOver = false;

  /**
   * @param {RTCDataChannel} channel
   * @param {Blob} file
   * @param {SendOptions} options
   */
  constructor(channel, file, { onProgress = () => {}, signal }) {
    this.#channel = channel;
    this.#file = file;
    this.#onProgress = onProgress;
    this.#signal = signal;
    /** @type {Promise<void>} @readonly */
    this.done = new Promise((resolve, reject) => {
      this.#succeed = resolve;
      this.#fail = reject;
    });
    channel.bufferedAmountLowThreshold = LOW_WATER_BYTES;
    channel.onbufferedamountlow = () => this.#drained();
    channel.onmessage = ({ data }) => this.#receive(data);
    channel.onclose = () => this.end(lost());
    signal?.addEventListener("abort", this.#abort);
    if (signal?.aborted) this.#abort();
  }

  #abort = () => this.#cancel(this.#signal?.reason);

  /** @param {unknown} data */
  #receive(data) {
    if (data === ACCEPT && !this.#started) this.#send();
    if (data === DONE && this.#started && this.#sent === this.#file.size) this.end(null);
    if (data === CANCEL) this.end(new FileError("cancelled", "the other side does not want the file"));
  }

  async #send() {
    this.#started = true;
    try {
      while (this.#sent < this.#file.size && !this.isOver) await this.#sendBlock();
    } catch (error) {
      this.#cancel(new FileError("unreadable", String(error)));
    }
  }

  async #sendBlock() {
    const part = this.#file.slice(this.#sent, this.#sent + BLOCK_BYTES);
    const block = new Uint8Array(await part.arrayBuffer());
    if (block.length === 0) throw new Error("the file has become shorter");
    for (let from = 0; from < block.length; from += CHUNK_BYTES) {
      if (this.#channel.bufferedAmount >= HIGH_WATER_BYTES) await this.#room();
      if (this.isOver) return;
      const chunk = block.subarray(from, from + CHUNK_BYTES);
      this.#channel.send(chunk);
      this.#sent += chunk.length;
    }
    this.#tell();
  }

  /** @returns {Promise<void>} */
  #room() {
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  #drained() {
    this.#tell();
    this.#resume();
  }

  #tell() {
    if (!this.isOver) this.#onProgress({ sent: this.#sent - this.#channel.bufferedAmount, size: this.#file.size });
  }

  /** @param {unknown} reason */
  #cancel(reason) {
    if (this.#channel.readyState === "open") this.#channel.send(CANCEL);
    this.end(reason);
  }

  /**
   * It is over.
   *
   * @param {unknown} error null if all is there
   */
  end(error) {
    if (this.isOver) return;
    if (error === null) this.#onProgress({ sent: this.#file.size, size: this.#file.size });
    this.isOver = true;
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#channel.close();
    this.#resume();
    if (error === null) this.#succeed();
    else this.#fail(error);
  }
}

/**
 * @typedef {object} IncomingFileEvents
 * @property {{ received: number, size: number }} progress in bytes
 * @property {{ error: FileError | null }} end it is over, whether accepted or not; null if all is there
 */

/**
 * A file that the other side offers. Nothing of it comes before it is accepted, and never more than was announced.
 *
 * Name and type are the sender's words, if made harmless. Save the file (`download`); do not open it in a page of yours,
 * where an HTML file could do whatever the page can.
 *
 * @extends {TypedTarget<IncomingFileEvents>}
 */
export class IncomingFile extends TypedTarget {
  #channel;
  /** @type {Blob[]} */
  #blocks = [];
  /** @type {ArrayBuffer[]} */
  #chunks = [];
  #received = 0;
  #accepted = false;
  #result;
  /** @type {(file: Blob) => void} */
  #succeed = () => {};
  /** @type {(error: FileError) => void} */
  #fail = () => {};
  isOver = false;

  /**
   * @param {RTCDataChannel} channel
   * @param {{ name: string, size: number, type: string }} announced
   */
  constructor(channel, { name, size, type }) {
    super();
    this.#channel = channel;
    /** Fit to be a file's name. @readonly */
    this.name = name;
    /** In bytes. @readonly */
    this.size = size;
    /** The media type; empty if unknown. @readonly */
    this.type = type;
    /** @type {Promise<Blob>} */
    this.#result = new Promise((resolve, reject) => {
      this.#succeed = resolve;
      this.#fail = reject;
    });
    // Whoever does not accept it need not care for its end.
    this.#result.catch(() => {});
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }) => this.#receive(data);
    channel.onclose = () => this.end(lost());
  }

  /** How many bytes are there. */
  get received() {
    return this.#received;
  }

  /**
   * Has the other side send it.
   *
   * @returns {Promise<Blob>} the whole file
   * @throws {FileError} `cancelled`, `lost`, or `broken` if something else comes than was announced
   */
  accept() {
    if (!this.#accepted && !this.isOver) {
      this.#accepted = true;
      this.#say(ACCEPT);
      this.#finish();
    }
    return this.#result;
  }

  /** Refuses it, or gives it up. */
  cancel() {
    this.#refuse(new FileError("cancelled", "cancelled on this side"));
  }

  /** @param {unknown} data */
  #receive(data) {
    if (this.isOver) return;
    if (data === CANCEL) {
      this.end(new FileError("cancelled", "the other side took it back"));
      return;
    }
    const fits =
      this.#accepted &&
      data instanceof ArrayBuffer &&
      data.byteLength > 0 &&
      this.#received + data.byteLength <= this.size;
    if (fits) this.#take(data);
    else this.#refuse(new FileError("broken", "not what was announced"));
  }

  /** @param {ArrayBuffer} chunk */
  #take(chunk) {
    this.#chunks.push(chunk);
    this.#received += chunk.byteLength;
    // A browser can keep what is in a Blob outside of memory.
    if (this.#chunks.length * CHUNK_BYTES >= BLOCK_BYTES) this.#blocks.push(new Blob(this.#chunks.splice(0)));
    this.emit("progress", { received: this.#received, size: this.size });
    this.#finish();
  }

  #finish() {
    if (this.#received < this.size) return;
    this.#say(DONE);
    this.end(null);
  }

  /** @param {FileError} error */
  #refuse(error) {
    if (this.isOver) return;
    this.#say(CANCEL);
    this.end(error);
  }

  /** @param {string} word */
  #say(word) {
    if (this.#channel.readyState === "open") this.#channel.send(word);
  }

  /**
   * It is over: for the connection to say; whoever uses the file calls `cancel`.
   *
   * @param {FileError | null} error null if all is there
   */
  end(error) {
    if (this.isOver) return;
    this.isOver = true;
    const blocks = [...this.#blocks.splice(0), ...this.#chunks.splice(0)];
    // After the last word the sender closes; nobody else would.
    if (error !== null) this.#channel.close();
    if (error === null) this.#succeed(new Blob(blocks, { type: this.type }));
    else this.#fail(error);
    this.emit("end", { error });
  }
}

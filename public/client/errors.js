/**
 * Why a room could not be joined, or is over. The first six are the server's words (see `ERROR_CODES` in protocol.js),
 * the others the client's own:
 *
 * - `bad-link`: the link is not one to a room
 * - `incomplete-link`: the key after the link's `#` is cut short
 * - `unreachable`: the server did not answer
 * - `unsupported`: this browser has no WebRTC
 * - `left`: `leave` was called before the room was reached
 *
 * @typedef {"replaced" | "removed" | "full" | "unauthorized" | "denied" | "ended"
 *   | "bad-link" | "incomplete-link" | "unreachable" | "unsupported" | "left"} RoomErrorCode
 */

/** An error with a stable `code` for programs; the message is for logs, not for people who call. */
export class RoomError extends Error {
  /**
   * @param {RoomErrorCode} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "RoomError";
    /** @readonly */
    this.code = code;
  }
}

/** A link or room name that cannot be one; `code` is `bad-link`. */
export class LinkError extends RoomError {
  /** @param {string} message */
  constructor(message) {
    super("bad-link", message);
    this.name = "LinkError";
  }
}

/** Encryption is not to be had, or something does not open; `code` is `sealed`. */
export class SealError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "SealError";
    /** @readonly */
    this.code = "sealed";
  }
}

/** A signal could not be taken or understood; `code` is `overflow` where too many are on their way. */
export class CourierError extends Error {
  /**
   * @param {string} message
   * @param {"overflow" | "plain" | "sealed"} [code] `plain`: not sealed though the link has a key; `sealed`: the other way round
   */
  constructor(message, code = "overflow") {
    super(message);
    this.name = "CourierError";
    /** @readonly */
    this.code = code;
  }
}

/**
 * A message was refused:
 *
 * - `not-json`: JSON cannot say it
 * - `too-large`: it is longer than `MESSAGE_BYTES`
 * - `overflow`: `QUEUE_BYTES` wait for the peer already, or would with this one
 * - `closed`: the peer is gone
 *
 * @typedef {"not-json" | "too-large" | "overflow" | "closed"} MessageErrorCode
 */

/** A message was refused; `code` says why. */
export class MessageError extends Error {
  /**
   * @param {MessageErrorCode} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "MessageError";
    /** @readonly */
    this.code = code;
  }
}

/**
 * A file did not get through:
 *
 * - `not-connected`: there is no connection to send it over now
 * - `too-large`: it has more than `FILE_BYTES`
 * - `cancelled`: by the person at the other side, or by whoever gets it
 * - `lost`: the connection ended, and with it the transfer
 * - `unreadable`: the file cannot be read, or not any more
 * - `broken`: something else came than was announced
 *
 * @typedef {"not-connected" | "too-large" | "cancelled" | "lost" | "unreadable" | "broken"} FileErrorCode
 */

/** A file did not get through; `code` says why. */
export class FileError extends Error {
  /**
   * @param {FileErrorCode} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "FileError";
    /** @readonly */
    this.code = code;
  }
}

/** Verification came to no result, which proves nothing, or found something wrong; `code` is `unverified`. */
export class VerificationError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "VerificationError";
    /** @readonly */
    this.code = "unverified";
  }
}

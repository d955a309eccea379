/**
 * The wire protocol, version 1: JSON text frames over one WebSocket. docs/protocol.md describes it in prose.
 *
 * @typedef {object} PeerInfo
 * @property {string} id 10 characters, made by the server, unique in the room
 * @property {boolean} away its connection is lost, its seat is kept
 *
 * @typedef {object} IceServer an `RTCIceServer` as the server sends it
 * @property {string[]} urls
 * @property {string} [username]
 * @property {string} [credential]
 *
 * @typedef {object} Limits
 * @property {number} messageBytes the longest frame in bytes; a longer one ends the connection
 * @property {number} messagesPerSecond
 * @property {number} graceSeconds how long the seat of a lost connection is kept
 * @property {number} pingSeconds how often to send `ping`
 *
 * @typedef {object} WelcomeFrame the first frame of somebody who is in
 * @property {"welcome"} type
 * @property {string} self our own peer id
 * @property {string} resume the token that proves who we were, for the next connection
 * @property {boolean} resumed whether we are who we were
 * @property {string} host peer id
 * @property {{ name: string, capacity: number, locked: boolean }} room
 * @property {PeerInfo[]} peers the others, oldest first
 * @property {IceServer[]} iceServers
 * @property {number} [iceSeconds] how long their credentials last, where they do not last for ever
 * @property {Limits} limits
 *
 * @typedef {{ type: "joined", peer: string }} JoinedFrame somebody took a seat
 * @typedef {{ type: "away", peer: string }} AwayFrame its connection was lost, its seat is kept
 * @typedef {{ type: "back", peer: string }} BackFrame the same peer on a new connection
 * @typedef {{ type: "left", peer: string, reason: LeaveReason }} LeftFrame
 * @typedef {"bye" | "timeout" | "removed"} LeaveReason
 * @typedef {{ type: "signal", from: string, data: unknown }} SignalFrame a relayed signal
 * @typedef {{ type: "undelivered", to: string, ref?: unknown, reason: "away" | "unknown" }} UndeliveredFrame
 * @typedef {{ type: "host", peer: string }} HostFrame who is host now
 * @typedef {{ type: "locked", locked: boolean }} LockedFrame
 * @typedef {{ type: "waiting" }} WaitingFrame the room is locked, the host has been asked
 * @typedef {{ type: "knock", peer: string }} KnockFrame to the host
 * @typedef {{ type: "knockEnded", peer: string }} KnockEndedFrame to the host
 * @typedef {{ type: "ice", iceServers: IceServer[], iceSeconds?: number }} IceFrame fresh ICE servers
 * @typedef {{ type: "error", code: string, message: string }} ErrorFrame what was wrong, or why the socket closes
 *
 * @typedef {WelcomeFrame | JoinedFrame | AwayFrame | BackFrame | LeftFrame | SignalFrame | UndeliveredFrame | HostFrame
 *   | LockedFrame | WaitingFrame | KnockFrame | KnockEndedFrame | IceFrame | ErrorFrame} ServerFrame
 *
 * @typedef {{ type: "signal", to?: string, data: unknown, ref?: string | number }} ClientSignal without `to`, to everybody
 * @typedef {{ type: "bye" | "ice" | "end" } | { type: "check" | "remove" | "admit" | "deny", peer: string }
 *   | { type: "lock", locked: boolean } | ClientSignal} ClientFrame
 */

/** The subprotocol a client offers, and the only one the server ever echoes. */
export const SUBPROTOCOL = "switchboard.v1";

/** Sent as text every `limits.pingSeconds`; the runtime answers without waking the room. */
export const PING = "ping";

/** The answer to `PING`. */
export const PONG = "pong";

/** Why the server closes a connection: each word is an `error` code as well as a close code (RFC 6455, 7.4.2: private use). */
export const CLOSE_CODES = Object.freeze({
  /** this peer connected elsewhere */
  replaced: 4001,
  /** the host removed this peer */
  removed: 4002,
  /** no seat is free */
  full: 4003,
  /** the gate or the join token is missing or wrong */
  unauthorized: 4004,
  /** the host did not let this peer in */
  denied: 4005,
  /** the host ended the call for everybody */
  ended: 4006,
  "too-many-messages": 4008,
  "too-large": 4009,
  malformed: 4010,
});

/** The code a client closes with when it opens another connection: a clean close, or 1001, would mean that it leaves. */
export const CLOSE_RECONNECTING = 4100;

/** A normal closure (RFC 6455, 7.4.1), which means that the peer leaves. */
export const CLOSE_BYE = 1000;

/** The close codes after which a client must not connect again by itself. */
export const FINAL_CLOSE_CODES = Object.freeze(
  /** @type {const} */ (["replaced", "removed", "full", "unauthorized", "denied", "ended"]),
);

/** Every code an `error` frame can have: the words of the close codes, and what is only said, without closing. */
export const ERROR_CODES = Object.freeze([...Object.keys(CLOSE_CODES), "not-host"]);

/** @typedef {typeof FINAL_CLOSE_CODES[number]} FinalReason */

/**
 * The word for a close code after which the connection is over for good.
 *
 * @param {number} code
 * @returns {FinalReason | null} null for any other code: reconnect
 */
export function finalReason(code) {
  return FINAL_CLOSE_CODES.find((word) => CLOSE_CODES[word] === code) ?? null;
}

/**
 * Whether an `error` frame with this code is the last word.
 *
 * @param {string} code
 * @returns {code is FinalReason}
 */
export function isFinal(code) {
  return FINAL_CLOSE_CODES.some((word) => word === code);
}

/**
 * Whether this can be a room's name: 1 to 64 letters of ASCII, digits, `-` or `_`.
 *
 * @param {string} name
 * @returns {boolean}
 */
export function isRoomName(name) {
  return /^[A-Za-z0-9_-]{1,64}$/.test(name);
}

const isString = (/** @type {unknown} */ value) => typeof value === "string";
const isBoolean = (/** @type {unknown} */ value) => typeof value === "boolean";
const isNumber = (/** @type {unknown} */ value) => typeof value === "number";
const isNumberOrAbsent = (/** @type {unknown} */ value) => value === undefined || isNumber(value);
const isPresent = (/** @type {unknown} */ value) => value !== undefined;

/** @typedef {(value: unknown) => boolean} Check */

/** @param {Check} item */
const arrayOf = (item) => (/** @type {unknown} */ value) => Array.isArray(value) && value.every(item);

/** @param {string[]} words */
const oneOf =
  (...words) =>
  (/** @type {unknown} */ value) =>
    isString(value) && words.includes(/** @type {string} */ (value));

/** @param {Record<string, Check>} fields */
const shape = (fields) => (/** @type {unknown} */ value) =>
  typeof value === "object" &&
  value !== null &&
  Object.entries(fields).every(([name, check]) => check(/** @type {Record<string, unknown>} */ (value)[name]));

const iceServers = arrayOf(shape({ urls: arrayOf(isString) }));
const aboutPeer = shape({ peer: isString });

/**
 * What a frame of each type must carry. Fields it does not name are let through, as the protocol asks.
 *
 * @type {Record<ServerFrame["type"], Check>}
 */
const SERVER_FRAMES = {
  welcome: shape({
    self: isString,
    resume: isString,
    resumed: isBoolean,
    host: isString,
    room: shape({ name: isString, capacity: isNumber, locked: isBoolean }),
    peers: arrayOf(shape({ id: isString, away: isBoolean })),
    iceServers,
    iceSeconds: isNumberOrAbsent,
    limits: shape({
      messageBytes: isNumber,
      messagesPerSecond: isNumber,
      graceSeconds: isNumber,
      pingSeconds: isNumber,
    }),
  }),
  joined: aboutPeer,
  away: aboutPeer,
  back: aboutPeer,
  left: shape({ peer: isString, reason: oneOf("bye", "timeout", "removed") }),
  signal: shape({ from: isString, data: isPresent }),
  undelivered: shape({ to: isString, reason: oneOf("away", "unknown") }),
  host: aboutPeer,
  locked: shape({ locked: isBoolean }),
  waiting: shape({}),
  knock: aboutPeer,
  knockEnded: aboutPeer,
  ice: shape({ iceServers, iceSeconds: isNumberOrAbsent }),
  error: shape({ code: isString, message: isString }),
};

/**
 * Reads a frame from the server.
 *
 * @param {string} text
 * @returns {ServerFrame | null} null for what is not JSON, of an unknown type (a newer server's) or lacks a field: such
 *   a frame is to be ignored
 */
export function parseServerFrame(text) {
  const frame = parseJson(text);
  if (!shape({ type: isString })(frame)) return null;
  const { type } = /** @type {ServerFrame} */ (frame);
  if (!Object.hasOwn(SERVER_FRAMES, type) || !SERVER_FRAMES[type](frame)) return null;
  return /** @type {ServerFrame} */ (frame);
}

/**
 * @param {string} text
 * @returns {unknown} undefined if it is not JSON
 */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { LinkError } from "./errors.js";
import { isRoomName } from "./protocol.js";

/**
 * A link to a room, taken apart.
 *
 * @typedef {object} RoomLink
 * @property {string} origin such as `https://call.example`
 * @property {string} room the room's name
 * @property {string} fragment what follows `#`, kept exactly as it was, up to `&token=`; empty if there is none. It never
 *   reaches a server
 * @property {string} [token] the join token that came behind `&token=`. It is whoever's link this is, so `makeLink` leaves it out
 */

const TOKEN = /^(.*)&token=([\w.-]+)$/;
const PATH = /^\/r\/([^/]*)\/?$/;

/**
 * Takes a link apart: `https://HOST/r/ROOM`, the same without `https://`, or a room's bare name where `base` says on
 * which server.
 *
 * @param {string | URL} text
 * @param {string} [base] a URL on the server that a bare name or a bare path belongs to
 * @returns {RoomLink}
 * @throws {LinkError} if it is no link to a room, or the name is not `[A-Za-z0-9_-]{1,64}`
 */
export function parseLink(text, base) {
  const trimmed = String(text).trim();
  const url = parseUrl(isRoomName(trimmed) ? `/r/${trimmed}` : withScheme(trimmed), base);
  const room = PATH.exec(url.pathname)?.[1];
  if (room === undefined) throw new LinkError("the path of a link to a room is /r/ROOM");
  if (!isRoomName(room)) throw new LinkError("a room's name is 1 to 64 letters, digits, - or _");
  const [, before = url.hash.slice(1), token] = TOKEN.exec(url.hash.slice(1)) ?? [];
  return { origin: url.origin, room, fragment: before, ...(token !== undefined && { token }) };
}

/**
 * Puts a link together.
 *
 * @param {Pick<RoomLink, "origin" | "room" | "fragment">} link
 * @returns {string}
 * @throws {LinkError} if the name is not `[A-Za-z0-9_-]{1,64}`
 */
export function makeLink({ origin, room, fragment }) {
  if (!isRoomName(room)) throw new LinkError("a room's name is 1 to 64 letters, digits, - or _");
  return `${origin}/r/${room}${fragment === "" ? "" : `#${fragment}`}`;
}

/**
 * The address of the room's WebSocket: `wss:` where the page is `https:`, else `ws:`.
 *
 * @param {RoomLink} link
 * @returns {string}
 */
export function socketUrl({ origin, room }) {
  return `${origin.replace(/^http/, "ws")}/api/rooms/${room}/socket`;
}

/**
 * People paste links without a scheme, as phones show them.
 *
 * @param {string} text
 */
function withScheme(text) {
  return /^[\w.-]+(:\d+)?\/r\//.test(text) ? `https://${text}` : text;
}

/**
 * @param {string} text
 * @param {string | undefined} base
 */
function parseUrl(text, base) {
  try {
    const url = new URL(text, base);
    if (/^https?:$/.test(url.protocol)) return url;
  } catch {
    // Told below: what the platform says about it is not for those who pasted a link.
  }
  throw new LinkError("not a link");
}

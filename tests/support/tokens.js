import { createHmac } from "node:crypto";

/** @param {string | Buffer} bytes */
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");

/**
 * A JSON Web Token, well made or not: header and payload may be any text.
 *
 * @param {string | object} payload
 * @param {{ secret: string, header?: string | object, hash?: string }} options
 */
export function jwt(payload, { secret, header = { alg: "HS256", typ: "JWT" }, hash = "sha256" }) {
  const part = (/** @type {string | object} */ value) =>
    base64url(typeof value === "string" ? value : JSON.stringify(value));
  const signed = `${part(header)}.${part(payload)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest("base64url")}`;
}

/** The time in seconds, as tokens tell it. */
export const seconds = () => Math.floor(Date.now() / 1000);

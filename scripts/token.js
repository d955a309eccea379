// `npm run token -- --room R --minutes 60 [--host] [--peer ID]`: a join token, signed with JOIN_SECRET from the environment or from
// .dev.vars. An application makes its own: docs/deploying.md shows how.

import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { parseArgs, parseEnv } from "node:util";
import { main, Problem, root } from "./setup.js";

const USAGE =
  "npm run token -- --room ROOM [--minutes 60] [--host] [--peer ID]; ROOM may end in * to stand for all that begin so";

await main(() => {
  const { room, minutes, host, peer } = options();
  if (!/^[A-Za-z0-9_-]{1,64}$|^[A-Za-z0-9_-]{0,63}\*$/.test(room))
    throw new Problem(`--room is missing, or is no room's name: ${USAGE}`);
  if (!(minutes > 0 && minutes < Infinity)) throw new Problem(`--minutes is a number above 0: ${USAGE}`);
  if (peer !== undefined && !/^[A-Za-z0-9_-]{10}$/.test(peer))
    throw new Problem("--peer is 10 of the characters A-Z a-z 0-9 _ -");
  const exp = Math.floor(Date.now() / 1000) + Math.round(minutes * 60);
  console.log(sign({ room, exp, ...(host && { host }), ...(peer !== undefined && { peer }) }, secret()));
});

function options() {
  const named = /** @type {const} */ ({
    room: { type: "string", default: "" },
    minutes: { type: "string", default: "60" },
    host: { type: "boolean", default: false },
    peer: { type: "string" },
  });
  try {
    const { values } = parseArgs({ options: named });
    return { ...values, minutes: Number(values.minutes) };
  } catch (error) {
    throw new Problem(`${error instanceof Error ? error.message : error}: ${USAGE}`);
  }
}

/** @returns {string} */
function secret() {
  const file = path.join(root, ".dev.vars");
  const kept = existsSync(file) ? parseEnv(readFileSync(file, "utf8")).JOIN_SECRET : undefined;
  // The worker, too, takes it without the spaces around it.
  const secret = (process.env.JOIN_SECRET || kept)?.trim();
  if (!secret) {
    throw new Problem(
      "there is no JOIN_SECRET in the environment or in .dev.vars; a good one: openssl rand -base64 32. The worker needs the same: npx wrangler secret put JOIN_SECRET",
    );
  }
  return secret;
}

/**
 * A JSON Web Token (RFC 7519) with HMAC-SHA-256.
 *
 * @param {object} claims
 * @param {string} secret
 */
function sign(claims, secret) {
  const part = (/** @type {object} */ value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

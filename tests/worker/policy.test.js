// What other sites may do with the API and the pages, and how often one address may ask.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { addressKey } from "../../src/edge/limits.js";
import { freshRoom, Peer } from "../support/peer.js";
import { startServer } from "../support/server.js";
import { expectClosedWith, expectNothingMore, one } from "./support.js";

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const APP = "https://app.example";
const EVIL = "https://evil.example";
const GATE = "Qm9iJ3MtZ2F0ZQ";

/** What of an answer's headers is about other sites. @param {Response} response */
const sharing = ({ headers }) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-") || name === "vary"));

describe("pages of other sites", () => {
  /** @type {import("../support/server.js").Server} */
  let server;
  before(async () => {
    server = await startServer({ vars: { ALLOWED_ORIGINS: APP } });
  });
  after(() => server.stop());

  test("may read what the API says if they are allowed, and not otherwise", async (t) => {
    const [call] = await one(t, server, { gate: GATE });
    const readable = {
      vary: "Origin",
      "access-control-allow-origin": APP,
      "access-control-expose-headers": "retry-after",
    };
    /** @type {[string, string, number][]} */
    const requests = [
      ["POST", "/api/rooms", 201],
      ["GET", `/api/rooms/${call.room}`, 401],
      ["HEAD", `/api/rooms/${freshRoom()}`, 200],
      ["GET", "/api/rooms/a.b", 400],
      ["DELETE", "/api/rooms", 405],
      ["GET", "/api/health", 200],
      ["GET", "/api/nothing", 404],
    ];
    for (const [method, where, status] of requests) {
      for (const [origin, expected] of /** @type {const} */ ([
        [APP, readable],
        [EVIL, { vary: "Origin" }],
        [undefined, { vary: "Origin" }],
      ])) {
        /** @type {Record<string, string>} */
        const headers = origin === undefined ? {} : { origin };
        const response = await fetch(`${server.url}${where}`, { method, headers });
        await response.arrayBuffer();
        assert.equal(response.status, status, where);
        assert.deepEqual(sharing(response), expected, `${method} ${where} ${origin}`);
      }
    }
    const authorized = await fetch(`${server.url}/api/rooms/${call.room}`, {
      headers: { origin: APP, authorization: `Gate ${GATE}` },
    });
    assert.equal(authorized.status, 200);
    assert.equal((await authorized.json()).present, 1);
  });

  test("are told in advance what they may send, if they are allowed", async () => {
    for (const where of ["/api/rooms", `/api/rooms/${freshRoom()}`, "/api/health"]) {
      const ask = (/** @type {string} */ origin) =>
        fetch(`${server.url}${where}`, {
          method: "OPTIONS",
          headers: {
            origin,
            "access-control-request-method": "GET",
            "access-control-request-headers": "authorization",
          },
        });
      const allowed = await ask(APP);
      assert.equal(allowed.status, 204);
      assert.deepEqual(sharing(allowed), {
        vary: "Origin",
        "access-control-allow-origin": APP,
        "access-control-allow-methods": "GET, HEAD, POST",
        "access-control-allow-headers": "authorization, content-type",
        "access-control-max-age": "7200",
      });
      const refused = await ask(EVIL);
      assert.equal(refused.status, 405);
      assert.deepEqual(sharing(refused), { vary: "Origin" });
      await refused.arrayBuffer();
    }
  });

  test("cannot make anything of the API's answers but what they are", async () => {
    for (const [method, where] of [
      ["GET", "/api/health"],
      ["POST", "/api/rooms"],
      ["GET", `/api/rooms/${freshRoom()}`],
      ["GET", "/api/nothing"],
    ]) {
      const response = await fetch(`${server.url}${where}`, { method });
      await response.arrayBuffer();
      const kept = ["x-content-type-options", "referrer-policy", "content-security-policy", "cache-control"];
      assert.deepEqual(
        kept.map((name) => response.headers.get(name)),
        ["nosniff", "no-referrer", "default-src 'none'; frame-ancestors 'none'", "no-store"],
        where,
      );
    }
  });
});

describe("an address that asks too often", () => {
  test("is told to wait, whether it makes rooms or joins them", async (t) => {
    const server = await startServer({ vars: { RATE_LIMITS: "on" } });
    t.after(() => server.stop());
    /** The header in which the platform says who asks. @param {string} address @returns {Record<string, string>} */
    const from = (address) => ({ "cf-connecting-ip": address });
    /** Asks until it is refused, and from the next minute on again: the windows are those of the clock. @param {() => Promise<{ status: number, retry: unknown }>} ask @param {number} limit */
    const exhaust = async (ask, limit) => {
      for (let n = 0; n <= 2 * limit; n += 1) {
        const { status, retry } = await ask();
        if (status === 429) {
          assert(n >= limit, `refused after ${n}`);
          assert.equal(retry, "60");
          return;
        }
      }
      assert.fail("never refused");
    };
    await exhaust(async () => {
      const response = await fetch(`${server.url}/api/rooms`, { method: "POST", headers: from("192.0.2.7") });
      const body = await response.json();
      if (response.status === 429) assert.equal(body.error.code, "too-many-requests");
      return { status: response.status, retry: response.headers.get("retry-after") };
    }, 30);
    await exhaust(async () => {
      const { status, headers, body } = await Peer.refused(server, freshRoom(), {
        protocols: [],
        headers: from("192.0.2.7"),
      });
      if (status === 429) assert.equal(body.error.code, "too-many-requests");
      return { status, retry: headers["retry-after"] };
    }, 300);
    // Neither another address nor this machine is told so.
    for (const headers of [from("192.0.2.8"), {}, from("::1")]) {
      const response = await fetch(`${server.url}/api/rooms`, { method: "POST", headers });
      assert.equal(response.status, 201);
    }
    // Reading is not counted.
    assert.equal((await fetch(`${server.url}/api/rooms/${freshRoom()}`)).status, 200);
    assert.match(server.logs(), /\{"event":"refused","reason":"too-many-requests"\}/);
  });

  test("is known by its first 64 bits if it is of IPv6", () => {
    for (const [address, key] of /** @type {const} */ ([
      ["192.0.2.7", "192.0.2.7"],
      ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
      ["2001:db8::1", "2001:db8:0:0"],
      ["2001:db8:1:2::", "2001:db8:1:2"],
      ["1::2:3:4:5:6", "1:0:0:2"],
      ["::1", "0:0:0:0"],
      ["::", "0:0:0:0"],
    ])) {
      assert.equal(addressKey(address), key);
    }
  });
});

test("a room whose gate is guessed lets nobody guess on, and goes on for those who are in", async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const [call, a] = await one(t, server, { gate: GATE });
  const status = async (/** @type {string | undefined} */ gate) => {
    /** @type {Record<string, string>} */
    const headers = gate === undefined ? {} : { authorization: `Gate ${gate}` };
    const response = await fetch(`${server.url}/api/rooms/${call.room}`, { headers });
    await response.arrayBuffer();
    return [response.status, response.headers.get("retry-after")];
  };
  for (let n = 0; n < 15; n += 1) {
    assert.deepEqual(await status(`wrong${n}`), [401, null]);
    await expectClosedWith(await call.open({ gate: `wrong-${n}` }), 4004, "unauthorized");
  }
  // The right one is not looked at either; who shows none guesses nothing.
  assert.deepEqual(await status(GATE), [429, "60"]);
  assert.deepEqual(await status(undefined), [401, null]);
  await expectClosedWith(await call.open({ gate: GATE }), 4008, "too-many-messages");
  // Who has been in comes back.
  a.lose();
  const back = await call.join({ gate: GATE, resume: a.resume });
  assert.equal(back.id, a.id);
  await expectNothingMore(back);
});

test("the pages may be shown in the frames of those sites that the build was told of", () => {
  const build = (/** @type {string} */ origins) =>
    spawnSync(process.execPath, ["scripts/assets.js"], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, EMBED_ORIGINS: origins },
    });
  const policy = () => {
    const headers = readFileSync(path.join(root, "build", "public", "_headers"), "utf8");
    return /frame-ancestors [^;]*/.exec(headers)?.[0];
  };
  try {
    assert.equal(build(`${APP}, http://localhost:3000`).status, 0);
    assert.equal(policy(), `frame-ancestors ${APP} http://localhost:3000`);
    for (const wrong of ["app.example", `${APP}/path`, "*", "javascript:alert(1)"]) {
      const { status, stderr } = build(wrong);
      assert.deepEqual([status, /EMBED_ORIGINS is set wrongly/.test(stderr)], [1, true], wrong);
    }
  } finally {
    assert.equal(build("").status, 0);
  }
  assert.equal(policy(), "frame-ancestors 'none'");
});

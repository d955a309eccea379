// Credentials for TURN servers: of the operator's own server, and of Cloudflare's service, for which another stands in that
// answers well, slowly, wrongly or not at all.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { freshRoom, Peer } from "../support/peer.js";
import { startServer } from "../support/server.js";
import { expectClosedWith, expectNothingMore, one, two, until } from "./support.js";

/** @typedef {import("node:test").TestContext} TestContext */

const STUN = { urls: ["stun:stun.cloudflare.com:3478"] };
const KEY = "0123456789abcdef";
const TOKEN = "recognisable-api-token";

/** What a welcome may be delayed by, in milliseconds. */
const DELAY_MS = 1_000;

/** The service's answer, as its documentation has it, for one user. @param {string} username */
const answerFor = (username) => ({
  iceServers: [
    { urls: ["stun:stun.cloudflare.com:3478", "stun:stun.cloudflare.com:53"] },
    {
      urls: [
        "turn:turn.cloudflare.com:3478?transport=udp",
        "turn:turn.cloudflare.com:53?transport=udp",
        "turns:turn.cloudflare.com:5349?transport=tcp",
      ],
      username,
      credential: "credential",
    },
  ],
});

/** What a member gets of that. @param {string} username */
const relayOf = (username) => ({
  urls: ["turn:turn.cloudflare.com:3478?transport=udp", "turns:turn.cloudflare.com:5349?transport=tcp"],
  username,
  credential: "credential",
});

/**
 * Something that stands where Cloudflare's service would be.
 *
 * @param {TestContext} t
 * @param {(response: import("node:http").ServerResponse, nth: number) => void} answer
 */
async function standIn(t, answer) {
  /** @type {{ method?: string, url?: string, authorization?: string, body: string }[]} */
  const asked = [];
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    asked.push({ method, url, authorization: headers.authorization, body: await text(request) });
    answer(response, asked.length);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert(address && typeof address === "object");
  return { asked, url: `http://127.0.0.1:${address.port}` };
}

/**
 * A worker that asks the stand-in.
 *
 * @param {TestContext} t
 * @param {(response: import("node:http").ServerResponse, nth: number) => void} answer
 * @param {Record<string, string>} [vars]
 */
async function withService(t, answer, vars = {}) {
  const service = await standIn(t, answer);
  const server = await startServer({
    vars: {
      CLOUDFLARE_TURN_KEY_ID: KEY,
      CLOUDFLARE_TURN_API_TOKEN: TOKEN,
      CLOUDFLARE_TURN_ENDPOINT: service.url,
      ...vars,
    },
  });
  t.after(() => server.stop());
  return { ...service, server };
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {unknown} body
 */
function created(response, body) {
  response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/**
 * Joins, and looks how long that took.
 *
 * @param {TestContext} t
 * @param {import("../support/server.js").Server} server
 */
async function timed(t, server) {
  const start = performance.now();
  const [, peer] = await one(t, server);
  return { peer, took: performance.now() - start };
}

describe("a TURN server of the operator's own", () => {
  const vars = { TURN_URLS: "turn:turn.example:3478", TURN_SECRET: "north", TURN_TTL_SECONDS: "600" };

  /**
   * The second of a member's servers is what coturn takes from it.
   *
   * @param {any} frame
   * @param {Peer} peer
   * @param {[number, number]} between what times the frame was made, in milliseconds
   */
  const assertCredentials = (frame, peer, [earliest, latest]) => {
    const [, { username }] = frame.iceServers;
    const [expires, name] = username.split(":");
    assert.equal(name, peer.id);
    assert(Number(expires) >= Math.floor(earliest / 1000) + 600 && Number(expires) <= latest / 1000 + 600, username);
    const credential = createHmac("sha1", "north").update(username).digest("base64");
    assert.deepEqual(frame.iceServers, [STUN, { urls: ["turn:turn.example:3478"], username, credential }]);
    assert.equal(frame.iceSeconds, 600);
  };

  test("members get credentials that the server can check, in the welcome and when they ask", async (t) => {
    const server = await startServer({ vars });
    t.after(() => server.stop());
    const start = Date.now();
    const [, a, b] = await two(t, server);
    assertCredentials(a.welcome, a, [start, Date.now()]);
    assertCredentials(b.welcome, b, [start, Date.now()]);
    const later = Date.now();
    a.send({ type: "ice" });
    const frame = await a.next();
    assert.deepEqual(Object.keys(frame), ["type", "iceServers", "iceSeconds"]);
    assertCredentials(frame, a, [later, Date.now()]);
    await expectNothingMore(a, b);
  });

  test("who may not join gets none", async (t) => {
    const server = await startServer({ vars: { ...vars, ROOM_CAPACITY: "2" } });
    t.after(() => server.stop());
    const [call, , b] = await two(t, server, { gate: "abc" });
    const wrong = await call.open({ gate: "abd" });
    await expectClosedWith(wrong, 4004, "unauthorized");
    const late = await call.open({ gate: "abc" });
    await expectClosedWith(late, 4003, "full");
    for (const peer of [wrong, late]) assert(!peer.texts.join().includes("turn:"));
    await expectNothingMore(b);
  });
});

describe("Cloudflare's service", () => {
  test("gives members relays without port 53, and is asked once for all of them", async (t) => {
    const { server, asked } = await withService(t, (response, nth) => created(response, answerFor(`user-${nth}`)));
    const [, a, b] = await two(t, server);
    const [, c] = await one(t, server);
    for (const { welcome } of [a, b, c]) {
      assert.deepEqual(welcome.iceServers, [STUN, relayOf("user-1")]);
      assert(welcome.iceSeconds > 86_300 && welcome.iceSeconds <= 86_400, `${welcome.iceSeconds}`);
    }
    a.send({ type: "ice" });
    const frame = await a.next();
    assert.deepEqual(frame, { type: "ice", iceServers: [STUN, relayOf("user-1")], iceSeconds: frame.iceSeconds });
    assert.deepEqual(asked, [
      {
        method: "POST",
        url: `/v1/turn/keys/${KEY}/credentials/generate-ice-servers`,
        authorization: `Bearer ${TOKEN}`,
        body: '{"ttl":86400}',
      },
    ]);
    await expectNothingMore(a, b, c);
    assert(!server.logs().includes(TOKEN));
  });

  test("is asked by a room that has hibernated only if what was given out is not fresh", async (t) => {
    const { server, asked } = await withService(t, (response, nth) => created(response, answerFor(`user-${nth}`)));
    const [call, a] = await one(t, server);
    await server.evict(call.room);
    a.send({ type: "ice" });
    const { iceServers } = await a.next();
    assert.deepEqual(iceServers, [STUN, relayOf("user-1")]);
    assert.equal(asked.length, 1);
    await expectNothingMore(a);
  });

  test("is not asked for those who may not join", async (t) => {
    const { server, asked } = await withService(t, (response) => created(response, answerFor("user")));
    await Peer.refused(server, freshRoom(), { headers: { origin: "https://evil.example" } });
    await Peer.refused(server, freshRoom(), { protocols: [] });
    await fetch(`${server.url}/api/rooms/${freshRoom()}`);
    assert.deepEqual(asked, []);
  });

  test("that is slow delays no welcome by more than a second, and tells when it has answered", async (t) => {
    /** @type {(() => void)[]} */
    const held = [];
    const { server } = await withService(t, (response) => held.push(() => created(response, answerFor("late"))));
    const first = await timed(t, server);
    assert(first.took < DELAY_MS + 500, `${first.took} ms`);
    assert.deepEqual(first.peer.welcome.iceServers, [STUN]);
    assert.equal(first.peer.welcome.iceSeconds, undefined);
    // Nobody waits twice for what does not come.
    const second = await timed(t, server);
    assert(second.took < DELAY_MS / 2, `${second.took} ms`);
    assert.deepEqual(second.peer.welcome.iceServers, [STUN]);
    await expectNothingMore(first.peer, second.peer);
    for (const answer of held) answer();
    // The next one profits from it.
    await until(async () => {
      const { peer } = await timed(t, server);
      return peer.welcome.iceServers.length === 2;
    });
    assert.match(server.logs(), /"in":"relays","message":"Cloudflare's TURN service: no answer within \d+ ms"/);
  });

  /** @type {[string, (response: import("node:http").ServerResponse) => void, RegExp][]} */
  const failures = [
    ["fails", (response) => response.writeHead(500).end("quoted"), /status 500/],
    ["refuses the token", (response) => response.writeHead(401).end("quoted"), /status 401/],
    [
      "sends us elsewhere",
      (response) => response.writeHead(307, { location: "http://127.0.0.1:9/quoted" }).end(),
      /status (307|500)/,
    ],
    ["answers with garbage", (response) => response.writeHead(201).end("<html>quoted"), /the answer is not/],
    ["answers with no servers", (response) => created(response, { iceServers: [] }), /no relay in the answer/],
    [
      "answers with no credentials",
      (response) => created(response, { iceServers: [{ urls: ["turn:t"] }] }),
      /needs a username/,
    ],
    ["answers without end", (response) => response.writeHead(201).end("[".repeat(1_000_000)), /too long/],
    ["hangs up", (response) => response.destroy(), /TURN service: /],
  ];
  for (const [how, answer, logged] of failures) {
    test(`that ${how} leaves a join with STUN, and is logged`, async (t) => {
      const { server, asked } = await withService(t, answer);
      const [, a, b] = await two(t, server);
      for (const { welcome } of [a, b]) {
        assert.deepEqual([welcome.iceServers, welcome.iceSeconds], [[STUN], undefined]);
      }
      a.send({ type: "ice" });
      await a.expect({ type: "ice", iceServers: [STUN] });
      a.send({ type: "signal", to: b.id, data: 1 });
      await b.expect({ type: "signal", from: a.id, data: 1 });
      await expectNothingMore(a, b);
      assert.equal(asked.length, 1, "it is left alone for a while");
      assert.match(server.logs(), logged);
      assert.doesNotMatch(server.logs(), /quoted|recognisable/);
    });
  }

  test("is not impersonated by a header from outside", async (t) => {
    const { server } = await withService(t, (response) => response.writeHead(500).end());
    const forged = '9000000000000000 9000000000000000 {"urls":["turn:evil.example"],"username":"u","credential":"c"}';
    const [, peer] = await one(t, server, { headers: { "switchboard-relays": forged } });
    assert.deepEqual(peer.welcome.iceServers, [STUN]);
    await expectNothingMore(peer);
  });
});

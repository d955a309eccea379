// Every endpoint and status of the protocol's HTTP table, and the pages.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { freshRoom, Peer } from "../support/peer.js";
import { startServer } from "../support/server.js";
import { bye, expectClosedWith, expectNothingMore, lose, one, two } from "./support.js";

/** @typedef {import("../support/server.js").Server} Server */

const GATE = "Qm9iJ3MtZ2F0ZQ";
const EVIL = "https://evil.example";
const cargo = readFileSync(new URL("../../Cargo.toml", import.meta.url), "utf8");
const version = /^version = "([^"]+)"$/m.exec(cargo)?.[1];

/**
 * Asks, and gives the answer with its body as JSON.
 *
 * @param {Server} server
 * @param {string} path
 * @param {RequestInit} [init]
 */
async function ask(server, path, init) {
  const response = await fetch(`${server.url}${path}`, { redirect: "manual", ...init });
  const text = await response.text();
  assert.equal(response.headers.get("content-type"), "application/json", text);
  assert.equal(response.headers.get("cache-control"), "no-store");
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}

/**
 * The body is an error with this code and some message.
 *
 * @param {any} body
 * @param {string} code
 */
function assertError(body, code) {
  const message = body?.error?.message;
  assert.equal(typeof message, "string");
  assert.notEqual(message, "");
  assert.deepEqual(body, { error: { code, message } });
}

describe("the HTTP interface", () => {
  /** @type {Server} */
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  test("the health check says which version runs", async () => {
    const { status, body } = await ask(server, "/api/health");
    assert.deepEqual([status, body], [200, { status: "ok", version }]);
    const head = await ask(server, "/api/health", { method: "HEAD" });
    assert.deepEqual([head.status, head.body], [200, null]);
  });

  test("a fresh room is a name and a link, different each time, and nothing is stored", async () => {
    const { status, body } = await ask(server, "/api/rooms", { method: "POST" });
    assert.equal(status, 201);
    assert.match(body.room, /^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){2}$/);
    assert.deepEqual(body, { room: body.room, url: `${server.url}/r/${body.room}` });
    assert.deepEqual(await server.tables(body.room), []);
    const again = await ask(server, "/api/rooms?whatever", { method: "POST" });
    assert.equal(again.status, 201);
    assert.notEqual(again.body.room, body.room);
  });

  test("an unknown room is an empty one, and looking at it stores nothing", async () => {
    const room = freshRoom();
    for (const method of ["GET", "HEAD"]) {
      const { status, body } = await ask(server, `/api/rooms/${room}`, { method });
      const expected = method === "HEAD" ? null : { room, present: 0, capacity: 8, locked: false };
      assert.deepEqual([status, body], [200, expected]);
    }
    assert.deepEqual(await server.tables(room), []);
  });

  test("a room's name is case-sensitive and may have 64 characters", async (t) => {
    const [call] = await one(t, server);
    const other = call.room.toUpperCase();
    assert.deepEqual((await ask(server, `/api/rooms/${other}`)).body.present, 0);
    const longest = "aZ_-09".padEnd(64, "x");
    assert.deepEqual((await ask(server, `/api/rooms/${longest}`)).body.room, longest);
  });

  test("a room tells how many seats are taken, away ones included", async (t) => {
    const [call, a, b] = await two(t, server);
    const present = async () => {
      const { status, body } = await ask(server, `/api/rooms/${call.room}`);
      assert.deepEqual([status, body], [200, { room: call.room, present: body.present, capacity: 8, locked: false }]);
      return body.present;
    };
    assert.equal(await present(), 2);
    await lose(b, a);
    assert.equal(await present(), 2);
    await server.evict(call.room);
    assert.equal(await present(), 2);
    const c = await call.join();
    await a.expect({ type: "joined", peer: c.id });
    assert.equal(await present(), 3);
    await bye(c, a);
    assert.equal(await present(), 2);
    await expectNothingMore(a);
  });

  test("a room with a gate shows itself to those who show the gate", async (t) => {
    const [call] = await one(t, server, { gate: GATE });
    const path = `/api/rooms/${call.room}`;
    for (const authorization of [`Gate ${GATE}`, `gate  ${GATE}`]) {
      const { status, body } = await ask(server, path, { headers: { authorization } });
      assert.deepEqual([status, body], [200, { room: call.room, present: 1, capacity: 8, locked: false }]);
    }
    const wrong = ["Gate d3Jvbmc", `Gate ${GATE}x`, `Bearer ${GATE}`, GATE, "Gate", "Gate !!!", `Gate ${GATE}==`];
    for (const authorization of [undefined, ...wrong]) {
      const { status, headers, body } = await ask(server, path, { headers: authorization ? { authorization } : {} });
      assert.equal(status, 401, authorization);
      assert.equal(headers.get("www-authenticate"), "Gate");
      assertError(body, "unauthorized");
    }
  });

  test("a room without a gate shows itself to everybody", async (t) => {
    const [call] = await one(t, server);
    const headers = { authorization: `Gate ${GATE}` };
    const { status, body } = await ask(server, `/api/rooms/${call.room}`, { headers });
    assert.deepEqual([status, body.present], [200, 1]);
  });

  test("a bad room name is a bad request", async () => {
    for (const name of ["", "a%20b", "a.b", "caf%C3%A9", "a+b", "a~", "x".repeat(65)]) {
      const { status, body } = await ask(server, `/api/rooms/${name}`);
      assert.equal(status, 400, name);
      assertError(body, "bad-room");
      const refusal = await Peer.refused(server, name);
      assert.equal(refusal.status, 400, name);
      assertError(refusal.body, "bad-room");
    }
  });

  test("an upgrade that does not offer switchboard.v1 is a bad request", async () => {
    for (const protocols of [[], ["switchboard.v2"], ["Switchboard.v1"], ["gate.abc", "resume.abc"]]) {
      const { status, headers, body } = await Peer.refused(server, freshRoom(), { protocols });
      assert.equal(status, 400);
      assertError(body, "missing-subprotocol");
      assert.equal(headers["sec-websocket-protocol"], undefined);
    }
  });

  test("a socket is opened for this site and for clients that are no browsers, and for no other site", async () => {
    const room = freshRoom();
    const host = new URL(server.url).host;
    for (const origin of [`http://${host}`, `https://${host}`]) {
      const peer = await Peer.join(server, room, { headers: { origin } });
      peer.lose();
    }
    for (const origin of [EVIL, `https://${host}.evil.example`, `https://evil.example/${host}`, "null", host]) {
      const { status, body } = await Peer.refused(server, room, { headers: { origin } });
      assert.equal(status, 403, origin);
      assertError(body, "origin-not-allowed");
    }
  });

  test("what is nowhere is not found", async () => {
    for (const path of ["/api/", "/api/nothing", "/api/health/", "/api/rooms/a/b", "/api/rooms/a/socket/"]) {
      const { status, body } = await ask(server, path);
      assert.equal(status, 404, path);
      assertError(body, "not-found");
    }
  });

  test("other methods are told which are allowed", async () => {
    /** @type {[string, string, string][]} */
    const cases = [
      ["POST", "/api/health", "GET, HEAD"],
      ["DELETE", "/api/health", "GET, HEAD"],
      ["GET", "/api/rooms", "POST"],
      ["OPTIONS", "/api/rooms", "POST"],
      ["PUT", "/api/rooms/a", "GET, HEAD"],
      ["POST", "/api/rooms/a/socket", "GET"],
      ["DELETE", "/api/rooms/a/socket", "GET"],
    ];
    for (const [method, path, allow] of cases) {
      const { status, headers, body } = await ask(server, path, { method });
      assert.deepEqual([status, headers.get("allow")], [405, allow], `${method} ${path}`);
      assertError(body, "method-not-allowed");
    }
  });

  test("a socket is for upgrades only", async () => {
    // The header `Upgrade` of the answer does not leave the runtime, so there is nothing to assert about it.
    const { status, body } = await ask(server, "/api/rooms/a/socket");
    assert.equal(status, 426);
    assertError(body, "upgrade-required");
  });

  test("a join that was refused stores nothing", async (t) => {
    const room = freshRoom();
    await Peer.refused(server, room, { protocols: [] });
    await Peer.refused(server, room, { headers: { origin: EVIL } });
    const peer = await Peer.open(server, room, { gate: "!!!" });
    t.after(() => peer.lose());
    await expectClosedWith(peer, 4004, "unauthorized");
    assert.deepEqual(await server.tables(room), []);
  });

  test("the pages are static, with their headers", async () => {
    for (const path of ["/", "/r/abc", "/r/k7m2-9qxw-3fzt"]) {
      const response = await fetch(`${server.url}${path}`, { redirect: "manual" });
      assert.equal(response.status, 200, path);
      assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      assert.equal(response.headers.get("referrer-policy"), "no-referrer");
      assert.equal(response.headers.get("cross-origin-opener-policy"), "same-origin");
      assert.match(response.headers.get("permissions-policy") ?? "", /camera=\(self\), microphone=\(self\)/);
      // Two rules for one path would be joined with a comma.
      const policy = response.headers.get("content-security-policy") ?? "";
      assert.match(policy, /^default-src 'none'; [^,]+$/);
      assert.equal(policy.split("default-src").length, 2);
      assert.match(await response.text(), /^<!doctype html>/i);
    }
  });

  test("the client library may be imported by pages of other sites, and nothing else may be", async () => {
    for (const [path, allowed] of /** @type {const} */ ([
      ["/client/room.js", "*"],
      ["/app/call.js", null],
      ["/", null],
      ["/api/health", null],
    ])) {
      const response = await fetch(`${server.url}${path}`);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("access-control-allow-origin"), allowed, path);
    }
  });

  test("a page that is not there is not found", async () => {
    for (const path of ["/nothing", "/api", "/rooms/abc"]) {
      const response = await fetch(`${server.url}${path}`, { redirect: "manual" });
      assert.equal(response.status, 404, path);
      assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
    }
  });

  test("nothing of all this was an error to the worker", () => {
    assert.doesNotMatch(server.logs(), /\[error\]/);
  });
});

test("the allowed origins open sockets, and no others", async (t) => {
  const vars = { ALLOWED_ORIGINS: "https://app.example, http://localhost:3000" };
  const server = await startServer({ vars });
  t.after(() => server.stop());
  const room = freshRoom();
  for (const origin of ["https://app.example", "http://localhost:3000", server.url]) {
    const peer = await Peer.join(server, room, { headers: { origin } });
    peer.lose();
  }
  for (const origin of [EVIL, "http://app.example", "https://app.example:8443", "https://app.example.evil.example"]) {
    const { status, body } = await Peer.refused(server, room, { headers: { origin } });
    assert.equal(status, 403, origin);
    assertError(body, "origin-not-allowed");
  }
});

test("all origins may be allowed", async (t) => {
  const server = await startServer({ vars: { ALLOWED_ORIGINS: "*" } });
  t.after(() => server.stop());
  for (const origin of [EVIL, "null", server.url]) {
    const peer = await Peer.join(server, freshRoom(), { headers: { origin } });
    peer.lose();
  }
});

/** @type {[string, string][]} */
const wrong = [
  ["ROOM_CAPACITY", "many"],
  ["ICE_SERVERS", '[{"urls":"turn:relay.example"}]'],
];
for (const [variable, value] of wrong) {
  test(`a worker with a bad ${variable} says so whatever it is asked, and in its log`, async (t) => {
    const server = await startServer({ vars: { [variable]: value } });
    t.after(() => server.stop());
    const named = new RegExp(`\\b${variable}\\b`);
    // It is not the worker that serves the pages: it would fail.
    assert.equal((await fetch(`${server.url}/`)).status, 200);
    assert.equal((await fetch(`${server.url}/r/abc`)).status, 200);
    /** @type {[string, string][]} */
    const requests = [
      ["GET", "/api/health"],
      ["POST", "/api/rooms"],
      ["GET", "/api/rooms/abc"],
      ["GET", "/api/rooms/abc/socket"],
      ["GET", "/api/nothing"],
    ];
    for (const [method, path] of requests) {
      const { status, body } = await ask(server, path, { method });
      assert.equal(status, 500, path);
      assertError(body, "misconfigured");
      assert.match(body.error.message, named);
    }
    const refusal = await Peer.refused(server, "abc");
    assert.equal(refusal.status, 500);
    assertError(refusal.body, "misconfigured");
    assert.match(refusal.body.error.message, named);
    assert.match(server.logs(), named);
  });
}

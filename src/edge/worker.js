// What workerd loads: the fetch handler and the class of the Durable Object, both forwarding to the wasm module.
//
// All objects of an isolate share that one wasm instance. A panic in it leaves its memory unfit for use, so whoever meets
// one starts a fresh instance, in which every object is rebuilt from its sockets' attachments and its stored record the
// next time something happens to it: just as after hibernation.

import { DurableObject, env } from "cloudflare:workers";
import * as wasm from "../../build/index.js";
import { write } from "./journal.js";
import { asksTooOften } from "./limits.js";
import { RelayCache } from "./relays.js";
import { answerClose, Sockets } from "./sockets.js";

/** The header in which a room gets what the relay service has given out. */
const RELAYS = "switchboard-relays";

/** How long somebody who wants to join waits for the relay service, in milliseconds. */
const JOIN_WAITS_MS = 800;

/** What to do after an event: see `after` in room_object.rs. */
const ASK_RELAYS = 1;
const WRITE_LINES = 2;
const COUNT_SIGNALS = 4;
const THROW = 8;

/** How long signals are counted before the count is written, in milliseconds: in a burst there are many. */
const COUNT_MS = 1_000;

/** Nothing of the API is a page, or a part of one. */
const DATA = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  vary: "Origin",
};

/** What a page of an allowed site may send. The answer may be kept for two hours: longer Chromium keeps none. */
const PREFLIGHT = {
  "access-control-allow-methods": "GET, HEAD, POST",
  "access-control-allow-headers": "authorization, content-type",
  "access-control-max-age": "7200",
};

/** What such a page may read besides the plainest headers. */
const EXPOSED = { "access-control-expose-headers": "retry-after" };

let instance = 0;

function report(event, error) {
  console.error(JSON.stringify({ event: "error", in: event, message: String(error?.stack ?? error) }));
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
    instance += 1;
    wasm.__wbg_reset_state();
  }
}

function failure(status, code, message, headers) {
  return Response.json({ error: { code, message } }, { status, headers: { "cache-control": "no-store", ...headers } });
}

function internalError() {
  return failure(500, "internal", "something went wrong here; it has been logged");
}

/** The answer to an address that has asked too often: it is counted by the minute. */
function tooManyRequests() {
  const message = "too many requests have come from this address: try again in a minute";
  return failure(429, "too-many-requests", message, { "retry-after": "60" });
}

/**
 * Tells somebody who may not join why, over a socket of this request's own: no object has to hold it while it closes.
 */
function refuse(told, code, reason) {
  const [client, server] = Object.values(new WebSocketPair());
  server.accept();
  server.send(told);
  server.close(code, reason);
  const headers = { "sec-websocket-protocol": "switchboard.v1" };
  return new Response(null, { status: 101, webSocket: client, headers });
}

const problem = wasm.configurationProblem(env);
if (problem) {
  console.error(JSON.stringify({ event: "error", in: "configuration", message: problem }));
}
const logs = wasm.logsEvents(env);
const limits = wasm.limitsRates(env);

const service = wasm.relayService(env);
const relays = service ? new RelayCache(service, (servers, askedAt) => wasm.readRelays(env, servers, askedAt)) : null;

/**
 * What a room is asked: the request as it came, but for the header that only we may set.
 */
async function forRoom(request, ctx) {
  const joins = relays !== null && request.headers.has("upgrade");
  const text = joins ? await relays.within(JOIN_WAITS_MS, (rest) => ctx.waitUntil(rest)) : null;
  if (text === null && !request.headers.has(RELAYS)) {
    return request;
  }
  const forwarded = new Request(request);
  forwarded.headers.delete(RELAYS);
  if (text !== null) {
    forwarded.headers.set(RELAYS, text);
  }
  return forwarded;
}

/**
 * What was answered, as nothing but data; with the headers that let pages of other sites read it, where they may (the CORS
 * protocol of the Fetch standard).
 */
function finished(request, env, response) {
  const copy = new Response(response.body, response);
  const headers = { ...DATA };
  const origin = request.headers.get("origin");
  if (origin !== null && wasm.allowsOrigin(env, origin, new URL(request.url).host)) {
    headers["access-control-allow-origin"] = origin;
    Object.assign(headers, request.method === "OPTIONS" ? PREFLIGHT : EXPOSED);
  }
  for (const [name, value] of Object.entries(headers)) {
    copy.headers.set(name, value);
  }
  return copy;
}

/** Somebody was turned away before any room was asked. */
function refused(env, reason) {
  write([JSON.stringify({ event: "refused", reason })], logs, env.ANALYTICS);
}

async function answer(request, env, ctx) {
  if (limits && (await asksTooOften(request, env))) {
    refused(env, "too-many-requests");
    return finished(request, env, tooManyRequests());
  }
  const answered = wasm.fetch(request, env);
  if (typeof answered !== "string") {
    if (answered.status === 403) {
      refused(env, "origin-not-allowed");
    }
    return finished(request, env, answered);
  }
  const response = await env.ROOM.getByName(answered).fetch(await forRoom(request, ctx));
  const code = response.headers.get("switchboard-close-code");
  if (code !== null) {
    return refuse(await response.text(), Number(code), response.headers.get("switchboard-close-reason"));
  }
  return response.status === 101 ? response : finished(request, env, response);
}

export default {
  async fetch(request, env, ctx) {
    try {
      return await answer(request, env, ctx);
    } catch (error) {
      report("fetch", error);
      return finished(request, env, internalError());
    }
  },
};

export class Room extends DurableObject {
  #room;
  #sockets;
  #messageBytes;
  #instance;
  #counting;

  #live() {
    if (this.#instance !== instance) {
      this.#sockets = new Sockets(this.ctx);
      this.#room = new wasm.Room(this.ctx, this.env, this.#sockets);
      this.#messageBytes = this.#room.messageBytes();
      this.#instance = instance;
    }
    return this.#room;
  }

  /** The number of a socket; nothing for one that holds no seat. */
  #id(socket) {
    const room = this.#live();
    const id = this.#sockets.id(socket);
    if (id !== undefined) {
      return id;
    }
    room.wake();
    return this.#sockets.id(socket);
  }

  /** What may not be done within an event. The answer of the relay service is an event of its own. */
  #after(todo) {
    if (todo & THROW) {
      throw this.#room.takeError();
    }
    if (todo & ASK_RELAYS && relays !== null) {
      this.#room.askingRelays();
      this.ctx.waitUntil(relays.get().then((text) => this.#relays(text)));
    }
    if (todo & WRITE_LINES) {
      write(this.#room.takeLines().split("\n"), logs, this.env.ANALYTICS);
    }
    if (todo & COUNT_SIGNALS) {
      this.#counting ??= setTimeout(() => this.#count(), COUNT_MS);
    }
  }

  #count() {
    this.#counting = undefined;
    try {
      const line = this.#live().takeSignals();
      write(line === undefined ? [] : [line], false, this.env.ANALYTICS);
    } catch (error) {
      report("count", error);
    }
  }

  #relays(text) {
    try {
      this.#live().relays(text ?? undefined);
    } catch (error) {
      report("relays", error);
    }
  }

  fetch(request) {
    try {
      const response = this.#live().fetch(request);
      this.#after(this.#room.after());
      return response;
    } catch (error) {
      report("fetch", error);
      return internalError();
    }
  }

  #receive(id, message) {
    if (typeof message !== "string") {
      return this.#room.receivedBinary(id, message.byteLength);
    }
    // A string has at least as many bytes as UTF-16 units, so what is too long need not be copied to know it.
    if (message.length > this.#messageBytes) {
      return this.#room.receivedOversized(id);
    }
    this.#sockets.frame = message;
    const todo = this.#room.received(id, message, message.length, Date.now());
    this.#sockets.frame = "";
    return todo;
  }

  webSocketMessage(socket, message) {
    try {
      const id = this.#id(socket);
      if (id === undefined) {
        return;
      }
      const todo = this.#receive(id, message);
      if (todo !== 0) {
        this.#after(todo);
      }
    } catch (error) {
      report("webSocketMessage", error);
    }
  }

  webSocketClose(socket, code, _reason, wasClean) {
    try {
      answerClose(socket, code);
      const id = this.#id(socket);
      if (id === undefined) {
        return;
      }
      this.#room.closed(id, code, wasClean);
      this.#after(this.#room.after());
    } catch (error) {
      report("webSocketClose", error);
    }
  }

  webSocketError(socket) {
    this.webSocketClose(socket, 1006, "", false);
  }

  alarm() {
    try {
      this.#live().alarm();
      this.#after(this.#room.after());
    } catch (error) {
      report("alarm", error);
      // The runtime tries an alarm that failed again.
      throw error;
    }
  }
}

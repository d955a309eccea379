// What workerd loads: the fetch handler and the class of the Durable Object, both forwarding to the wasm module.
//
// All objects of an isolate share that one wasm instance. A panic in it leaves its memory unfit for use, so whoever meets
// one starts a fresh instance, in which every object is rebuilt from its sockets' attachments and its stored record the
// next time something happens to it: just as after hibernation.

import { DurableObject, env } from "cloudflare:workers";
import * as wasm from "../../build/index.js";
import { RelayCache } from "./relays.js";

/** The header in which a room gets what the relay service has given out. */
const RELAYS = "switchboard-relays";

/** How long somebody who wants to join waits for the relay service, in milliseconds. */
const JOIN_WAITS_MS = 800;

let instance = 0;

function report(event, error) {
  console.error(JSON.stringify({ event: "error", in: event, message: String(error?.stack ?? error) }));
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
    instance += 1;
    wasm.__wbg_reset_state();
  }
}

function internalError() {
  const error = { code: "internal", message: "something went wrong here; it has been logged" };
  return Response.json({ error }, { status: 500 });
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
  console.error(problem);
}

const service = wasm.relayService(env);
const relays = service ? new RelayCache(service, (answer, askedAt) => wasm.readRelays(env, answer, askedAt)) : null;

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

export default {
  async fetch(request, env, ctx) {
    try {
      const answer = wasm.fetch(request, env);
      if (typeof answer !== "string") {
        return answer;
      }
      const response = await env.ROOM.getByName(answer).fetch(await forRoom(request, ctx));
      const code = response.headers.get("switchboard-close-code");
      if (code === null) {
        return response;
      }
      return refuse(await response.text(), Number(code), response.headers.get("switchboard-close-reason"));
    } catch (error) {
      report("fetch", error);
      return internalError();
    }
  },
};

export class Room extends DurableObject {
  #room;
  #instance;

  #live() {
    if (this.#instance !== instance) {
      this.#room = new wasm.Room(this.ctx, this.env);
      this.#instance = instance;
    }
    return this.#room;
  }

  /**
   * The event is over: the relay service is asked apart from it, and its answer is an event of its own.
   */
  #askRelays() {
    if (relays !== null && this.#room.takeAsksRelays()) {
      this.ctx.waitUntil(relays.get().then((text) => this.#relays(text)));
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
      this.#askRelays();
      return response;
    } catch (error) {
      report("fetch", error);
      return internalError();
    }
  }

  webSocketMessage(socket, message) {
    try {
      this.#live().webSocketMessage(socket, message);
      this.#askRelays();
    } catch (error) {
      report("webSocketMessage", error);
    }
  }

  webSocketClose(socket, code, _reason, wasClean) {
    try {
      this.#live().webSocketClose(socket, code, wasClean);
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
    } catch (error) {
      report("alarm", error);
      // The runtime tries an alarm that failed again.
      throw error;
    }
  }
}

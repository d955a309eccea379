// What workerd loads: the fetch handler and the class of the Durable Object, both forwarding to the wasm module.
//
// All objects of an isolate share that one wasm instance. A panic in it leaves its memory unfit for use, so whoever meets
// one starts a fresh instance, in which every object is rebuilt from its sockets' attachments and its stored record the
// next time something happens to it: just as after hibernation.

import { DurableObject, env } from "cloudflare:workers";
import * as wasm from "../../build/index.js";

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

export default {
  async fetch(request, env) {
    try {
      const response = await wasm.fetch(request, env);
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

  fetch(request) {
    try {
      return this.#live().fetch(request);
    } catch (error) {
      report("fetch", error);
      return internalError();
    }
  }

  webSocketMessage(socket, message) {
    try {
      this.#live().webSocketMessage(socket, message);
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

// Stands between worker.js and the wasm module: everything goes through, but the text `panic` makes a trap of the kind that
// a panic in Rust ends in, from inside the same call.

// The path is spelled unlike the one in worker.js, which is aliased to this file.
import * as wasm from "../../../build/./index.js";

export * from "../../../build/./index.js";

const trap = () => {
  throw new WebAssembly.RuntimeError("unreachable");
};

export class Room {
  /**
   * @param {any} state
   * @param {any} env
   */
  constructor(state, env) {
    this.inner = new wasm.Room(state, env);
  }

  /** @param {Request} request */
  fetch(request) {
    return new URL(request.url).search === "?panic" ? trap() : this.inner.fetch(request);
  }

  /**
   * @param {any} socket
   * @param {any} message
   */
  webSocketMessage(socket, message) {
    return message === "panic" ? trap() : this.inner.webSocketMessage(socket, message);
  }

  /**
   * @param {any} socket
   * @param {number} code
   * @param {boolean} wasClean
   */
  webSocketClose(socket, code, wasClean) {
    return this.inner.webSocketClose(socket, code, wasClean);
  }

  alarm() {
    return this.inner.alarm();
  }

  after() {
    return this.inner.after();
  }

  takeLines() {
    return this.inner.takeLines();
  }
}

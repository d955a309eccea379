// Stands between worker.js and the wasm module: everything goes through, but the text `panic` makes a trap of the kind that
// a panic in Rust ends in, from inside the same call.

// The path is spelled unlike the one in worker.js, which is aliased to this file.
import * as wasm from "../../../build/./index.js";

export * from "../../../build/./index.js";

const trap = () => {
  throw new WebAssembly.RuntimeError("unreachable");
};

export class Room extends wasm.Room {
  /**
   * @override
   * @param {Request} request
   */
  fetch(request) {
    return new URL(request.url).search === "?panic" ? trap() : super.fetch(request);
  }

  /**
   * @override
   * @param {number} socket
   * @param {string} text
   * @param {number} units
   * @param {number} now
   */
  received(socket, text, units, now) {
    return text === "panic" ? trap() : super.received(socket, text, units, now);
  }
}

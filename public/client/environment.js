/**
 * What the library uses of a WebSocket. The handlers are `any` because each platform types their events in its own way.
 *
 * @typedef {object} Socket
 * @property {number} readyState
 * @property {(text: string) => void} send
 * @property {(code?: number) => void} close
 * @property {any} onmessage
 * @property {any} onclose
 * @property {any} onerror
 *
 * @typedef {{ new (url: string, protocols: string[]): Socket, readonly OPEN: number }} SocketClass
 */

/**
 * What the library takes from the platform. Every part can be replaced, which is how the tests drive time, chance and
 * the network.
 *
 * @typedef {object} Environment
 * @property {SocketClass} webSocket such as the one of the npm package `ws`, where the platform has none
 * @property {typeof RTCPeerConnection | undefined} peerConnection `undefined` where the platform has no WebRTC
 * @property {(callback: () => void, milliseconds: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} now milliseconds on a clock that goes on while the machine sleeps
 * @property {() => number} random at least 0, less than 1
 * @property {() => string} randomId 128 random bits as hexadecimal digits
 * @property {Pick<EventTarget, "addEventListener" | "removeEventListener"> | null} events where `online` and
 *   `pageshow` are heard; null where there is no such thing
 */

/** @returns {string} */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The platform's own parts, with some replaced.
 *
 * @param {Partial<Environment>} [replaced]
 * @returns {Environment}
 */
export function environment(replaced = {}) {
  return {
    webSocket: replaced.webSocket ?? globalThis.WebSocket,
    peerConnection: replaced.peerConnection ?? globalThis.RTCPeerConnection,
    setTimeout: replaced.setTimeout ?? ((callback, milliseconds) => globalThis.setTimeout(callback, milliseconds)),
    clearTimeout: replaced.clearTimeout ?? ((timer) => globalThis.clearTimeout(timer)),
    now: replaced.now ?? Date.now,
    random: replaced.random ?? Math.random,
    randomId: replaced.randomId ?? randomId,
    events: replaced.events ?? ("addEventListener" in globalThis ? globalThis : null),
  };
}

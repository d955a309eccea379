import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { WebSocket, WebSocketServer } from "ws";

/**
 * Stands between pages and the server, as whoever runs the network or the server could: keeps all that passes, may change
 * what the pages signal each other, and may let nothing pass for a while.
 */
export class Middle {
  /** All that has passed both ways, as text: requests with their headers, and frames. @type {string[]} */
  passed = [];
  /**
   * Changes what a page signals another, before it goes to the server. @type {(data: any) => unknown}
   */
  tamper = (data) => data;
  #target;
  #server;
  #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "switchboard.v1" });
  #open = Promise.resolve();
  #mend = () => {};
  #cuts = 0;

  /** @param {string} target the server's origin */
  constructor(target) {
    this.#target = target;
    this.#server = createServer((incoming, response) => {
      this.#keep(incoming);
      const { method, headers, url } = incoming;
      const forwarded = request(`${target}${url}`, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      forwarded.on("error", () => response.destroy());
      incoming.pipe(forwarded);
    });
    this.#server.on("upgrade", (incoming, socket, head) => {
      this.#keep(incoming);
      socket.on("error", () => {});
      this.#connect(incoming, socket, head);
    });
  }

  /**
   * @param {string} target the server's origin
   * @param {{ port?: number }} [options] of one that was stopped, to be there again
   */
  static async before(target, { port = 0 } = {}) {
    const middle = new Middle(target);
    middle.#server.listen(port, "127.0.0.1");
    await once(middle.#server, "listening");
    return middle;
  }

  get url() {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  }

  /**
   * From now on nothing passes, and nobody is told. What is opened meanwhile opens when it is mended. What is open already is
   * dead for good: a machine that comes back has another address.
   */
  cut() {
    this.#cuts += 1;
    this.#open = new Promise((resolve) => {
      this.#mend = () => resolve(undefined);
    });
  }

  mend() {
    this.#mend();
  }

  /** Every connection to the server is lost. */
  drop() {
    for (const client of this.#sockets.clients) client.terminate();
  }

  stop() {
    this.#mend();
    this.drop();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** @param {import("node:http").IncomingMessage} incoming */
  #keep({ method, url, rawHeaders }) {
    this.passed.push(`${method} ${url} ${rawHeaders.join(" ")}`);
  }

  /**
   * @param {import("node:http").IncomingMessage} incoming
   * @param {import("node:stream").Duplex} socket
   * @param {Buffer} head
   */
  async #connect(incoming, socket, head) {
    await this.#open;
    const { headers, url } = incoming;
    const protocols = String(headers["sec-websocket-protocol"]).split(/, */);
    const { host = "", origin = "" } = headers;
    const options = { perMessageDeflate: false, headers: { host, origin } };
    const far = new WebSocket(`${this.#target.replace(/^http/, "ws")}${url}`, protocols, options);
    far.on("error", () => socket.destroy());
    this.#sockets.handleUpgrade(incoming, socket, head, (near) => {
      near.on("error", () => {});
      const opened = once(far, "open").catch(() => {});
      this.#join(near, far, opened, (text) => this.#changed(text));
      this.#join(far, near, opened, (text) => text);
    });
  }

  /**
   * Passes on, in order.
   *
   * @param {WebSocket} from
   * @param {WebSocket} to
   * @param {Promise<unknown>} opened
   * @param {(text: string) => Promise<string> | string} change
   */
  #join(from, to, opened, change) {
    /** @type {Promise<unknown>} */
    let last = opened;
    const cuts = this.#cuts;
    const then = (/** @type {() => unknown} */ step) => {
      last = last.then(() => this.#cuts === cuts && step());
    };
    from.on("message", (data) => {
      const text = String(data);
      this.passed.push(text);
      then(async () => to.send(await change(text), () => {}));
    });
    // 1005 and 1006 say that there was no code, and cannot be sent.
    from.on("close", (code) => then(() => (code === 1005 || code === 1006 ? to.terminate() : to.close(code))));
  }

  /** @param {string} text */
  async #changed(text) {
    if (!text.startsWith("{")) return text;
    const frame = JSON.parse(text);
    return frame.type === "signal" ? JSON.stringify({ ...frame, data: await this.tamper(frame.data) }) : text;
  }
}

/**
 * Stands between the media of pages: for each address that a page receives at, there is a port here that others send to
 * instead. What arrives goes on from the port that stands for its sender, so that no page ever sees the address of another.
 */
export class Relay {
  /** How many packets have passed. */
  packets = 0;
  #cut = false;
  /** @type {Map<string, Promise<import("node:dgram").Socket>>} */
  #sockets = new Map();
  /** The addresses that get no media. @type {Set<string>} */
  #deaf = new Set();

  /**
   * From the page's next document on, all packets that it sends to others go through here.
   *
   * @param {import("puppeteer-core").Page} page
   * @param {{ met?: (address: string, port: number) => void }} [told] `met`: the page has heard of somebody's address
   */
  async between(page, { met = () => {} } = {}) {
    await page.exposeFunction("portFor", (/** @type {string} */ address, /** @type {number} */ port) => {
      met(address, port);
      return this.portFor(address, port);
    });
    await page.evaluateOnNewDocument(relayCandidates);
  }

  /**
   * The port that stands for an address.
   *
   * @param {string} address
   * @param {number} port
   * @returns {Promise<number>}
   */
  async portFor(address, port) {
    return (await this.#socketFor(address, port)).address().port;
  }

  /** From now on every packet is lost. */
  cut() {
    this.#cut = true;
  }

  mend() {
    this.#cut = false;
  }

  /**
   * Sound and picture to an address are lost, while the connection itself goes on: what has to do with RTP begins with a byte
   * from 128 to 191 (RFC 7983).
   *
   * @param {string} address
   * @param {number} port
   */
  deafen(address, port) {
    this.#deaf.add(`${address} ${port}`);
  }

  /** Everybody gets sound and picture again. */
  undeafen() {
    this.#deaf.clear();
  }

  /** Every way that there was is dead from now on, as when a phone changes networks; what is found anew works. */
  async move() {
    const old = [...this.#sockets.values()];
    this.#sockets.clear();
    for (const socket of old) (await socket).close();
  }

  async stop() {
    for (const socket of this.#sockets.values()) (await socket).close();
  }

  /**
   * @param {string} address
   * @param {number} port
   */
  #socketFor(address, port) {
    const name = `${address} ${port}`;
    const known = this.#sockets.get(name) ?? this.#bind(address, port);
    this.#sockets.set(name, known);
    return known;
  }

  /**
   * @param {string} address
   * @param {number} port
   */
  async #bind(address, port) {
    const socket = createSocket("udp4");
    socket.on("error", () => {});
    socket.on("message", async (packet, from) => {
      const [first = 0] = packet;
      const isMedia = first >= 128 && first < 192;
      if (this.#cut || (isMedia && this.#deaf.has(`${address} ${port}`))) return;
      this.packets += 1;
      const sender = await this.#socketFor(from.address, from.port);
      try {
        sender.send(packet, port, address);
      } catch {
        // Its ways have died meanwhile.
      }
    });
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return socket;
  }
}

/** Runs in the page, before its own scripts: ports of a relay take the place of the candidates of others. */
function relayCandidates() {
  const { portFor } = /** @type {any} */ (globalThis);
  const prototype = /** @type {any} */ (RTCPeerConnection.prototype);
  const { setRemoteDescription, addIceCandidate } = prototype;
  /** Another way to the same candidate; none to what the relay cannot stand for. @param {string} line */
  const relayedLine = async (line) => {
    const parts = line.split(" ");
    const [, , protocol = "", , address = "", port] = parts;
    if (protocol.toLowerCase() !== "udp" || !/^[\d.]+$/.test(address)) return null;
    return parts
      .with(4, "127.0.0.1")
      .with(5, String(await portFor(address, Number(port))))
      .join(" ");
  };
  /** @param {RTCSessionDescriptionInit} description */
  const relayedDescription = async ({ type, sdp = "" }) => {
    const lines = sdp.split("\r\n").map((line) => (line.startsWith("a=candidate:") ? relayedLine(line) : line));
    return { type, sdp: (await Promise.all(lines)).filter((line) => line !== null).join("\r\n") };
  };
  prototype.setRemoteDescription = async function (/** @type {RTCSessionDescriptionInit} */ description) {
    await setRemoteDescription.call(this, await relayedDescription(description));
  };
  prototype.addIceCandidate = async function (/** @type {any} */ init) {
    const candidate = init.candidate === "" ? "" : await relayedLine(init.candidate);
    if (candidate !== null) await addIceCandidate.call(this, { ...init, candidate });
  };
}

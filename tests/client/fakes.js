import { environment } from "../../public/client/environment.js";

/** Time that passes only when the test says so. */
export class FakeClock {
  time = 1_000_000;
  #id = 0;
  /** @type {Map<number, { at: number, callback: () => void }>} */
  #timers = new Map();

  /** @returns {number} how many timers wait */
  get pending() {
    return this.#timers.size;
  }

  now = () => this.time;

  /** @type {(callback: () => void, milliseconds: number) => number} */
  setTimeout = (callback, milliseconds) => {
    this.#id += 1;
    this.#timers.set(this.#id, { at: this.time + milliseconds, callback });
    return this.#id;
  };

  /** @type {(timer: number) => void} */
  clearTimeout = (timer) => {
    this.#timers.delete(timer);
  };

  /**
   * Lets time pass, and what it sets off settle.
   *
   * @param {number} milliseconds
   */
  async advance(milliseconds) {
    const end = this.time + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [id, { at, callback }] = due;
      this.#timers.delete(id);
      this.time = Math.max(this.time, at);
      callback();
      await settle();
    }
    this.time = end;
    await settle();
  }

  /**
   * Time passes while nothing runs, as in a sleeping machine: what is overdue runs late.
   *
   * @param {number} milliseconds
   */
  async sleep(milliseconds) {
    this.time += milliseconds;
    await this.advance(0);
  }
}

/** A WebSocket whose other end is the test. */
export class FakeWebSocket {
  static OPEN = 1;
  /** @type {FakeWebSocket[]} */
  static all = [];

  readyState = 0;
  /** @type {string[]} */
  sent = [];
  /** @type {number | undefined} */
  closedWith = undefined;
  /** @type {((event: { data: unknown }) => void) | null} */
  onmessage = null;
  /** @type {((event: { code: number }) => void) | null} */
  onclose = null;

  /**
   * @param {string} url
   * @param {string[]} protocols
   */
  constructor(url, protocols) {
    this.url = url;
    this.protocols = protocols;
    FakeWebSocket.all.push(this);
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(text);
  }

  /** @param {number} code */
  close(code) {
    this.closedWith = code;
    this.readyState = 3;
  }

  /** The frames that were sent, without pings. */
  get frames() {
    return this.sent.filter((text) => text !== "ping").map((text) => JSON.parse(text));
  }

  /** @param {unknown} frame what the server sends: an object becomes JSON, text goes as it is */
  receive(frame) {
    this.readyState = FakeWebSocket.OPEN;
    this.onmessage?.({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
  }

  /** @param {number} code what the other end, or the network, closes with */
  lose(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

/** An RTCPeerConnection that keeps to the rules of the signaling state, while whether it connects is up to the test. */
export class FakePeerConnection {
  /** @type {FakePeerConnection[]} */
  static all = [];
  /** Whether descriptions name certificates, of which each connection has one of its own. */
  static certified = false;

  signalingState = "stable";
  connectionState = "new";
  /** Whether descriptions have to wait for candidates: not unless the test says so. */
  iceGatheringState = "complete";
  iceConnectionState = "new";
  /** @type {{ type: "offer" | "answer", sdp: string } | null} */
  localDescription = null;
  /** @type {{ type: string, sdp: string } | null} */
  remoteDescription = null;
  /** @type {FakeTransceiver[]} */
  transceivers = [];
  /** @type {FakeChannel[]} */
  channels = [];
  /** @type {unknown[]} */
  candidates = [];
  closed = false;
  /** How long a step takes: a moment, unless the test says so. @type {() => Promise<void>} */
  takes = async () => {};
  restarts = 0;
  /** @type {unknown} */
  configuration;
  /** @type {(() => void) | null} */
  onnegotiationneeded = null;
  /** @type {((event: { candidate: { candidate: string, toJSON(): unknown } | null }) => void) | null} */
  onicecandidate = null;
  /** @type {(() => void) | null} */
  onconnectionstatechange = null;
  /** @type {(() => void) | null} */
  onicegatheringstatechange = null;
  /** @type {((event: { channel: unknown }) => void) | null} */
  ondatachannel = null;
  #offers = 0;
  #negotiationNeeded = false;

  /** @param {unknown} configuration */
  constructor(configuration) {
    this.configuration = configuration;
    FakePeerConnection.all.push(this);
  }

  /** @param {string} kind */
  addTransceiver(kind) {
    const transceiver = new FakeTransceiver(kind);
    this.transceivers.push(transceiver);
    this.#needNegotiation();
    return transceiver;
  }

  getTransceivers() {
    return [...this.transceivers];
  }

  /**
   * @param {string} label
   * @param {{ protocol?: string }} [options]
   */
  createDataChannel(label, options) {
    const channel = new FakeChannel(label, options);
    this.channels.push(channel);
    return channel;
  }

  /** The control channel; null before there is one. */
  get channel() {
    return this.channelOf("control");
  }

  /** @param {string} label */
  channelOf(label) {
    return this.channels.find((channel) => channel.label === label) ?? null;
  }

  /** @param {unknown} configuration */
  setConfiguration(configuration) {
    this.configuration = configuration;
  }

  restartIce() {
    this.restarts += 1;
    this.#needNegotiation();
  }

  get currentLocalDescription() {
    return this.localDescription;
  }

  get currentRemoteDescription() {
    return this.remoteDescription;
  }

  /**
   * @param {"offer" | "answer"} type
   * @param {string} text
   */
  #describe(type, text) {
    const place = FakePeerConnection.all.indexOf(this).toString(16).padStart(2, "0");
    const certificate = `\r\na=fingerprint:sha-256 AA:${place.toUpperCase()}\r\n`;
    this.localDescription = { type, sdp: FakePeerConnection.certified ? text.split("\r\n")[0] + certificate : text };
  }

  /** What a step waits for; as in a browser, it waits for ever if the connection is closed on the way. */
  async #step() {
    if (this.closed) throw new Error("InvalidStateError");
    await this.takes();
    if (this.closed) await new Promise(() => {});
  }

  async setLocalDescription() {
    await this.#step();
    if (this.signalingState === "have-remote-offer") {
      this.#describe("answer", `answer to ${this.remoteDescription?.sdp.replace("o=", "")}`);
      this.signalingState = "stable";
    } else {
      this.#offers += 1;
      this.#describe("offer", `offer ${FakePeerConnection.all.indexOf(this)}.${this.#offers}`);
      this.signalingState = "have-local-offer";
    }
  }

  /** @param {{ type: string, sdp: string }} description */
  async setRemoteDescription(description) {
    await this.#step();
    if (description.sdp === "nonsense") throw new Error("OperationError");
    if (description.type === "answer" && this.signalingState !== "have-local-offer")
      throw new Error("InvalidStateError");
    this.signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
    this.remoteDescription = description;
    if (this.transceivers.length === 0)
      this.transceivers = offeredBy(description.sdp).map((kind) => new FakeTransceiver(kind));
  }

  /** @param {unknown} candidate */
  async addIceCandidate(candidate) {
    if (this.remoteDescription === null) throw new Error("InvalidStateError");
    this.candidates.push(candidate);
  }

  async getStats() {
    return new Map();
  }

  close() {
    this.closed = true;
  }

  /** @param {string} state */
  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  /** @param {string | null} candidate null for the end of them */
  gather(candidate) {
    this.onicecandidate?.({ candidate: candidate === null ? null : { candidate, toJSON: () => ({ candidate }) } });
  }

  #needNegotiation() {
    if (this.#negotiationNeeded) return;
    this.#negotiationNeeded = true;
    queueMicrotask(() => {
      this.#negotiationNeeded = false;
      if (!this.closed && this.signalingState === "stable") this.onnegotiationneeded?.();
    });
  }
}

/**
 * The kinds of the transceivers in a description: what its maker has; else what a version without a screen has.
 *
 * @param {string} sdp
 */
function offeredBy(sdp) {
  const maker = FakePeerConnection.all[Number(/^offer (\d+)\./.exec(sdp)?.[1])];
  return maker?.transceivers.map(({ receiver }) => receiver.track.kind) ?? ["audio", "video"];
}

/** A transceiver with one sender and one receiver. */
export class FakeTransceiver {
  direction = "sendrecv";
  /** @type {unknown} */
  sending = null;

  /** What the sender was last limited to. @type {Record<string, unknown> | null} */
  limit = null;

  /** @param {string} kind */
  constructor(kind) {
    this.receiver = { track: { kind } };
    this.sender = {
      getParameters: () => ({ encodings: [{}] }),
      setParameters: async (/** @type {{ encodings: Record<string, unknown>[] }} */ { encodings }) => {
        this.limit = encodings[0] ?? null;
      },
      replaceTrack: async (/** @type {unknown} */ track) => {
        this.sending = track;
      },
    };
  }
}

/** A connection whose descriptions are held back for candidates. */
export class GatheringPeerConnection extends FakePeerConnection {
  /** @override */
  iceGatheringState = "gathering";

  /**
   * Finds a candidate that is in the description as well, as browsers have it.
   *
   * @param {string} candidate
   */
  gatherDescribed(candidate) {
    if (this.localDescription !== null) this.localDescription.sdp += `\r\na=${candidate} generation 0`;
    this.gather(candidate);
  }

  complete() {
    this.iceGatheringState = "complete";
    this.onicegatheringstatechange?.();
    this.gather(null);
  }
}

/** A data channel that opens when the test says so. What is sent is taken at once, unless the test says otherwise. */
export class FakeChannel {
  readyState = "connecting";
  bufferedAmount = 0;
  /** @type {unknown[]} */
  sent = [];
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {(() => void) | null} */
  onclose = null;
  /** @type {((event: { data: string }) => void) | null} */
  onmessage = null;

  /**
   * @param {string} label
   * @param {{ protocol?: string }} [options]
   */
  constructor(label, { protocol = "" } = {}) {
    this.label = label;
    this.protocol = protocol;
  }

  /** @param {string} text */
  send(text) {
    if (this.readyState !== "open") throw new Error("InvalidStateError");
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = "closed";
  }

  open() {
    this.readyState = "open";
    this.onopen?.();
  }

  /** @param {unknown} message */
  receive(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/**
 * A platform made of fakes. Its chance is constant and its ids count up.
 *
 * @param {{ random?: number }} [options]
 */
export function fakePlatform({ random = 0.5 } = {}) {
  const clock = new FakeClock();
  const events = new EventTarget();
  let ids = 0;
  FakeWebSocket.all = [];
  FakePeerConnection.all = [];
  FakePeerConnection.certified = false;
  const parts = {
    webSocket: /** @type {any} */ (FakeWebSocket),
    peerConnection: /** @type {any} */ (FakePeerConnection),
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    now: clock.now,
    random: () => random,
    randomId: () => {
      ids += 1;
      return `session-${ids}`;
    },
    events,
  };
  return { clock, events, parts, environment: environment(parts) };
}

/** Lets everything that waits for nothing but its turn run. */
export function settle() {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * A `welcome` with the given parts.
 *
 * @param {Partial<import("../../public/client/protocol.js").WelcomeFrame>} [parts]
 * @returns {import("../../public/client/protocol.js").WelcomeFrame}
 */
export function welcome(parts = {}) {
  return {
    type: "welcome",
    self: "selfselfse",
    resume: "token-1",
    resumed: false,
    host: "selfselfse",
    room: { name: "test", capacity: 8, locked: false },
    peers: [],
    iceServers: [{ urls: ["stun:stun.example"] }],
    limits: { messageBytes: 65536, messagesPerSecond: 50, graceSeconds: 30, pingSeconds: 30 },
    ...parts,
  };
}

/**
 * The element at a place that must be taken.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {number} [place] negative from the end; the last by default
 * @returns {T}
 */
export function at(list, place = -1) {
  const item = list.at(place);
  if (item === undefined) throw new Error(`nothing at ${place} of ${list.length}`);
  return item;
}

/** One end of a data channel that works: what is sent arrives at the other end, in order, a turn later. */
export class PipeChannel {
  readyState = "open";
  binaryType = "arraybuffer";
  bufferedAmountLowThreshold = 0;
  bufferedAmount = 0;
  /** The most that was ever waiting. */
  highest = 0;
  /** While it is held, what is sent waits. */
  held = false;
  /** @type {PipeChannel | null} */
  other = null;
  /** @type {((event: { data: unknown }) => void) | null} */
  onmessage = null;
  /** @type {(() => void) | null} */
  onclose = null;
  /** @type {(() => void) | null} */
  onbufferedamountlow = null;
  /** @type {unknown[]} */
  #waiting = [];

  /**
   * @param {string} label
   * @param {string} protocol
   */
  constructor(label, protocol) {
    this.label = label;
    this.protocol = protocol;
  }

  /**
   * Both ends.
   *
   * @param {string} label
   * @param {string} protocol
   */
  static pair(label, protocol) {
    const ends = /** @type {const} */ ([new PipeChannel(label, protocol), new PipeChannel(label, protocol)]);
    [ends[0].other, ends[1].other] = [ends[1], ends[0]];
    return ends;
  }

  /** @param {string | Uint8Array<ArrayBuffer>} data */
  send(data) {
    if (this.readyState !== "open") throw new Error("InvalidStateError");
    this.bufferedAmount += data.length;
    this.highest = Math.max(this.highest, this.bufferedAmount);
    // What was sent is what it was then, whatever becomes of the memory.
    this.#waiting.push(typeof data === "string" ? data : data.slice().buffer);
    if (!this.held) setImmediate(() => this.#deliver());
  }

  release() {
    this.held = false;
    this.#deliver();
  }

  close() {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    setImmediate(() => {
      this.#deliver();
      if (this.other !== null && this.other.readyState !== "closed") {
        this.other.readyState = "closed";
        this.other.onclose?.();
      }
      this.onclose?.();
    });
  }

  #deliver() {
    for (const data of this.#waiting.splice(0)) {
      this.other?.onmessage?.({ data });
    }
    const wasHigh = this.bufferedAmount > this.bufferedAmountLowThreshold;
    this.bufferedAmount = 0;
    if (wasHigh) this.onbufferedamountlow?.();
  }
}

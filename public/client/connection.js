import { TypedTarget } from "./events.js";

/** How long candidates are gathered into one message, in milliseconds. The first goes out at once: it is often enough. */
export const CANDIDATE_BATCH_MS = 75;

/** The label of the control channel. */
const CONTROL_LABEL = "control";

/**
 * The media of a call, in the order of their transceivers. The order is part of the agreement between browsers: what
 * stands at a place never changes its meaning, so that muting and switching need no negotiation.
 */
export const TRACK_KINDS = Object.freeze(/** @type {const} */ (["audio", "camera"]));

/**
 * @typedef {typeof TRACK_KINDS[number]} TrackKind
 * @typedef {Record<TrackKind, MediaStreamTrack | null>} Tracks
 *
 * @typedef {"connecting" | "connected" | "disconnected" | "failed"} ConnectionState
 *
 * @typedef {object} Negotiation what the two ends of a connection tell each other through the room
 * @property {string} session which connection of the two this is about
 * @property {boolean} [first] with an offer: nothing has been agreed on yet, so whoever gets it may start from nothing
 * @property {RTCSessionDescriptionInit} [description]
 * @property {RTCIceCandidateInit[]} [candidates] an empty candidate string ends them
 *
 * @typedef {object} ConnectionEvents
 * @property {{ state: ConnectionState }} state
 * @property {{ kind: TrackKind, track: MediaStreamTrack }} track the other side's track, once for each kind
 * @property {{}} open the control channel is open
 * @property {{ message: unknown }} message from the control channel
 * @property {{}} lost the other side closed the connection: it cannot be restarted
 * @property {{ error: unknown }} error the browser refused a step of the negotiation
 */

/** @type {Record<TrackKind, string>} */
const MEDIA = { audio: "audio", camera: "video" };

/**
 * One RTCPeerConnection from its first offer to its end: perfect negotiation after the example in the W3C
 * recommendation "WebRTC: Real-Time Communication in Browsers", section 10.7, with fixed transceivers and a control
 * channel that both sides create (`negotiated`, id 0).
 *
 * The example's `isSettingRemoteAnswerPending` is not needed: its purpose is an offer that arrives while an answer is
 * being applied, and here signals must be handed in one at a time, each after the former was handled.
 *
 * @extends {TypedTarget<ConnectionEvents>}
 */
export class Connection extends TypedTarget {
  #session;
  #initiator;
  #polite;
  #tracks;
  #send;
  #environment;
  #pc;
  /** @type {RTCDataChannel | null} */
  #control = null;
  /** @type {Map<TrackKind, RTCRtpTransceiver>} */
  #transceivers = new Map();
  #closed = false;
  #makingOffer = false;
  #ignoreOffer = false;
  #agreed = false;
  #withFirefox = false;
  /** @type {RTCIceCandidateInit[]} */
  #early = [];
  /** @type {RTCIceCandidateInit[]} */
  #batch = [];
  /** @type {any} */
  #batchTimer = null;
  #sentCandidate = false;
  #describing = false;

  /**
   * @param {object} options
   * @param {string} options.session
   * @param {boolean} options.initiator whether this side makes the first offer; the other waits for it
   * @param {boolean} options.polite whether this side gives way when both offer at once
   * @param {import("./protocol.js").IceServer[]} options.iceServers
   * @param {Tracks} options.tracks
   * @param {(negotiation: Negotiation) => void} options.send
   * @param {import("./environment.js").Environment} environment
   */
  constructor({ session, initiator, polite, iceServers, tracks, send }, environment) {
    super();
    this.#session = session;
    this.#initiator = initiator;
    this.#polite = polite;
    this.#tracks = { ...tracks };
    this.#send = send;
    this.#environment = environment;
    this.#pc = new environment.peerConnection({ iceServers });
    this.#listen();
    if (initiator) this.#prepare((media, stream) => this.#pc.addTransceiver(media, { streams: stream }));
  }

  get session() {
    return this.#session;
  }

  /** @returns {ConnectionState} */
  get state() {
    const states = [this.#pc.connectionState, this.#pc.iceConnectionState];
    if (states.includes("failed")) return "failed";
    if (states.includes("disconnected")) return "disconnected";
    return this.#pc.connectionState === "connected" ? "connected" : "connecting";
  }

  /** Whether an offer of ours has no answer yet. */
  get unanswered() {
    return this.#pc.signalingState === "have-local-offer";
  }

  /** Whether our very first offer has no answer yet, or is still to be made: the other side may know nothing of this connection. */
  get opening() {
    return this.#initiator && !this.#agreed;
  }

  /**
   * Whether a restart can be relied on. Not with Firefox: measured between Firefox 153 and Chromium 156, with nothing but
   * `restartIce` and the signaling around it, about every second restart that Chromium offers, and some that Firefox
   * does, leave Firefox without anything to receive while it says `connected`; or the DTLS role in its answer is refused.
   */
  get restartable() {
    return !this.#withFirefox && !isFirefox(this.#pc.localDescription);
  }

  /** @returns {Promise<RTCStatsReport>} */
  getStats() {
    return this.#pc.getStats();
  }

  /**
   * Applies what the other side sent for this connection. To be called again only after the promise has settled; it
   * never rejects.
   *
   * @param {Negotiation} negotiation
   * @returns {Promise<void>}
   */
  async receive({ description, candidates }) {
    try {
      if (description !== undefined) await this.#receiveDescription(description);
      if (candidates !== undefined) await this.#receiveCandidates(candidates);
    } catch (error) {
      this.#report(error);
    }
  }

  /**
   * Sends another track, or nothing, from now on.
   *
   * @param {TrackKind} kind
   * @param {MediaStreamTrack | null} track
   * @returns {Promise<void>}
   */
  async setTrack(kind, track) {
    this.#tracks[kind] = track;
    try {
      await this.#transceivers.get(kind)?.sender.replaceTrack(track);
    } catch (error) {
      this.#report(error);
    }
  }

  /**
   * Looks for a new way to the other side. Media goes on over the old one as long as that works. Nothing happens while an
   * offer of ours has no answer: a second one cannot be made before.
   *
   * @param {import("./protocol.js").IceServer[]} iceServers
   */
  restart(iceServers) {
    if (this.unanswered) return;
    try {
      this.#pc.setConfiguration({ iceServers });
      this.#pc.restartIce();
    } catch (error) {
      this.#report(error);
    }
  }

  /**
   * @param {unknown} message what JSON can say
   * @returns {boolean} whether the control channel took it
   */
  sendControl(message) {
    if (this.#control?.readyState !== "open") return false;
    this.#control.send(JSON.stringify(message));
    return true;
  }

  /** Ends the connection. No event follows. */
  close() {
    this.#closed = true;
    this.#environment.clearTimeout(this.#batchTimer);
    this.#pc.close();
  }

  #listen() {
    const pc = this.#pc;
    pc.onnegotiationneeded = () => this.#offer();
    pc.onicecandidate = ({ candidate }) => this.#gathered(candidate);
    pc.onconnectionstatechange = () => this.#stateChanged();
    // Once a connection was up, only one of the two states may ever say "failed": browsers differ in which.
    pc.oniceconnectionstatechange = () => this.#stateChanged();
  }

  #stateChanged() {
    if (!this.#closed) this.emit("state", { state: this.state });
  }

  /** @param {unknown} error */
  #report(error) {
    if (!this.#closed) this.emit("error", { error });
  }

  /**
   * Fixes the transceivers and the control channel.
   *
   * @param {(media: string, stream: MediaStream[]) => RTCRtpTransceiver | undefined} transceiverFor
   */
  #prepare(transceiverFor) {
    // Tracks of one stream are played in step: without it, sound and picture drift apart.
    const stream = "MediaStream" in globalThis ? [new MediaStream()] : [];
    for (const kind of TRACK_KINDS) {
      const transceiver = transceiverFor(MEDIA[kind], stream);
      if (transceiver === undefined) continue;
      this.#transceivers.set(kind, transceiver);
      this.setTrack(kind, this.#tracks[kind]);
    }
    this.#control = this.#pc.createDataChannel(CONTROL_LABEL, { negotiated: true, id: 0 });
    this.#control.onopen = () => !this.#closed && this.emit("open", {});
    this.#control.onclose = () => !this.#closed && this.emit("lost", {});
    this.#control.onmessage = ({ data }) => this.#receiveControl(data);
  }

  /** Takes over the transceivers of the other side's first offer: an answer cannot bring its own (RFC 8829, 5.10). */
  #adopt() {
    const offered = this.#pc.getTransceivers();
    this.#prepare((media, stream) => {
      const place = offered.findIndex((transceiver) => transceiver.receiver.track.kind === media);
      const [transceiver] = place === -1 ? [] : offered.splice(place, 1);
      if (transceiver === undefined) return undefined;
      transceiver.direction = "sendrecv";
      transceiver.sender.setStreams?.(...stream);
      return transceiver;
    });
  }

  async #offer() {
    // An answering side has nothing to offer before it has answered.
    if (!this.#initiator && !this.#agreed) return;
    try {
      this.#makingOffer = true;
      await this.#describe();
    } catch (error) {
      this.#report(error);
    } finally {
      this.#makingOffer = false;
    }
  }

  async #describe() {
    this.#describing = true;
    try {
      await this.#pc.setLocalDescription();
    } finally {
      this.#describing = false;
    }
    this.#sendDescription();
    if (this.#batch.length > 0 && this.#batchTimer === null) this.#flushCandidates();
  }

  #sendDescription() {
    const description = this.#pc.localDescription;
    if (this.#closed || description === null) return;
    const { type, sdp } = description;
    const first = type === "offer" && !this.#agreed;
    this.#send({ session: this.#session, ...(first && { first }), description: { type, sdp } });
  }

  /** @param {RTCSessionDescriptionInit} description */
  async #receiveDescription(description) {
    const pc = this.#pc;
    const isOffer = description.type === "offer";
    const collision = isOffer && (this.#makingOffer || pc.signalingState !== "stable");
    this.#ignoreOffer = !this.#polite && collision;
    if (this.#ignoreOffer) return;
    // An answer to an offer that was rolled back, or given up, answers nothing.
    if (!isOffer && pc.signalingState !== "have-local-offer") return;
    await pc.setRemoteDescription(description);
    if (this.#closed) return;
    // Asked of what was sent: Chromium writes the first line anew in what it gives back.
    this.#withFirefox = isFirefox(description);
    const isFirst = !this.#agreed;
    this.#agreed = true;
    if (isFirst && isOffer) this.#adopt();
    if (isFirst) this.#announceTracks();
    for (const candidate of this.#early.splice(0)) await this.#addCandidate(candidate);
    if (isOffer) await this.#describe();
  }

  /** @param {RTCIceCandidateInit[]} candidates */
  async #receiveCandidates(candidates) {
    if (this.#pc.remoteDescription === null) {
      this.#early.push(...candidates);
      return;
    }
    for (const candidate of candidates) await this.#addCandidate(candidate);
  }

  /** @param {RTCIceCandidateInit} candidate */
  async #addCandidate(candidate) {
    try {
      await this.#pc.addIceCandidate(candidate);
    } catch (error) {
      // The candidates of an offer that was ignored fit nothing.
      if (!this.#ignoreOffer) this.#report(error);
    }
  }

  #announceTracks() {
    for (const [kind, transceiver] of this.#transceivers) {
      this.emit("track", { kind, track: transceiver.receiver.track });
    }
  }

  /** @param {RTCIceCandidate | null} candidate null when there will be no more */
  #gathered(candidate) {
    // Some browsers end each generation with an empty candidate and all of them with null: one end is enough.
    if (this.#closed || candidate?.candidate === "") return;
    this.#batch.push(candidate === null ? { candidate: "" } : candidate.toJSON());
    // A candidate that overtakes its description fits nothing on the other side.
    if (this.#describing) return;
    if (!this.#sentCandidate) this.#flushCandidates();
    else this.#batchTimer ??= this.#environment.setTimeout(() => this.#flushCandidates(), CANDIDATE_BATCH_MS);
  }

  #flushCandidates() {
    this.#batchTimer = null;
    if (this.#closed) return;
    this.#sentCandidate = true;
    this.#send({ session: this.#session, candidates: this.#batch.splice(0) });
  }

  /** @param {unknown} data */
  #receiveControl(data) {
    if (this.#closed || typeof data !== "string") return;
    try {
      this.emit("message", { message: JSON.parse(data) });
    } catch (error) {
      this.#report(error);
    }
  }
}

/**
 * Whether a description was made by Firefox, which signs its own.
 *
 * @param {RTCSessionDescriptionInit | null} description
 */
function isFirefox(description) {
  return description?.sdp?.includes("o=mozilla") === true;
}

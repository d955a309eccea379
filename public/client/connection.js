import { limitSender, OPENING_LINES, OPENING_MS } from "./budget.js";
import { Candidates, DESCRIPTION_HOLD_MS, DESCRIPTION_REST_MS } from "./candidates.js";
import { certificatesOf, fingerprintsIn } from "./certificates.js";
import { VerificationError } from "./errors.js";
import { TypedTarget } from "./events.js";

/** The channels that both sides create, by label. Part of the agreement between browsers. */
const CHANNEL_IDS = { control: 0, messages: 1 };

/**
 * The media of a call, in the order of their transceivers. The order is part of the agreement between browsers: what
 * stands at a place never changes its meaning, so that muting, switching and sharing need no negotiation. What an older
 * version offers has no place for the screen: none is sent there, and the rest works.
 */
export const TRACK_KINDS = Object.freeze(/** @type {const} */ (["audio", "camera", "screen"]));

/**
 * @typedef {typeof TRACK_KINDS[number]} TrackKind
 * @typedef {Record<TrackKind, MediaStreamTrack | null>} Tracks
 *
 * @typedef {{ iceServers: import("./protocol.js").IceServer[], iceTransportPolicy: RTCIceTransportPolicy }} IceConfiguration
 *
 * @typedef {"connecting" | "connected" | "disconnected" | "failed"} ConnectionState
 *
 * @typedef {{ connection: RTCIceConnectionState, gathering: RTCIceGatheringState }} IceState in the browser's own words
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
 * @property {{ message: unknown }} control a message from the control channel
 * @property {{ channel: RTCDataChannel }} messages the channel for messages is open
 * @property {{ message: unknown }} message from the channel for messages
 * @property {{ channel: RTCDataChannel }} channel the other side opened a channel
 * @property {{}} lost the other side closed the connection: it cannot be restarted
 * @property {{ error: unknown }} error the browser refused a step of the negotiation
 */

/** @type {Record<TrackKind, string>} */
const MEDIA = { audio: "audio", camera: "video", screen: "video" };

/**
 * One RTCPeerConnection from its first offer to its end: perfect negotiation after the example in the W3C
 * recommendation "WebRTC: Real-Time Communication in Browsers", section 10.7, with fixed transceivers and two channels
 * that both sides create (`negotiated`): one for control, one for messages.
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
  #end = () => {};
  /** @type {Promise<null>} */
  #ended = new Promise((resolve) => {
    this.#end = () => resolve(null);
  });
  #makingOffer = false;
  #ignoreOffer = false;
  #agreed = false;
  #withFirefox = false;
  /** The other side's certificate: a connection never gets another one. */
  #certificate = "";
  /** @type {RTCIceCandidateInit[]} */
  #early = [];
  /** @type {import("./budget.js").Limits | null} */
  #limits = null;
  /** What each sender was last limited to. @type {Map<TrackKind, string>} */
  #limited = new Map();
  /** Whether pictures are kept small, so that the first one arrives soon. */
  #isNew = true;
  /** @type {any} */
  #newTimer = null;
  #candidates;
  /** Sends the description that is held back, if one is. */
  #sendHeld = () => {};
  /** Gives it up. */
  #dropHeld = () => {};
  /** Holds it back for not much longer. */
  #hurryHeld = () => {};

  /**
   * @param {object} options
   * @param {string} options.session
   * @param {boolean} options.initiator whether this side makes the first offer; the other waits for it
   * @param {boolean} options.polite whether this side gives way when both offer at once
   * @param {IceConfiguration} options.ice
   * @param {Tracks} options.tracks
   * @param {(negotiation: Negotiation) => void} options.send
   * @param {import("./environment.js").Environment} environment
   */
  constructor({ session, initiator, polite, ice, tracks, send }, environment) {
    super();
    this.#session = session;
    this.#initiator = initiator;
    this.#polite = polite;
    this.#tracks = { ...tracks };
    this.#send = send;
    this.#environment = environment;
    this.#candidates = new Candidates((candidates) => this.#send({ session, candidates }), environment);
    // Where there is none, nobody opens a connection: see `Peer`.
    const PeerConnection = /** @type {typeof RTCPeerConnection} */ (environment.peerConnection);
    this.#pc = new PeerConnection(configurationWith(ice));
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

  /** @returns {IceState} */
  get ice() {
    return { connection: this.#pc.iceConnectionState, gathering: this.#pc.iceGatheringState };
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

  /** Whether the control channel is open. */
  get ready() {
    return this.#control?.readyState === "open";
  }

  /** The fingerprints of both certificates, see `certificatesOf`. */
  fingerprints() {
    return certificatesOf(this.#pc);
  }

  /**
   * The statistics.
   *
   * @returns {Promise<RTCStatsReport | null>} null if the connection ends before they are there
   */
  getStats() {
    return this.#unlessEnded(this.#pc.getStats());
  }

  /**
   * Waits for a step of a connection that may be closed on the way: such a step never settles (W3C WebRTC 1.0, 4.4.1.2:
   * "if connection.[[IsClosed]] is true, abort these steps").
   *
   * @template Result
   * @param {Promise<Result>} step
   * @returns {Promise<Result | null>} null if the connection was closed first
   */
  #unlessEnded(step) {
    return Promise.race([step, this.#ended]);
  }

  /**
   * Applies what the other side sent for this connection. To be called again only after the promise has settled, which
   * it does at the latest when the connection is closed; it never rejects.
   *
   * @param {Negotiation} negotiation
   * @returns {Promise<void>}
   */
  async receive({ description, candidates }) {
    try {
      if (description !== undefined) await this.#unlessEnded(this.#receiveDescription(description));
      if (candidates !== undefined) await this.#unlessEnded(this.#receiveCandidates(candidates));
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
      const sender = this.#transceivers.get(kind)?.sender;
      if (sender !== undefined) await this.#unlessEnded(sender.replaceTrack(track));
    } catch (error) {
      this.#report(error);
    }
  }

  /**
   * Limits what is sent, from now on.
   *
   * @param {import("./budget.js").Limits} limits
   */
  limit(limits) {
    this.#limits = limits;
    this.#applyLimits();
  }

  /**
   * Looks for a new way to the other side. Media goes on over the old one as long as that works. Nothing happens while an
   * offer of ours has no answer: a second one cannot be made before.
   *
   * @param {IceConfiguration} ice
   */
  restart(ice) {
    if (this.unanswered) return;
    try {
      this.#pc.setConfiguration(configurationWith(ice));
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
    if (!this.ready) return false;
    this.#control?.send(JSON.stringify(message));
    return true;
  }

  /**
   * Opens a channel of its own for something large.
   *
   * @param {string} label
   * @param {string} protocol what the other side should know of it
   * @returns {RTCDataChannel | null} null if there is no connection to open it on
   */
  openChannel(label, protocol) {
    if (this.#closed || !this.ready) return null;
    return this.#pc.createDataChannel(label, { protocol });
  }

  /** Ends the connection. No event follows. */
  close() {
    this.#closed = true;
    this.#end();
    this.#dropHeld();
    this.#environment.clearTimeout(this.#newTimer);
    this.#candidates.close();
    this.#pc.close();
  }

  #listen() {
    const pc = this.#pc;
    pc.onnegotiationneeded = () => this.#offer();
    pc.onicecandidate = ({ candidate }) => {
      this.#candidates.add(candidate);
      this.#hurryHeld();
    };
    pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && this.#sendHeld();
    pc.onconnectionstatechange = () => this.#stateChanged();
    // Once a connection was up, only one of the two states may ever say "failed": browsers differ in which.
    pc.oniceconnectionstatechange = () => this.#stateChanged();
    pc.ondatachannel = ({ channel }) => this.emit("channel", { channel });
  }

  #stateChanged() {
    if (this.#closed) return;
    if (this.state === "connected") this.#age();
    this.emit("state", { state: this.state });
  }

  #age() {
    if (!this.#isNew || this.#newTimer !== null) return;
    this.#newTimer = this.#environment.setTimeout(() => {
      this.#isNew = false;
      this.#applyLimits();
    }, OPENING_MS);
  }

  /** @param {unknown} error */
  #report(error) {
    if (!this.#closed) this.emit("error", { error });
  }

  /**
   * Fixes the transceivers and the channels.
   *
   * @param {(media: string, stream: MediaStream[]) => RTCRtpTransceiver | undefined} transceiverFor
   */
  #prepare(transceiverFor) {
    // Tracks of one stream are played in step: without it, sound and picture of a person drift apart. A screen is no person.
    const stream = "MediaStream" in globalThis ? [new MediaStream()] : [];
    for (const kind of TRACK_KINDS) {
      const transceiver = transceiverFor(MEDIA[kind], kind === "screen" ? [] : stream);
      if (transceiver === undefined) continue;
      this.#transceivers.set(kind, transceiver);
      this.setTrack(kind, this.#tracks[kind]);
    }
    const control = this.#channel("control");
    control.onopen = () => !this.#closed && this.emit("open", {});
    control.onclose = () => !this.#closed && this.emit("lost", {});
    this.#control = control;
    const messages = this.#channel("messages", "message");
    messages.onopen = () => !this.#closed && this.emit("messages", { channel: messages });
  }

  /**
   * @param {"control" | "messages"} label
   * @param {"control" | "message"} [event] what a message from it is told as
   * @returns {RTCDataChannel}
   */
  #channel(label, event = "control") {
    const channel = this.#pc.createDataChannel(label, { negotiated: true, id: CHANNEL_IDS[label] });
    channel.onmessage = ({ data }) => this.#read(event, data);
    return channel;
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
    // An answer that is still held back comes before it.
    this.#sendHeld();
    try {
      this.#makingOffer = true;
      await this.#describe();
    } catch (error) {
      this.#report(error);
    } finally {
      this.#makingOffer = false;
    }
  }

  /** Makes a description and sends it, with the candidates that are found at once. */
  async #describe() {
    this.#candidates.hold();
    try {
      await this.#pc.setLocalDescription();
    } catch (error) {
      this.#candidates.release("", false);
      throw error;
    }
    if (this.#closed) return;
    /** @type {Promise<void>} */
    const sent = new Promise((resolve) => this.#hold(resolve));
    if (this.#pc.iceGatheringState === "complete") this.#sendHeld();
    await sent;
  }

  /** @param {() => void} done called when the description has been sent, or given up */
  #hold(done) {
    let timer = this.#environment.setTimeout(() => this.#sendHeld(), DESCRIPTION_HOLD_MS);
    this.#dropHeld = () => {
      this.#environment.clearTimeout(timer);
      this.#sendHeld = () => {};
      this.#dropHeld = () => {};
      this.#hurryHeld = () => {};
      done();
    };
    this.#sendHeld = () => {
      this.#sendDescription();
      this.#dropHeld();
    };
    this.#hurryHeld = () => {
      this.#hurryHeld = () => {};
      this.#environment.clearTimeout(timer);
      timer = this.#environment.setTimeout(() => this.#sendHeld(), DESCRIPTION_REST_MS);
    };
    // Found while the description was being made.
    if (this.#pc.localDescription?.sdp.includes("a=candidate:")) this.#hurryHeld();
  }

  #sendDescription() {
    const description = this.#pc.localDescription;
    if (description === null) return;
    const { type, sdp } = description;
    const first = type === "offer" && !this.#agreed;
    this.#send({ session: this.#session, ...(first && { first }), description: { type, sdp } });
    this.#candidates.release(sdp, this.#pc.iceGatheringState === "complete");
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
    const certificate = fingerprintsIn(description.sdp).join();
    // No browser changes it. What was verified must not be exchanged afterwards.
    if (this.#agreed && certificate !== this.#certificate)
      throw new VerificationError("another certificate than before");
    await pc.setRemoteDescription(description);
    if (this.#closed) return;
    // An offer of ours that was still held back has given way to theirs.
    if (isOffer) this.#dropHeld();
    this.#certificate = certificate;
    // Asked of what was sent: Chromium writes the first line anew in what it gives back.
    this.#withFirefox = isFirefox(description);
    const isFirst = !this.#agreed;
    this.#agreed = true;
    if (isFirst && isOffer) this.#adopt();
    if (isFirst) this.#announceTracks();
    for (const candidate of this.#early.splice(0)) await this.#addCandidate(candidate);
    if (isOffer) await this.#describe();
    if (isFirst) this.#applyLimits();
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

  #applyLimits() {
    // Before the two have agreed, not every browser knows what it will send.
    if (this.#limits === null || !this.#agreed || this.#closed) return;
    const { camera } = this.#limits;
    const opening = { ...camera, maxLines: Math.min(camera.maxLines ?? OPENING_LINES, OPENING_LINES) };
    const limits = this.#isNew ? { ...this.#limits, camera: opening } : this.#limits;
    for (const [kind, { sender }] of this.#transceivers) this.#limitSender(kind, sender, limits[kind]);
  }

  /**
   * Asking a browser for a sender's parameters and setting them stops the page for as long as the media threads are busy,
   * so it is done only where something is different.
   *
   * @param {TrackKind} kind
   * @param {RTCRtpSender} sender
   * @param {import("./budget.js").Limit} limit
   */
  async #limitSender(kind, sender, limit) {
    const wanted = JSON.stringify([limit, sender.track?.getSettings().height]);
    if (this.#limited.get(kind) === wanted) return;
    this.#limited.set(kind, wanted);
    const done = await limitSender(sender, kind, limit);
    if (!done && this.#limited.get(kind) === wanted) this.#limited.delete(kind);
  }

  #announceTracks() {
    for (const [kind, transceiver] of this.#transceivers) {
      this.emit("track", { kind, track: transceiver.receiver.track });
    }
  }

  /**
   * @param {"control" | "message"} event
   * @param {unknown} data
   */
  #read(event, data) {
    if (this.#closed || typeof data !== "string") return;
    try {
      this.emit(event, { message: JSON.parse(data) });
    } catch (error) {
      this.#report(error);
    }
  }
}

/**
 * @param {IceConfiguration} ice
 * @returns {RTCConfiguration}
 */
function configurationWith(ice) {
  // One transport for everything, from the first offer on: without it, each kind of media would gather candidates of its own.
  return { ...ice, bundlePolicy: "max-bundle" };
}

/**
 * Whether a description was made by Firefox, which signs its own.
 *
 * @param {RTCSessionDescriptionInit | null} description
 */
function isFirefox(description) {
  return description?.sdp?.includes("o=mozilla") === true;
}

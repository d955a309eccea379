/** How long a description is held back, in milliseconds, so that it takes along the candidates that are found at once: those of this machine's own addresses. Each message costs money, and a turn. */
export const DESCRIPTION_HOLD_MS = 25;

/** How long it is held back once the first is found, in milliseconds: those of the machine's other addresses follow it closely. */
export const DESCRIPTION_REST_MS = 5;

/** How long candidates are gathered into one message, in milliseconds. If the description had none, the first goes out at once: it is often enough. */
export const CANDIDATE_BATCH_MS = 75;

/** How long the word that there will be no more waits for company, in milliseconds. It only tells when to give up; by then it mostly goes over the connection itself, for nothing. */
export const LAST_CANDIDATE_MS = 2_000;

/** Our own candidates on their way to the other side: never before their description, not at all if they are in it, and few messages. */
export class Candidates {
  #send;
  #environment;
  /** @type {RTCIceCandidateInit[]} */
  #batch = [];
  #held = true;
  #described = "";
  #sentOne = false;
  /** @type {any} */
  #timer = null;

  /**
   * @param {(candidates: RTCIceCandidateInit[]) => void} send
   * @param {import("./environment.js").Environment} environment
   */
  constructor(send, environment) {
    this.#send = send;
    this.#environment = environment;
  }

  /** @param {RTCIceCandidate | null} candidate null when there will be no more */
  add(candidate) {
    // Some browsers end each generation with an empty candidate and all of them with null: one end is enough.
    if (candidate?.candidate === "") return;
    this.#batch.push(candidate === null ? { candidate: "" } : candidate.toJSON());
    this.#proceed();
  }

  /** A description is being made: what is found from now on may be in it, and fits nothing before it. */
  hold() {
    this.#held = true;
    this.#stop();
  }

  /**
   * The description is out, or there is none.
   *
   * @param {string} sdp
   * @param {boolean} complete whether there will be no more candidates for it
   */
  release(sdp, complete) {
    this.#held = false;
    this.#described = sdp;
    this.#sentOne = sdp.includes("a=candidate:");
    // The end of those for a former description is not the end of those for this one.
    this.#batch = this.#batch.filter(({ candidate }) => candidate !== "" || complete);
    this.#proceed();
  }

  close() {
    this.#stop();
    this.#batch = [];
    this.#held = true;
  }

  #proceed() {
    if (this.#held) return;
    this.#batch = this.#batch.filter((candidate) => !this.#isDescribed(candidate));
    const more = this.#batch.some(({ candidate }) => candidate !== "");
    if (more && !this.#sentOne) this.#flush();
    else if (this.#batch.length > 0) this.#later(more ? CANDIDATE_BATCH_MS : LAST_CANDIDATE_MS);
  }

  /** @param {number} milliseconds */
  #later(milliseconds) {
    this.#timer ??= this.#environment.setTimeout(() => this.#flush(), milliseconds);
  }

  #flush() {
    this.#stop();
    this.#sentOne = true;
    this.#send(this.#batch.splice(0));
  }

  #stop() {
    this.#environment.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /**
   * Whether a candidate is in the description. Compared up to its type, since browsers write what follows differently
   * (RFC 8839, section 5.1: foundation, component, transport, priority, address, port, `typ`, type).
   *
   * @param {RTCIceCandidateInit} init
   */
  #isDescribed({ candidate = "" }) {
    return candidate !== "" && this.#described.includes(`a=${candidate.split(" ").slice(0, 8).join(" ")}`);
  }
}

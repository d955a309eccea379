/**
 * What this tab remembers of one room, so that a reload comes back into the call as the same person.
 *
 * @typedef {object} Visit
 * @property {boolean} inCall whether this tab was in the call when the page went away
 * @property {string | null} resume see `Room.resume`
 * @property {string | null} token the join token that came with the link
 * @property {boolean} audio whether the microphone was on
 * @property {boolean} camera whether the camera was on
 */

/** @type {Visit} */
const NEVER = { inCall: false, resume: null, token: null, audio: true, camera: true };

/** A room's visit in `sessionStorage`. Where storage is switched off, nothing is remembered and nothing breaks. */
export class Memory {
  #key;

  /** @param {string} room */
  constructor(room) {
    this.#key = `switchboard:${room}`;
  }

  /** @returns {Visit} */
  read() {
    try {
      return { ...NEVER, ...JSON.parse(sessionStorage.getItem(this.#key) ?? "{}") };
    } catch {
      return NEVER;
    }
  }

  /** @param {Partial<Visit>} changes */
  write(changes) {
    try {
      sessionStorage.setItem(this.#key, JSON.stringify({ ...this.read(), ...changes }));
    } catch {
      // Storage is switched off or full.
    }
  }
}

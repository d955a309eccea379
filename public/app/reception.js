/**
 * Whether what somebody says they send arrives. Whoever sends into nothing is the last to notice: so each side watches what
 * comes, and tells the other when nothing does; and each watches whether its own packets leave.
 */

/** So long nothing has to arrive, or leave, before it is told, in milliseconds: longer than a change of the way takes. */
export const SILENCE_MS = 6_000;

/** After so long without a look the page or the machine has slept, in milliseconds: what did not come meanwhile says nothing. */
const SLEPT_MS = 2 * SILENCE_MS;

/**
 * @typedef {object} Flow what is counted at one moment
 * @property {boolean} expected whether there should be any
 * @property {number} count so far
 */

/** Watches one counter that should rise. */
export class Watch {
  #count = -1;
  #since = 0;
  #looked = 0;
  #stuck = false;

  /** Whether nothing has come for `SILENCE_MS`, though it should have. */
  get stuck() {
    return this.#stuck;
  }

  /**
   * @param {Flow} flow
   * @param {number} now in milliseconds
   * @returns {boolean} whether `stuck` has changed
   */
  look({ expected, count }, now) {
    const before = this.#stuck;
    const slept = now - this.#looked > SLEPT_MS;
    this.#looked = now;
    if (!expected || slept || count !== this.#count) {
      this.#count = expected ? count : -1;
      this.#since = now;
    }
    this.#stuck = expected && now - this.#since >= SILENCE_MS;
    return before !== this.#stuck;
  }
}

/**
 * @typedef {object} Complaint
 * @property {boolean} audio cannot hear us
 * @property {boolean} camera cannot see us
 */

/**
 * Who cannot hear or see us, in the order of the banner's sentence.
 *
 * @param {{ name: string, complaint: Complaint }[]} people everybody who is connected
 * @param {{ audio: boolean, camera: boolean }} sending what we send: nobody can miss what is switched off
 * @returns {Broken | null} null if nobody complains
 */
export function complaintsOf(people, sending) {
  return summed(
    people.map(({ name, complaint: { audio, camera } }) => ({
      name,
      audio: audio && sending.audio,
      camera: camera && sending.camera,
    })),
  );
}

/**
 * Whom we cannot hear or see, though they send.
 *
 * @param {{ name: string, missing: Complaint }[]} people everybody who is connected
 * @returns {Broken | null} null if everything arrives
 */
export function missingOf(people) {
  return summed(people.map(({ name, missing }) => ({ name, ...missing })));
}

/**
 * @typedef {{ kind: "audio" | "camera" | "both", names: string[], all: boolean }} Broken `all`: it concerns everybody
 *
 * @param {({ name: string } & Complaint)[]} people
 * @returns {Broken | null}
 */
function summed(people) {
  const deaf = people.filter(({ audio }) => audio);
  const blind = people.filter(({ camera }) => camera);
  if (deaf.length === 0 && blind.length === 0) return null;
  const kind = deaf.length === 0 ? "camera" : blind.length === deaf.length ? "both" : "audio";
  const affected = kind === "camera" ? blind : deaf;
  return { kind, names: affected.map(({ name }) => name), all: affected.length === people.length };
}

/**
 * A generator of random numbers that a seed fixes (mulberry32), so that a run that failed can be run again.
 *
 * @param {number} seed
 * @returns {() => number} at least 0, less than 1
 */
export function chance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

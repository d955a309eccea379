/**
 * Exponential back-off with full jitter: a random time between zero and `base · 2^attempt`, never above `cap`. Full
 * jitter spreads the clients of a server that came back better than a fixed share of the delay does (AWS Architecture
 * Blog, "Exponential Backoff And Jitter", 2015).
 *
 * @param {number} attempt 0 for the first try after a failure
 * @param {{ base: number, cap: number }} bounds milliseconds
 * @param {() => number} random at least 0, less than 1
 * @returns {number} milliseconds
 */
export function fullJitter(attempt, { base, cap }, random) {
  return random() * Math.min(cap, base * 2 ** attempt);
}

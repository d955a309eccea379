// What the module has done to strings in the script's own memory, where they are already.

/**
 * The signal whose data is a part of an incoming frame.
 *
 * @param {string} head what stands before the data
 * @param {string} frame
 * @param {number} start where the data begins
 * @param {number} end where it ends
 */
export function signal(head, frame, start, end) {
  return `${head}${frame.slice(start, end)}}`;
}

// Where the journal's lines go: to the log, and to Analytics Engine where a data set is bound (docs/deploying.md).

/**
 * @param {string[]} lines JSON
 * @param {boolean} logs whether the log is on
 * @param {{ writeDataPoint: (point: object) => void } | undefined} analytics
 */
export function write(lines, logs, analytics) {
  for (const line of lines) {
    if (logs) console.log(line);
    analytics?.writeDataPoint(pointOf(JSON.parse(line)));
  }
}

/** @param {{ event: string, room?: string, reason?: string, present?: number, signals?: number }} line */
function pointOf({ event, room = "", reason = "", present = 0, signals = 0 }) {
  return { indexes: [room], blobs: [event, reason], doubles: [present, signals] };
}

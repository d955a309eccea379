// From what was measured in each round to a table, and to an object for programs.

import { OURS } from "./contestants.js";

/** @typedef {import("./measurements.js").Figure} Figure */

/** From this part of the time on that the load client is computing, it may be what limits the figure. */
const BUSY = 0.9;

/**
 * A pairing.
 *
 * @typedef {object} Entry
 * @property {string} title
 * @property {string} unit
 * @property {"higher" | "lower"} better
 * @property {number} ours the median
 * @property {number} rival the median
 * @property {number} ratio ours / rival
 * @property {[number, number]} oursQuartiles
 * @property {[number, number]} rivalQuartiles
 * @property {number} rounds
 * @property {number} [clientBusy] the most that the load client was computing, for either: near 1, the client is the limit
 */

/**
 * @param {number[]} values
 * @param {number} part
 */
export function quantile(values, part) {
  const sorted = [...values].sort((one, other) => one - other);
  const place = (sorted.length - 1) * part;
  const [lower = Number.NaN, upper = Number.NaN] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return lower + (upper - lower) * (place - Math.floor(place));
}

/** What was measured of everybody, in the order in which it came. */
export class Results {
  /** @type {Map<string, { figure: Figure, values: Map<string, number[]>, busy: Map<string, number> }>} */
  #rows = new Map();

  /**
   * @param {string} contestant
   * @param {Figure[]} figures
   */
  add(contestant, figures) {
    for (const figure of figures) {
      const row = this.#rows.get(figure.key) ?? { figure, values: new Map(), busy: new Map() };
      this.#rows.set(figure.key, row);
      row.values.set(contestant, [...(row.values.get(contestant) ?? []), figure.value]);
      row.busy.set(contestant, Math.max(row.busy.get(contestant) ?? 0, figure.clientBusy ?? 0));
    }
  }

  /** @returns {Record<string, Entry>} */
  entries() {
    /** @type {Record<string, Entry>} */
    const entries = {};
    for (const [key, { figure, values, busy }] of this.#rows) {
      const own = values.get(OURS) ?? [];
      for (const [rival, theirs] of values) {
        if (rival === OURS) continue;
        const [ours, median] = [quantile(own, 0.5), quantile(theirs, 0.5)];
        // There is no ratio to nothing.
        if (median === 0) continue;
        const clientBusy = Math.max(busy.get(OURS) ?? 0, busy.get(rival) ?? 0);
        entries[`${key}/${rival}`] = {
          title: `${figure.title}, beside ${rival}`,
          unit: figure.unit,
          better: figure.better,
          ours,
          rival: median,
          ratio: ours / median,
          oursQuartiles: [quantile(own, 0.25), quantile(own, 0.75)],
          rivalQuartiles: [quantile(theirs, 0.25), quantile(theirs, 0.75)],
          rounds: theirs.length,
          ...(clientBusy > 0 ? { clientBusy } : {}),
        };
      }
    }
    return entries;
  }
}

/**
 * A table in Markdown: a row for each figure, a column for each who was measured. A cell has the median, half of what lies between the
 * quartiles, and ours divided by theirs.
 *
 * @param {Record<string, Entry>} entries
 */
export function table(entries) {
  /** @type {Map<string, Map<string, Entry>>} */
  const rows = new Map();
  for (const [key, entry] of Object.entries(entries)) {
    const [figure = "", rival = ""] = key.split("/");
    rows.set(figure, (rows.get(figure) ?? new Map()).set(rival, entry));
  }
  const rivals = [...new Set(Object.keys(entries).map((key) => key.split("/")[1] ?? ""))];
  const head = ["figure", "unit", OURS, ...rivals];
  const lines = Array.from(rows.values(), (row) => {
    const [first] = row.values();
    if (first === undefined) return [];
    const title = first.title.slice(0, first.title.lastIndexOf(", beside "));
    const unit = `${first.unit} ${first.better === "higher" ? "↑" : "↓"}`;
    return [title, unit, cell(first.ours, first.oursQuartiles), ...rivals.map((rival) => rivalCell(row.get(rival)))];
  });
  return [head, head.map((_, place) => (place < 2 ? "---" : "---:")), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** @param {Entry | undefined} entry */
function rivalCell(entry) {
  if (entry === undefined) return "";
  const limited = (entry.clientBusy ?? 0) > BUSY ? " (client)" : "";
  return `${cell(entry.rival, entry.rivalQuartiles)}, **${entry.ratio.toFixed(2)}**${limited}`;
}

/**
 * @param {number} median
 * @param {[number, number]} quartiles
 */
function cell(median, [lower, upper]) {
  const digits = Math.abs(median) < 100 ? 1 : 0;
  const rounded = median.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const spread = Math.round(((upper - lower) / 2 / Math.abs(median)) * 100);
  return spread > 0 ? `${rounded} ±${spread} %` : rounded;
}

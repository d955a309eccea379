/**
 * What this browser remembers for the person, on this machine only: the name, the devices, the last rooms with their keys.
 * Where storage is switched off, nothing is remembered and nothing breaks.
 *
 * @typedef {object} Preferences
 * @property {string} name
 * @property {{ audio: string, camera: string, speaker: string }} devices ids as the browser gives them; empty for its choice
 * @property {import("./layout.js").Corner} corner where our own picture floats
 * @property {boolean} shortcuts whether single letters control a call
 *
 * @typedef {{ room: string, fragment: string, at: number }} Recent `at`: milliseconds since 1970
 */

const PREFERENCES = "switchboard:preferences";
const RECENT = "switchboard:recent";

/** So many rooms are remembered. */
export const RECENT_ROOMS = 5;

/** @type {Preferences} */
const NONE = { name: "", devices: { audio: "", camera: "", speaker: "" }, corner: "bottom-right", shortcuts: true };

/** @returns {Preferences} */
export function readPreferences() {
  const kept = /** @type {Partial<Preferences>} */ (read(PREFERENCES) ?? {});
  return { ...NONE, ...kept, devices: { ...NONE.devices, ...kept.devices } };
}

/** @param {Partial<Preferences>} changes */
export function writePreferences(changes) {
  write(PREFERENCES, { ...readPreferences(), ...changes });
}

/** The last rooms, the newest first. @returns {Recent[]} */
export function recentRooms() {
  const kept = read(RECENT);
  return Array.isArray(kept) ? kept.filter(isRecent).slice(0, RECENT_ROOMS) : [];
}

/** @param {Recent} visit */
export function rememberRoom(visit) {
  write(RECENT, [visit, ...recentRooms().filter(({ room }) => room !== visit.room)].slice(0, RECENT_ROOMS));
}

/** @param {string} name */
export function forgetRoom(name) {
  write(
    RECENT,
    recentRooms().filter(({ room }) => room !== name),
  );
}

/** @param {any} entry */
function isRecent(entry) {
  return typeof entry?.room === "string" && typeof entry.fragment === "string" && typeof entry.at === "number";
}

/** @param {string} key */
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @param {unknown} value
 */
function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is switched off or full.
  }
}

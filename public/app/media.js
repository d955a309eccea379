/**
 * - `denied`: the person or the browser's settings said no
 * - `system`: the operating system keeps the browser from it
 * - `none`: there is no such device
 * - `busy`: another program has it
 * - `failed`: something else
 *
 * @typedef {"denied" | "system" | "none" | "busy" | "failed"} MediaProblem
 *
 * @typedef {"audio" | "camera"} DeviceKind
 * @typedef {Record<DeviceKind, MediaStreamTrack | null>} DeviceTracks
 * @typedef {Record<DeviceKind, boolean>} Wanted
 * @typedef {Partial<Record<DeviceKind, MediaProblem>>} MediaProblems
 * @typedef {Record<DeviceKind, string>} Chosen device ids; empty for the browser's choice
 */

/** The two kinds of devices that are opened. */
export const DEVICE_KINDS = Object.freeze(/** @type {const} */ (["audio", "camera"]));

/** The names that the Permissions API has for them. */
const PERMISSIONS = { audio: "microphone", camera: "camera" };

/** @type {Record<string, MediaProblem>} see W3C Media Capture and Streams, getUserMedia */
const PROBLEMS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

/**
 * Opens what is wanted. One device that does not work does not keep the other from being used. The person is asked
 * once for both; only when that fails for another reason than a refusal is each tried alone.
 *
 * @param {Wanted} wanted
 * @param {Chosen} chosen a device that is not there any more is replaced by the browser's choice
 * @returns {Promise<{ tracks: DeviceTracks, problems: MediaProblems }>} it never rejects
 */
export async function openDevices({ audio, camera }, chosen) {
  if (audio && camera && !(await isOneDenied())) {
    const both = await request({ ...constraintsOf("audio", chosen), ...constraintsOf("camera", chosen) });
    if (both instanceof MediaStream) return { tracks: tracksOf(both), problems: {} };
    if (both === "denied" || both === "system") return openAllowed(both, chosen);
  }
  return openEach({ audio, camera }, chosen);
}

/**
 * Whether a device can be opened without the person being asked.
 *
 * @param {DeviceKind} kind
 * @returns {Promise<PermissionState | "unknown">}
 */
export async function permissionOf(kind) {
  try {
    const name = /** @type {PermissionName} */ (PERMISSIONS[kind]);
    const { state } = await navigator.permissions.query({ name });
    return state;
  } catch {
    // Not every browser can be asked about these.
    return "unknown";
  }
}

/** Whether one of the two was refused for good: a browser that is asked for both then does not ask for the other either. */
async function isOneDenied() {
  const states = await Promise.all(DEVICE_KINDS.map(permissionOf));
  return states.filter((state) => state === "denied").length === 1;
}

/**
 * What an error of the browser means when a device or a screen was asked for.
 *
 * @param {unknown} error
 * @returns {MediaProblem}
 */
export function problemOf(error) {
  const { name, message } = /** @type {Error} */ (error);
  const problem = PROBLEMS[name] ?? "failed";
  // Chromium says so in words only.
  return problem === "denied" && /system/i.test(message) ? "system" : problem;
}

/**
 * @param {DeviceKind} kind
 * @param {Chosen} chosen
 * @returns {MediaStreamConstraints}
 */
function constraintsOf(kind, chosen) {
  // Not as an ideal, for which Chromium takes the default microphone all the same.
  const id = chosen[kind] === "" ? {} : { deviceId: { exact: chosen[kind] } };
  if (kind === "audio") {
    return { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...id } };
  }
  const facing = chosen.camera === "" ? { facingMode: "user" } : {};
  return { video: { width: { ideal: 1280 }, height: { ideal: 720 }, ...facing, ...id } };
}

/**
 * Opens each device for itself.
 *
 * @param {Wanted} wanted
 * @param {Chosen} chosen
 * @returns {Promise<{ tracks: DeviceTracks, problems: MediaProblems }>}
 */
async function openEach(wanted, chosen) {
  /** @type {DeviceTracks} */
  const tracks = { audio: null, camera: null };
  /** @type {MediaProblems} */
  const problems = {};
  for (const kind of DEVICE_KINDS) {
    if (!wanted[kind]) continue;
    const opened = await open(kind, chosen);
    if (opened instanceof MediaStream) tracks[kind] = tracksOf(opened)[kind];
    else problems[kind] = opened;
  }
  return { tracks, problems };
}

/**
 * After a refusal: opens what has been allowed before, since asking again for what was refused would be rude.
 *
 * @param {MediaProblem} refusal
 * @param {Chosen} chosen
 * @returns {Promise<{ tracks: DeviceTracks, problems: MediaProblems }>}
 */
async function openAllowed(refusal, chosen) {
  const allowed = {
    audio: (await permissionOf("audio")) === "granted",
    camera: (await permissionOf("camera")) === "granted",
  };
  const { tracks, problems } = await openEach(allowed, chosen);
  for (const kind of DEVICE_KINDS) if (!allowed[kind]) problems[kind] = refusal;
  return { tracks, problems };
}

/**
 * Opens what was chosen, or another device if it is not there.
 *
 * @param {DeviceKind} kind
 * @param {Chosen} chosen
 * @returns {Promise<MediaStream | MediaProblem>}
 */
async function open(kind, chosen) {
  const opened = await request(constraintsOf(kind, chosen));
  if (opened !== "none" || chosen[kind] === "") return opened;
  return request(constraintsOf(kind, { ...chosen, [kind]: "" }));
}

/**
 * @param {MediaStreamConstraints} constraints
 * @returns {Promise<MediaStream | MediaProblem>}
 */
async function request(constraints) {
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    return problemOf(error);
  }
}

/**
 * @param {MediaStream} stream
 * @returns {DeviceTracks}
 */
function tracksOf(stream) {
  return { audio: stream.getAudioTracks()[0] ?? null, camera: stream.getVideoTracks()[0] ?? null };
}

/**
 * - `denied`: the person or the browser's settings said no
 * - `none`: there is no such device
 * - `busy`: another program has it
 * - `failed`: something else
 *
 * @typedef {"denied" | "none" | "busy" | "failed"} MediaProblem
 *
 * @typedef {"audio" | "camera"} DeviceKind
 * @typedef {Record<DeviceKind, MediaStreamTrack | null>} DeviceTracks
 * @typedef {Record<DeviceKind, boolean>} Wanted
 * @typedef {Partial<Record<DeviceKind, MediaProblem>>} MediaProblems
 */

/** @type {Record<DeviceKind, MediaStreamConstraints>} */
const CONSTRAINTS = {
  audio: { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } },
  camera: { video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" } },
};

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
 * @returns {Promise<{ tracks: DeviceTracks, problems: MediaProblems }>} it never rejects
 */
export async function openDevices({ audio, camera }) {
  if (audio && camera) {
    const both = await open({ ...CONSTRAINTS.audio, ...CONSTRAINTS.camera });
    if (both instanceof MediaStream) return { tracks: tracksOf(both), problems: {} };
    if (both === "denied") return openAllowed();
  }
  return openEach({ audio, camera });
}

/**
 * Opens each device for itself.
 *
 * @param {Wanted} wanted
 * @returns {Promise<{ tracks: DeviceTracks, problems: MediaProblems }>}
 */
async function openEach(wanted) {
  /** @type {DeviceTracks} */
  const tracks = { audio: null, camera: null };
  /** @type {MediaProblems} */
  const problems = {};
  for (const kind of /** @type {const} */ (["audio", "camera"])) {
    if (!wanted[kind]) continue;
    const opened = await open(CONSTRAINTS[kind]);
    if (opened instanceof MediaStream) tracks[kind] = tracksOf(opened)[kind];
    else problems[kind] = opened;
  }
  return { tracks, problems };
}

/**
 * After a refusal: opens what has been allowed before, since asking again for what was refused would be rude.
 *
 * @returns {Promise<{ tracks: DeviceTracks, problems: MediaProblems }>}
 */
async function openAllowed() {
  const allowed = { audio: await isAllowed("microphone"), camera: await isAllowed("camera") };
  const { tracks, problems } = await openEach(allowed);
  if (!allowed.audio) problems.audio = "denied";
  if (!allowed.camera) problems.camera = "denied";
  return { tracks, problems };
}

/** @param {string} name */
async function isAllowed(name) {
  try {
    const { state } = await navigator.permissions.query({ name: /** @type {PermissionName} */ (name) });
    return state === "granted";
  } catch {
    // Not every browser can be asked about these.
    return false;
  }
}

/**
 * @param {MediaStreamConstraints} constraints
 * @returns {Promise<MediaStream | MediaProblem>}
 */
async function open(constraints) {
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    return PROBLEMS[/** @type {Error} */ (error).name] ?? "failed";
  }
}

/**
 * @param {MediaStream} stream
 * @returns {DeviceTracks}
 */
function tracksOf(stream) {
  return { audio: stream.getAudioTracks()[0] ?? null, camera: stream.getVideoTracks()[0] ?? null };
}

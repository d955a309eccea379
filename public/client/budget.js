/**
 * What goes up from one browser to everybody, in bits per second. A browser estimates each connection alone, and together
 * they would fill any line; this is what an ordinary home line carries besides everything else. A room can be given
 * another figure.
 */
export const UPLOAD_BPS = 6_000_000;

/** For speech with all that ears hear, in bits per second (RFC 7587, section 3.1.1: 28 to 40 kbit/s). Taken off first: a call lives by its sound. */
export const AUDIO_BPS = 40_000;

/** More than this, in bits per second, is hardly seen at 720 lines, or on a screen with text. */
export const CAMERA_BPS = 2_000_000;
export const SCREEN_BPS = 2_500_000;

/** For a picture that is shown small, in bits per second, and so many lines are enough for it. */
export const SMALL_BPS = 150_000;
export const SMALL_LINES = 180;

/**
 * A new connection begins with so many lines, and has all of them so many milliseconds after it came up. Chromium takes a
 * line it does not know for one of 300 kbit/s, and throws the first pictures away if they have more than 320 × 240 pixels
 * (libwebrtc, `VideoStreamEncoder::DropDueToSize`). Measured, the first one is there 100 ms sooner.
 */
export const OPENING_LINES = 180;
export const OPENING_MS = 500;

/** With less than this, in bits per second, there is no picture. */
export const LEAST_BPS = 50_000;

/** So much of what is left for pictures goes to the screen while both are sent: it has to be read. */
export const SCREEN_PART = 0.7;

/**
 * - `full`: as good as there is room for
 * - `small`: it is shown small
 * - `none`: it is not shown
 *
 * @typedef {"full" | "small" | "none"} Size
 * @typedef {Record<"camera" | "screen", Size>} Wants
 *
 * @typedef {object} Limit what one sender may send
 * @property {number} maxBitrate bits per second
 * @property {boolean} active
 * @property {number} [maxLines] the height of the picture
 *
 * @typedef {Record<import("./connection.js").TrackKind, Limit>} Limits
 */

/** What everybody wants who has not said anything else. @type {Readonly<Wants>} */
export const EVERYTHING = Object.freeze({ camera: "full", screen: "full" });

/**
 * Divides what may go to one peer.
 *
 * @param {number} bps bits per second
 * @param {{ camera: boolean, screen: boolean }} sending which pictures there are
 * @param {Wants} wants what the peer shows
 * @returns {Limits}
 */
export function divide(bps, sending, wants) {
  const pictures = Math.max(0, bps - AUDIO_BPS);
  const part = sending.camera && sending.screen && wants.screen === "full" ? SCREEN_PART : 1;
  return {
    audio: { maxBitrate: AUDIO_BPS, active: true },
    camera: limitOf(pictures * (part === 1 ? 1 : 1 - part), CAMERA_BPS, wants.camera),
    screen: limitOf(pictures * part, SCREEN_BPS, wants.screen),
  };
}

/**
 * @param {number} available
 * @param {number} most
 * @param {Size} size
 * @returns {Limit}
 */
function limitOf(available, most, size) {
  const maxBitrate = Math.round(Math.max(LEAST_BPS, Math.min(available, size === "small" ? SMALL_BPS : most)));
  return { maxBitrate, active: size !== "none", ...(size === "small" && { maxLines: SMALL_LINES }) };
}

/**
 * What a peer says it wants; everything, where it says nothing that is understood.
 *
 * @param {Record<string, unknown>} message
 * @returns {Wants}
 */
export function readWants({ camera, screen }) {
  const sizeOf = (/** @type {unknown} */ size) => (size === "small" || size === "none" ? size : "full");
  return { camera: sizeOf(camera), screen: sizeOf(screen) };
}

/**
 * Limits a sender. A browser that does not do as it is told sends as much as it thinks right, which is no reason to end a
 * call.
 *
 * @param {RTCRtpSender} sender
 * @param {import("./connection.js").TrackKind} kind
 * @param {Limit} limit
 * @returns {Promise<boolean>} whether the browser has taken it; it never rejects
 */
export async function limitSender(sender, kind, { maxBitrate, active, maxLines }) {
  try {
    const parameters = sender.getParameters();
    const [encoding] = parameters.encodings;
    if (encoding === undefined) return false;
    Object.assign(encoding, { maxBitrate, active, priority: kind === "audio" ? "high" : "low" });
    if (kind !== "audio") {
      const lines = sender.track?.getSettings().height ?? 0;
      encoding.scaleResolutionDownBy = maxLines === undefined ? 1 : Math.max(1, lines / maxLines);
    }
    // Fewer pictures rather than blurred letters.
    if (kind === "screen") parameters.degradationPreference = "maintain-resolution";
    await sender.setParameters(parameters);
    return true;
  } catch {
    // See above.
    return false;
  }
}

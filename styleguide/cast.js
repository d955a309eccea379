import { Guest } from "../public/app/guests.js";
import { TypedTarget } from "../public/client/room.js";
import { EMOJI, EMOJI_COUNT } from "../public/client/verification.js";

/** How often a picture is drawn anew, in milliseconds: a picture that never changes counts as none in some browsers. */
const DRAW_MS = 500;

/** @typedef {import("../public/app/stats.js").Summary} Summary */

/** Names, of which one is too long for every place. */
export const NAMES = [
  "Amal",
  "Björn Lindqvist",
  "Chiara",
  "Dai",
  "Edwina Featherstonehaugh-Cholmondeley",
  "Femi",
  "Greta",
];

/** A link as long as the real ones. */
export const LINK = "https://calls.example/r/k7m2-9qxw-3fzt#Vm9pY2VzIGluIHRoZSBh";

let made = 0;

/**
 * Somebody else in a call, connected to nobody.
 *
 * @param {string} name
 * @param {object} [state]
 * @param {string} [state.state]
 * @param {{ audio?: boolean, camera?: boolean, screen?: boolean }} [state.media]
 * @param {Summary | null} [state.summary]
 * @param {boolean} [state.noRoute]
 * @param {import("../public/app/guests.js").VerificationState} [state.verification]
 * @returns {Guest}
 */
export function guest(
  name,
  { state = "connected", media = {}, summary = connection(), noRoute = false, verification = "none" } = {},
) {
  made += 1;
  const peer = Object.assign(new TypedTarget(), {
    id: `guest-${made}`,
    state,
    away: false,
    media: { audio: true, camera: true, screen: false, ...media },
    want() {},
    send() {},
  });
  const guest = new Guest(/** @type {any} */ (peer), made);
  const result = verification === "none" || verification === "failed" ? null : comparison();
  return Object.assign(guest, { name, isNamed: true, summary, noRoute, verification: { state: verification, result } });
}

/** What two people compare. */
function comparison() {
  const emoji = EMOJI.slice(11, 11 + EMOJI_COUNT).map(([emoji, name]) => ({ emoji, name }));
  return { emoji, digits: "240518837764" };
}

/**
 * The statistics of a connection.
 *
 * @param {{ roundTrip?: number, loss?: number, relayed?: boolean }} [quality]
 * @returns {Summary}
 */
export function connection({ roundTrip = 24, loss = 0, relayed = false } = {}) {
  const kind = relayed ? "relay" : "srflx";
  const flow = { bytes: 0, packets: 0, lost: 0, audioPackets: 0, active: true, loss };
  const picture = { width: 1280, height: 720, fps: 30 };
  return {
    at: 0,
    pair: { local: kind, remote: "host", protocol: relayed ? "tls" : "udp" },
    roundTrip,
    available: 2_400_000,
    received: { ...flow, bps: 1_480_000, picture },
    sent: { ...flow, bps: 960_000, picture },
    jitter: 4,
    cameraFrames: 0,
  };
}

/** @type {Map<string, MediaStreamTrack | null>} */
const pictures = new Map();

/**
 * A moving picture.
 *
 * @param {"face" | "screen" | "upright"} kind
 * @param {number} [number] one picture for each
 */
export function picture(kind, number = 0) {
  const key = `${kind} ${number}`;
  const known = pictures.get(key);
  if (known !== undefined) return known;
  const [width, height] = { face: [640, 360], screen: [1280, 720], upright: [360, 640] }[kind];
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  const [track = null] = context === null ? [] : canvas.captureStream(2).getVideoTracks();
  if (context !== null) {
    const draw = () => (kind === "screen" ? drawSlide(context) : drawFace(context, (number * 67 + 200) % 360));
    draw();
    setInterval(draw, DRAW_MS);
  }
  pictures.set(key, track);
  return track;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} hue
 */
function drawFace(context, hue) {
  const { width, height } = context.canvas;
  const size = Math.min(width, height);
  const light = context.createLinearGradient(0, 0, width, height);
  light.addColorStop(0, `hsl(${hue} 28% 58%)`);
  light.addColorStop(1, `hsl(${hue} 34% 26%)`);
  const parts = /** @type {const} */ ([
    [`hsl(${(hue + 20) % 360} 28% 20%)`, 1.02, 0.42, 0.4],
    [`hsl(${20 + (hue % 20)} 42% ${45 + (hue % 30)}%)`, 0.44, 0.16, 0.21],
  ]);
  context.fillStyle = light;
  context.fillRect(0, 0, width, height);
  for (const [colour, y, across, down] of parts) {
    context.fillStyle = colour;
    context.beginPath();
    context.ellipse(width / 2, height * y, size * across, size * down, 0, 0, 2 * Math.PI);
    context.fill();
  }
}

/** @param {CanvasRenderingContext2D} context */
function drawSlide(context) {
  const { width, height } = context.canvas;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#16213a";
  context.font = "600 56px sans-serif";
  context.fillText("What we ship this week", 80, 130);
  for (const [place, part] of [0.9, 0.6, 0.75, 0.4].entries()) {
    context.fillStyle = place === 0 ? "#0a7350" : "#c7d0cc";
    context.fillRect(80, 220 + place * 90, (width - 160) * part, 48);
  }
}

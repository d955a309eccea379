import { makeBanner } from "../public/app/banners.js";
import { Bar } from "../public/app/bar.js";
import { h } from "../public/app/dom.js";
import { wordsFor } from "../public/app/problem-words.js";
import { strings } from "../public/app/strings.js";
import { Tile } from "../public/app/tile.js";
import { Tiles } from "../public/app/tiles.js";
import { TypedTarget } from "../public/client/room.js";
import { guest, NAMES, picture } from "./cast.js";
import { chapter, specimen } from "./specimen.js";

const [AMAL = "", BJÖRN = "", CHIARA = "", , EDWINA = ""] = NAMES;

/**
 * @typedef {object} TileState
 * @property {string} [name]
 * @property {boolean} [own]
 * @property {boolean} [screen]
 * @property {boolean} [muted]
 * @property {boolean} [speaking]
 * @property {0 | 1 | 2 | 3 | 4} [bars]
 * @property {Parameters<Tile["setState"]>[0]} [state]
 * @property {MediaStreamTrack | null} [track] what is seen; null for no camera
 * @property {string} [face] whose letters stand for the picture
 */

/**
 * A tile in one state, as large as its box.
 *
 * @param {string} title
 * @param {TileState} state
 * @param {string} [box] class of its box
 */
async function tile(
  title,
  { name = AMAL, own, screen, muted = false, speaking, bars = 4, state = "connected", track = picture("face"), face },
  box = "box",
) {
  const tile = new Tile({ name, own, screen });
  const around = h("div", { class: `tiles ${box}` }, tile.element);
  new ResizeObserver(() => {
    tile.place({ x: 0, y: 0, width: around.clientWidth, height: around.clientHeight });
  }).observe(around);
  if (face !== undefined) tile.setFace(face);
  tile.setMedia({ audio: !muted, camera: track !== null });
  tile.setBars(bars);
  if (speaking) tile.setSpeaking(true);
  await tile.show("picture", track);
  // Only a picture that was seen can be the last one.
  if (track !== null) await seen(tile.video);
  tile.setState(state);
  return specimen(title, around, "night");
}

/** @param {HTMLVideoElement} video */
function seen(video) {
  if (video.videoWidth > 0) return Promise.resolve();
  return new Promise((resolve) => video.addEventListener("resize", resolve, { once: true }));
}

async function tileChapter() {
  const screen = { name: strings.screenOf(AMAL), screen: true, bars: /** @type {const} */ (0) };
  const you = { name: strings.you, own: true, bars: /** @type {const} */ (0) };
  const slide = picture("screen");
  const tiles = await Promise.all([
    tile("Connected", {}),
    tile("Speaking", { speaking: true }),
    tile("Microphone off", { muted: true }),
    tile("No camera", { name: BJÖRN, track: null }),
    tile("No camera, speaking", { name: BJÖRN, track: null, speaking: true }),
    tile("Neither", { name: CHIARA, track: null, muted: true }),
    tile("A long name, microphone off", { name: EDWINA, muted: true }),
    tile("Connecting", { name: CHIARA, track: null, muted: true, bars: 0, state: "connecting" }),
    tile("Reconnecting, over the last picture", { state: "reconnecting", bars: 0 }),
    tile("Reconnecting, no camera", { name: BJÖRN, track: null, state: "reconnecting", bars: 0 }),
    tile("No way through", { name: BJÖRN, track: null, muted: true, state: "no-route", bars: 0 }),
    tile("Ourselves", { ...you, track: picture("face", 4) }),
    tile("Ourselves, no camera, microphone off", { ...you, track: null, muted: true, face: "Zoë" }),
    tile("Ourselves, without a name", { ...you, track: null, face: "" }),
    tile("Ourselves, paused by the system", { ...you, track: picture("face", 4), state: "paused" }),
    tile("Fair connection", { bars: 3 }),
    tile("Poor connection", { bars: 2 }),
    tile("Bad connection", { bars: 1 }),
    tile("Connection unknown", { bars: 0 }),
    tile("A shared screen", { ...screen, track: slide }),
    tile("A shared screen, reconnecting", { ...screen, track: slide, state: "reconnecting" }),
    tile("A picture that would lose too much", { track: picture("upright", 2) }),
    tile("Upright", { track: picture("upright", 2) }, "box-upright"),
    tile("Small", { speaking: true, muted: false }, "box-small"),
    tile("Small, a long name, microphone off", { name: EDWINA, track: null, muted: true }, "box-small"),
    tile("Small, reconnecting", { state: "reconnecting" }, "box-small"),
  ]);
  return chapter("tiles", "Tiles", ...tiles);
}

/**
 * So many people on a stage.
 *
 * @param {number} others
 * @param {string} box class of its box
 * @param {boolean} [shares] whether one of them shares a screen
 */
function layout(others, box, shares = false) {
  /** @type {TypedTarget<import("../public/app/guests.js").GuestsEvents>} */
  const guests = new TypedTarget();
  const monitor = Object.assign(new TypedTarget(), { setShown() {} });
  const tiles = new Tiles({ changed: () => {}, blocked: () => {}, elsewhere: () => 0 });
  tiles.follow(/** @type {any} */ (guests), /** @type {any} */ (monitor));
  const own = picture("face", 4);
  // Of the sound only counts whether there is any.
  tiles.showOwn({ audio: own, camera: own }, "Zoë");
  for (const [place, name] of NAMES.slice(0, others).entries()) {
    const hasCamera = place !== 1;
    const someone = guest(name, { media: { audio: place !== 2, camera: hasCamera, screen: shares && place === 0 } });
    guests.emit("enter", { guest: someone });
    const face = picture("face", place);
    const screen = picture("screen");
    if (hasCamera && face !== null) guests.emit("track", { guest: someone, kind: "camera", track: face });
    if (shares && place === 0 && screen !== null) {
      guests.emit("track", { guest: someone, kind: "screen", track: screen });
    }
  }
  const around = h("div", { class: `layout ${box}` }, tiles.element);
  const people = others === 0 ? "Alone" : `${others + 1} people`;
  return specimen(
    shares ? `${people}, a shared screen` : people,
    around,
    box === "layout-phone" ? "night" : "night half",
  );
}

function layoutChapter() {
  const counts = [0, 1, 2, 3, 4, 7];
  return chapter(
    "layouts",
    "Layouts: our own picture floats where there are two, and is moved by pointer or arrow keys",
    ...counts.map((others) => layout(others, "layout-wide")),
    layout(1, "layout-wide", true),
    layout(4, "layout-wide", true),
    ...counts.map((others) => layout(others, "layout-phone")),
    layout(1, "layout-phone", true),
    layout(4, "layout-phone", true),
  );
}

/**
 * @param {string} title
 * @param {(bar: Bar) => void} [pose]
 * @param {{ room?: string, sealed?: boolean, canShare?: boolean }} [call]
 */
function bar(title, pose = () => {}, { room = "k7m2-9qxw-3fzt", sealed = true, canShare = true } = {}) {
  const nothing = () => {};
  const actions = { toggle: nothing, share: nothing, panel: nothing, leave: nothing };
  const bar = new Bar({ room, sealed, canShare }, actions);
  bar.setOn("audio", true);
  bar.setOn("camera", true);
  bar.setSeconds(724);
  pose(bar);
  return specimen(title, bar.element, "night whole");
}

function barChapter() {
  return chapter(
    "bar",
    "Bar",
    bar("All on"),
    bar("All off, unread lines", (bar) => {
      bar.setOn("audio", false);
      bar.setOn("camera", false);
      bar.setUnread(3);
    }),
    bar("Sharing a screen, the chat open, for more than an hour", (bar) => {
      bar.setSharing(true);
      bar.setOpen("chat", true);
      bar.setSeconds(4_321);
    }),
    bar("Waiting for permission, many unread lines", (bar) => {
      bar.setOn("camera", false);
      bar.setBusy("camera", true);
      bar.setUnread(12);
    }),
    bar("No screen to share, no key, a long name", () => {}, {
      room: "a-room-with-a-name-that-goes-on-and-on-until-there-is-no-room-64",
      sealed: false,
      canShare: false,
    }),
  );
}

function bannerChapter() {
  const act = () => {};
  const action = (/** @type {string} */ label) => ({ label, act });
  const denied = wordsFor({ audio: "denied", camera: "denied" }, "chrome-desktop");
  /** @type {Record<string, import("../public/app/banners.js").BannerContent>} */
  const banners = {
    "Sharing a screen, which lasts": {
      title: strings.sharing,
      tone: "info",
      actions: [action(strings.stopSharing)],
      lasting: true,
    },
    "Somebody knocks": {
      title: strings.knocks(1),
      actions: [action(strings.letIn), action(strings.turnAway)],
      lasting: true,
    },
    "Several knock": {
      title: strings.knocks(3),
      actions: [action(strings.letAllIn), action(strings.seeThem)],
      lasting: true,
    },
    "Speaking while the microphone is off": { title: strings.mutedSpeaking, actions: [action(strings.turnOn.audio)] },
    "A silent microphone": { title: strings.silentMicrophone },
    "Paused by the system": { title: strings.paused.camera },
    "A device replaced": { title: strings.replacedMicrophone("Built-in microphone"), tone: "info" },
    "A device gone": { title: strings.cameraGone, actions: [action(strings.turnOn.camera)] },
    "A new device": { title: strings.newDevice("Headset 45"), tone: "info", actions: [action(strings.useIt)] },
    "Not heard": { title: strings.notHeard(AMAL), text: strings.brokenText, actions: [action(strings.reconnect)] },
    "No way through": {
      title: strings.noRoute(EDWINA),
      text: strings.noRouteText,
      actions: [action(strings.reconnect)],
    },
    "Asked to verify": {
      title: strings.verifyAsked(BJÖRN),
      tone: "info",
      actions: [action(strings.verifyShow)],
    },
    Refused: { title: "", ...denied, actions: [action(strings.tryAgain)] },
    "Done, and said so": { title: strings.diagnosticsCopied, tone: "info" },
  };
  return chapter(
    "banners",
    "Banners",
    ...Object.entries(banners).map(([title, content]) =>
      specimen(title, makeBanner(content, { done: act, putAway: act }), "night view half"),
    ),
  );
}

/** What is seen during a call. */
export async function callChapters() {
  return [await tileChapter(), layoutChapter(), barChapter(), bannerChapter()];
}

import { h, press, setText } from "./dom.js";
import { icon, setIcon } from "./icons.js";
import { pack, withScreen } from "./layout.js";
import { listenForKeys } from "./shortcuts.js";
import { strings } from "./strings.js";
import { Tile } from "./tile.js";

/** How large the window is at first, in CSS pixels; browsers remember what a person makes of it. */
const SIZE = { width: 360, height: 300 };

/** Between tiles, in pixels. */
const GAP = 4;

/**
 * @typedef {import("./guests.js").Guest} Guest
 * @typedef {import("./media.js").DeviceKind} DeviceKind
 * @typedef {Window & typeof globalThis} OwnWindow
 *
 * @typedef {object} PipActions
 * @property {(kind: DeviceKind) => void} toggle
 * @property {() => void} leave
 * @property {() => void} changed what is shown here, or how large it is, has changed
 * @property {() => HTMLVideoElement | null} foremost the picture worth seeing when there is room for one only
 */

/**
 * The others in a small window that stays on top of everything, so that the call is seen while its tab is not: Document
 * Picture-in-Picture, with the controls that one needs there. Where a browser has none, the picture that matters most is shown
 * by the older picture-in-picture of videos, which has no room for anything else.
 */
export class Pip {
  #actions;
  /** @type {OwnWindow | null} */
  #window = null;
  #opening = false;
  /** @type {Map<Guest, { camera: Tile, screen: Tile | null }>} */
  #tiles = new Map();
  #stage = h("div", { class: "tiles" });
  #alone = h("p", { class: "pip-alone", role: "status" });
  #buttons = {
    audio: this.#button("microphone", strings.microphone, () => this.#actions.toggle("audio")),
    camera: this.#button("camera", strings.camera, () => this.#actions.toggle("camera")),
  };
  #ended = new AbortController();

  /** @param {PipActions} actions */
  constructor(actions) {
    this.#actions = actions;
    const { audio, camera } = this.#buttons;
    for (const button of [audio, camera]) button.classList.add("toggle");
    const leave = this.#button("leave", strings.leave, () => this.#actions.leave());
    leave.classList.replace("round", "danger");
    leave.classList.add("leave");
    this.#stage.append(this.#alone);
    this.element = h(
      "main",
      { class: "pip" },
      h("h1", { class: "visually-hidden" }, strings.pictureInPicture),
      this.#stage,
      h("div", { class: "controls", role: "group", "aria-label": strings.controls }, audio, camera, leave),
    );
  }

  /** Whether there is anything that could be shown. */
  get possible() {
    return hasWindows() || (document.pictureInPictureEnabled === true && this.#actions.foremost() !== null);
  }

  /**
   * Opens it, or closes it if it is open. Browsers open one only at a press of a button or key.
   *
   * @param {import("./guests.js").Guests} guests
   * @param {import("./monitor.js").Monitor} monitor
   * @throws if the browser does not allow it now
   */
  async toggle(guests, monitor) {
    if (this.#window !== null || document.pictureInPictureElement) return this.close();
    if (!hasWindows()) {
      await this.#actions.foremost()?.requestPictureInPicture();
      this.#actions.changed();
      return;
    }
    if (this.#opening) return;
    this.#opening = true;
    const ended = this.#ended;
    try {
      const opened = await /** @type {any} */ (globalThis).documentPictureInPicture.requestWindow(SIZE);
      // The call may have ended meanwhile.
      if (ended.signal.aborted) opened.close();
      else this.#show(opened, guests, monitor);
    } finally {
      this.#opening = false;
    }
  }

  /** Closes what is open. */
  close() {
    this.#ended.abort();
    this.#ended = new AbortController();
    this.#window?.close();
    this.#window = null;
    for (const guest of [...this.#tiles.keys()]) this.#exit(guest);
    if (document.pictureInPictureElement) document.exitPictureInPicture().catch(() => {});
    this.#actions.changed();
  }

  /** @param {import("./media.js").DeviceTracks} tracks what we send */
  showOwn(tracks) {
    for (const kind of /** @type {const} */ (["audio", "camera"])) {
      const button = this.#buttons[kind];
      const name = kind === "audio" ? "microphone" : "camera";
      const on = tracks[kind] !== null;
      press(button, on);
      setIcon(button, on ? name : `${name}-off`);
    }
  }

  /**
   * How many lines of somebody's picture are seen here.
   *
   * @param {Guest} guest
   * @param {HTMLVideoElement} video that shows it on the stage
   * @returns {number} in device pixels; 0 if it is not seen
   */
  linesOf(guest, video) {
    if (document.pictureInPictureElement === video) return Number.POSITIVE_INFINITY;
    const { element } = this.#tiles.get(guest)?.camera ?? {};
    return (element?.clientHeight ?? 0) * (this.#window?.devicePixelRatio ?? 1);
  }

  /**
   * @param {OwnWindow} opened
   * @param {import("./guests.js").Guests} guests
   * @param {import("./monitor.js").Monitor} monitor
   */
  #show(opened, guests, monitor) {
    this.#window = opened;
    const { signal } = this.#ended;
    const { document: inside } = opened;
    inside.title = document.title;
    inside.documentElement.lang = document.documentElement.lang;
    inside.documentElement.dataset.view = "pip";
    for (const { href } of document.querySelectorAll(/** @type {"link"} */ ("link[rel=stylesheet]"))) {
      inside.head.append(h("link", { rel: "stylesheet", href }));
    }
    inside.body.append(this.element);
    const update = (/** @type {{ guest: Guest }} */ { guest }) => this.#update(guest);
    for (const name of /** @type {const} */ (["enter", "change", "track"])) {
      guests.addEventListener(name, update, { signal });
    }
    guests.addEventListener("exit", ({ guest }) => this.#exit(guest), { signal });
    monitor.addEventListener("speaking", ({ guest, speaking }) => this.#setSpeaking(guest, speaking), { signal });
    for (const guest of guests.all) this.#update(guest);
    // One of the window's own: another document's would not hear of its layout.
    new opened.ResizeObserver(() => this.#arrange()).observe(this.#stage);
    const { toggle } = this.#actions;
    listenForKeys({ m: () => toggle("audio"), v: () => toggle("camera"), i: () => this.close() }, () => true, opened);
    // Its owner has closed it.
    opened.addEventListener("pagehide", () => !signal.aborted && this.close(), { once: true });
    this.#arrange();
  }

  /** @param {Guest} guest */
  #update(guest) {
    const { peer, name, noRoute } = guest;
    const tiles = this.#tiles.get(guest) ?? { camera: new Tile({ name }), screen: null };
    const { camera } = tiles;
    camera.setName(name);
    camera.setMedia(peer.media);
    camera.setState(noRoute ? "no-route" : peer.state);
    camera.show("picture", peer.tracks.camera);
    if (!this.#tiles.has(guest)) this.#stage.append(camera.element);
    const isNew = !this.#tiles.has(guest) || peer.media.screen !== (tiles.screen !== null);
    if (!peer.media.screen) tiles.screen?.remove();
    tiles.screen = peer.media.screen ? (tiles.screen ?? this.#openScreen(guest)) : null;
    tiles.screen?.show("picture", peer.tracks.screen);
    this.#tiles.set(guest, tiles);
    if (isNew) this.#arrange();
  }

  /** @param {Guest} guest */
  #openScreen({ name }) {
    const tile = new Tile({ name: strings.screenOf(name), screen: true });
    tile.setMedia({ audio: true, camera: true });
    this.#stage.prepend(tile.element);
    return tile;
  }

  /** @param {Guest} guest */
  #exit(guest) {
    const { camera, screen } = this.#tiles.get(guest) ?? {};
    camera?.remove();
    screen?.remove();
    this.#tiles.delete(guest);
    this.#arrange();
  }

  /**
   * @param {Guest | null} guest
   * @param {boolean} speaking
   */
  #setSpeaking(guest, speaking) {
    if (guest !== null) this.#tiles.get(guest)?.camera.setSpeaking(speaking);
  }

  #arrange() {
    const area = { width: this.#stage.clientWidth, height: this.#stage.clientHeight };
    const all = Array.from(this.#tiles.values());
    const screens = all.flatMap(({ screen }) => screen ?? []);
    const cameras = all.map(({ camera }) => camera);
    setText(this.#alone, cameras.length === 0 ? strings.statusAlone : "");
    if (this.#window === null || area.width === 0 || area.height === 0) return;
    const main = screens.pop();
    const people = [...screens, ...cameras];
    const { screen, people: places } = this.#places(area, people.length, main !== undefined);
    if (screen !== null) main?.place(screen);
    for (const [place, rect] of places.entries()) people[place]?.place(rect);
    this.#actions.changed();
  }

  /**
   * @param {import("./layout.js").Extent} area
   * @param {number} count
   * @param {boolean} shared whether there is a screen
   * @returns {{ screen: import("./layout.js").Rect | null, people: import("./layout.js").Rect[] }}
   */
  #places(area, count, shared) {
    if (shared) return withScreen(area, count, GAP);
    return { screen: null, people: count === 1 ? [{ x: 0, y: 0, ...area }] : pack(area, count, GAP) };
  }

  /**
   * @param {import("./icons.js").IconName} name
   * @param {string} label
   * @param {() => void} click
   */
  #button(name, label, click) {
    return h("button", { type: "button", class: "button round", "aria-label": label, click }, icon(name));
  }
}

/** Whether there are windows that stay on top. A page in a frame may open none. */
function hasWindows() {
  return "documentPictureInPicture" in globalThis && globalThis.top === globalThis.self;
}

import { SMALL_LINES } from "../client/room.js";
import { h } from "./dom.js";
import { floating, pack, withScreen } from "./layout.js";
import { isHandheld } from "./platform.js";
import { SelfView } from "./self-view.js";
import { barsOf } from "./stats.js";
import { strings } from "./strings.js";
import { Tile } from "./tile.js";

/** Between tiles, and between the floating picture and the edge, in pixels. */
const GAP = 8;
const MARGIN = 12;

/** A tile this much higher than a small picture is still served by one: what is missing is not seen. */
const SMALL_ENOUGH = 1.2;

/**
 * @typedef {import("./guests.js").Guest} Guest
 * @typedef {import("./media.js").DeviceTracks} DeviceTracks
 *
 * - `alone`: nobody else is here
 * - `duo`: the other one large, ourselves floating
 * - `grid`: everybody alike
 * - `screen`: a shared screen, and everybody beside it
 *
 * @typedef {"alone" | "duo" | "grid" | "screen"} Layout
 */

/** Everybody's picture, and where it is. */
export class Tiles {
  /** The element to put on the stage. @readonly */
  element = h("div", { class: "tiles", id: "tiles" });
  #own = new Tile({ name: strings.you, own: true });
  /** @type {Map<Guest, { camera: Tile, screen: Tile | null, track: MediaStreamTrack | null }>} */
  #guests = new Map();
  #self = new SelfView(this.#own.element, this.element, () => this.arrange());
  #changed;
  #blocked;
  #speaker = "";
  /** @type {import("./monitor.js").Monitor | null} */
  #monitor = null;
  #elsewhere;

  /**
   * @param {object} told
   * @param {(layout: Layout) => void} told.changed
   * @param {(part: "audio" | "picture") => void} told.blocked a browser wants a click before it plays this
   * @param {(guest: Guest, video: HTMLVideoElement) => number} told.elsewhere how many lines of somebody's picture are seen
   *   outside of the page, in device pixels
   */
  constructor({ changed, blocked, elsewhere }) {
    this.#changed = changed;
    this.#blocked = blocked;
    this.#elsewhere = elsewhere;
    this.element.append(this.#own.element);
    new ResizeObserver(() => this.arrange()).observe(this.element);
    document.addEventListener("visibilitychange", () => this.arrange());
  }

  /**
   * @param {import("./guests.js").Guests} guests
   * @param {import("./monitor.js").Monitor} monitor
   */
  follow(guests, monitor) {
    for (const guest of [...this.#guests.keys()]) this.#exit(guest);
    this.#monitor = monitor;
    guests.addEventListener("enter", ({ guest }) => this.#enter(guest));
    guests.addEventListener("exit", ({ guest }) => this.#exit(guest));
    guests.addEventListener("change", ({ guest }) => this.#change(guest));
    guests.addEventListener("track", ({ guest, kind, track }) => this.#play(guest, kind, track));
    monitor.addEventListener("speaking", ({ guest, speaking }) => {
      const tile = guest === null ? this.#own : this.#guests.get(guest)?.camera;
      tile?.setSpeaking(speaking);
    });
    this.arrange();
  }

  /**
   * @param {DeviceTracks} tracks what we send
   * @param {string} name ours
   */
  showOwn(tracks, name) {
    this.#show(this.#own, "picture", tracks.camera);
    this.#own.setMedia({ audio: tracks.audio !== null, camera: tracks.camera !== null });
    if (tracks.audio === null) this.#own.setSpeaking(false);
    this.#own.setFace(name);
  }

  /** @param {boolean} paused whether the system has taken our camera away for now */
  pauseOwn(paused) {
    this.#own.setState(paused ? "paused" : "connected");
  }

  /** @param {string} id of what plays sound; empty for the system's own */
  setSpeaker(id) {
    this.#speaker = id;
    for (const { camera } of this.#guests.values()) camera.setSpeaker(id);
  }

  /** Plays everything, after a click. */
  unblock() {
    this.#own.unblock();
    for (const { camera, screen } of this.#guests.values()) {
      camera.unblock();
      screen?.unblock();
    }
  }

  /** The picture worth seeing when there is room for one only; null if there is none. @returns {HTMLVideoElement | null} */
  get foremost() {
    const all = Array.from(this.#guests.entries());
    const screen = all.find(([, { screen }]) => screen !== null)?.[1].screen;
    const camera = all.find(([{ peer }]) => peer.media.camera)?.[1].camera;
    return screen?.video ?? camera?.video ?? null;
  }

  /** Puts everything in its place, and tells each guest how large its picture is. */
  arrange() {
    const area = { width: this.element.clientWidth, height: this.element.clientHeight };
    const screens = Array.from(this.#guests.values()).flatMap(({ screen }) => screen ?? []);
    const cameras = Array.from(this.#guests.values(), ({ camera }) => camera);
    const layout = layoutOf(cameras.length, screens.length);
    this.element.dataset.layout = layout;
    this.element.dataset.others = String(cameras.length);
    this.#self.floating = layout === "duo";
    this.#changed(layout);
    if (area.width === 0 || area.height === 0) return;
    if (layout === "duo") {
      cameras[0]?.place({ x: 0, y: 0, ...area });
      this.#own.place(floating(area, this.#self.corner, MARGIN));
    } else if (layout === "screen") {
      // The newest screen is the one that is being talked about.
      const main = screens.pop();
      const others = [...screens, ...cameras, this.#own];
      const { screen, people } = withScreen(area, others.length, GAP);
      main?.place(screen);
      for (const [place, rect] of people.entries()) others[place]?.place(rect);
    } else {
      const everybody = [...cameras, this.#own];
      for (const [place, rect] of pack(area, everybody.length, GAP).entries()) everybody[place]?.place(rect);
    }
    for (const [guest, { camera }] of this.#guests) this.#want(guest, camera);
  }

  /**
   * @param {Guest} guest
   * @param {Tile} tile
   */
  #want(guest, { element, video }) {
    const here = document.visibilityState === "hidden" ? 0 : element.clientHeight * Math.min(2, devicePixelRatio);
    const lines = Math.max(here, this.#elsewhere(guest, video));
    // A phone shows nothing of a hidden page; on a desktop somebody is back in a moment, and wants a picture at once.
    const unseen = document.visibilityState === "hidden" && lines === 0 && isHandheld();
    const size = unseen ? "none" : lines <= SMALL_LINES * SMALL_ENOUGH ? "small" : "full";
    guest.peer.want("camera", size);
    this.#monitor?.setShown(guest, size !== "none");
  }

  /** @param {Guest} guest */
  #enter(guest) {
    const camera = new Tile({ name: guest.name });
    camera.setSpeaker(this.#speaker);
    this.#guests.set(guest, { camera, screen: null, track: null });
    this.#own.element.before(camera.element);
    this.#change(guest);
    this.arrange();
  }

  /** @param {Guest} guest */
  #exit(guest) {
    const tiles = this.#guests.get(guest);
    tiles?.camera.remove();
    tiles?.screen?.remove();
    this.#guests.delete(guest);
    this.arrange();
  }

  /** @param {Guest} guest */
  #change(guest) {
    const tiles = this.#guests.get(guest);
    if (tiles === undefined) return;
    const { peer, name, noRoute, summary } = guest;
    tiles.camera.setName(name);
    tiles.camera.setMedia(peer.media);
    tiles.camera.setState(noRoute ? "no-route" : peer.state);
    tiles.camera.setBars(peer.state === "connected" ? barsOf(summary) : 0);
    tiles.camera.element.classList.toggle("is-verified", guest.verification.state === "verified");
    tiles.screen?.setName(strings.screenOf(name));
    tiles.screen?.setState(peer.state);
    if (peer.media.screen === (tiles.screen !== null)) return;
    if (tiles.screen === null) tiles.screen = this.#openScreen(guest, tiles.track);
    else {
      tiles.screen.remove();
      tiles.screen = null;
    }
    this.arrange();
  }

  /**
   * @param {Guest} guest
   * @param {MediaStreamTrack | null} track
   */
  #openScreen({ name }, track) {
    const tile = new Tile({ name: strings.screenOf(name), screen: true });
    tile.setMedia({ audio: true, camera: true });
    this.#show(tile, "picture", track);
    this.element.prepend(tile.element);
    return tile;
  }

  /**
   * @param {Guest} guest
   * @param {import("../client/connection.js").TrackKind} kind
   * @param {MediaStreamTrack} track
   */
  #play(guest, kind, track) {
    const tiles = this.#guests.get(guest);
    if (tiles === undefined) return;
    if (kind === "screen") tiles.track = track;
    const tile = kind === "screen" ? tiles.screen : tiles.camera;
    if (tile !== null) this.#show(tile, kind === "audio" ? "audio" : "picture", track);
  }

  /**
   * @param {Tile} tile
   * @param {"audio" | "picture"} part
   * @param {MediaStreamTrack | null} track
   */
  async #show(tile, part, track) {
    if (!(await tile.show(part, track))) this.#blocked(part);
  }
}

/**
 * @param {number} others
 * @param {number} screens
 * @returns {Layout}
 */
function layoutOf(others, screens) {
  if (screens > 0) return "screen";
  if (others === 0) return "alone";
  return others === 1 ? "duo" : "grid";
}

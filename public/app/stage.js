import { byId, setIcon } from "./dom.js";
import { explain, fillNotice, press } from "./lobby.js";
import { strings } from "./strings.js";
import { Tile } from "./tile.js";

/** How long a button says that it has done its work, in milliseconds. */
const CONFIRM_MS = 2_000;

/**
 * @typedef {import("../client/room.js").Room} Room
 * @typedef {import("../client/peer.js").Peer} Peer
 * @typedef {import("./media.js").DeviceKind} DeviceKind
 */

/** The call as it is seen: tiles, status, and the bar of controls. It shows, and asks the call to act. */
export class Stage {
  #tiles = byId("tiles", HTMLElement);
  #status = byId("status", HTMLElement);
  #announcement = byId("announcement", HTMLElement);
  #notice = byId("stage-notice", HTMLElement);
  #invite = byId("invite", HTMLElement);
  #link = byId("link", HTMLInputElement);
  #sound = byId("sound", HTMLButtonElement);
  #toggles = { audio: byId("audio", HTMLButtonElement), camera: byId("camera", HTMLButtonElement) };
  /** @type {Map<string, { tile: Tile, name: string }>} */
  #guests = new Map();
  #guestNumber = 0;
  #own = new Tile({ name: strings.you, own: true });

  /**
   * @param {{ room: string, link: string }} call
   * @param {{ toggle: (kind: DeviceKind) => void, leave: () => void }} actions
   */
  constructor({ room, link }, { toggle, leave }) {
    byId("stage-room", HTMLElement).textContent = room;
    this.#link.value = link;
    this.#link.addEventListener("focus", () => this.#link.select());
    this.#tiles.append(this.#own.element);
    this.#toggles.audio.addEventListener("click", () => toggle("audio"));
    this.#toggles.camera.addEventListener("click", () => toggle("camera"));
    byId("leave", HTMLButtonElement).addEventListener("click", leave);
    byId("dismiss", HTMLButtonElement).addEventListener("click", () => this.explain({}));
    this.#copyWith(byId("copy", HTMLButtonElement), byId("invite-copy", HTMLButtonElement));
    this.#sound.addEventListener("click", () => this.#unblock());
  }

  /**
   * Follows a room from its beginning.
   *
   * @param {Room} room
   */
  follow(room) {
    this.#empty();
    room.addEventListener("state", () => this.#tell(room));
    room.addEventListener("peerjoined", ({ peer }) => this.#enter(peer, room));
    room.addEventListener("peerleft", ({ peer }) => this.#exit(peer, room));
    this.#tell(room);
  }

  /** @param {import("./media.js").DeviceTracks} tracks what we send */
  showOwn(tracks) {
    this.#own.show("camera", tracks.camera);
    const media = { audio: tracks.audio !== null, camera: tracks.camera !== null };
    this.#own.setMedia(media);
    for (const kind of /** @type {const} */ (["audio", "camera"])) {
      const name = kind === "audio" ? "microphone" : "camera";
      press(this.#toggles[kind], media[kind]);
      setIcon(this.#toggles[kind], media[kind] ? name : `${name}-off`);
    }
  }

  /**
   * @param {DeviceKind} kind
   * @param {boolean} busy while the person is being asked for permission
   */
  setBusy(kind, busy) {
    this.#toggles[kind].disabled = busy;
  }

  /** @param {import("./media.js").MediaProblems} problems none, to clear */
  explain(problems) {
    const words = explain(problems);
    this.#notice.hidden = words === null;
    if (words !== null) fillNotice(this.#notice, words);
  }

  #empty() {
    for (const { tile } of this.#guests.values()) tile.remove();
    this.#guests.clear();
    this.#guestNumber = 0;
    this.#sound.hidden = true;
    this.#announcement.textContent = "";
    this.explain({});
  }

  /**
   * @param {Peer} peer
   * @param {Room} room
   */
  #enter(peer, room) {
    this.#guestNumber += 1;
    const name = strings.guest(this.#guestNumber);
    const tile = new Tile({ name });
    this.#guests.set(peer.id, { tile, name });
    this.#own.element.before(tile.element);
    tile.setMedia(peer.media);
    tile.setState(peer.state);
    peer.addEventListener("media", ({ media }) => tile.setMedia(media));
    peer.addEventListener("track", async ({ kind, track }) => {
      // A tile has no place for a screen.
      if (kind === "screen") return;
      const plays = await tile.show(kind, track);
      if (!plays) this.#sound.hidden = false;
    });
    peer.addEventListener("away", () => this.#tell(room));
    peer.addEventListener("state", ({ state }) => {
      tile.setState(state);
      this.#tell(room);
    });
    this.#announcement.textContent = strings.announceJoined(name);
    this.#tell(room);
  }

  /**
   * @param {Peer} peer
   * @param {Room} room
   */
  #exit(peer, room) {
    const guest = this.#guests.get(peer.id);
    if (guest === undefined) return;
    guest.tile.remove();
    this.#guests.delete(peer.id);
    this.#announcement.textContent = strings.announceLeft(guest.name);
    this.#tell(room);
  }

  /** @param {Room} room */
  #tell(room) {
    const text = statusOf(room);
    // Written only when it differs, since every change is read out.
    if (this.#status.textContent !== text) this.#status.textContent = text;
    this.#status.dataset.state = room.state;
    this.#tiles.dataset.others = String(this.#guests.size);
    this.#invite.hidden = this.#guests.size > 0 || room.state !== "joined";
  }

  #unblock() {
    this.#sound.hidden = true;
    for (const { tile } of this.#guests.values()) tile.unblock();
  }

  /**
   * @param {HTMLButtonElement} icon
   * @param {HTMLButtonElement} words
   */
  #copyWith(icon, words) {
    const confirm = () => {
      setIcon(icon, "check");
      words.textContent = strings.linkCopied;
      this.#announcement.textContent = strings.linkCopied;
      setTimeout(() => {
        setIcon(icon, "link");
        words.textContent = strings.copyLink;
      }, CONFIRM_MS);
    };
    for (const button of [icon, words]) {
      button.addEventListener("click", async () => {
        if (await copy(this.#link.value)) confirm();
        else this.#offerLink();
      });
    }
  }

  /** Without access to the clipboard, the person copies. */
  #offerLink() {
    this.#invite.hidden = false;
    this.#link.focus();
    this.#announcement.textContent = strings.copyFailed;
  }
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * What is going on, in a few words.
 *
 * @param {Room} room
 * @returns {string}
 */
function statusOf(room) {
  const peers = Array.from(room.peers.values());
  const connected = peers.filter((peer) => peer.state === "connected").length;
  const rest = peers.filter((peer) => peer.state !== "connected");
  if (room.state === "waiting") return strings.statusLocked;
  if (room.state === "reconnecting") {
    return connected > 0 ? strings.statusServerLostCallGoesOn : strings.statusServerLost;
  }
  if (room.state !== "joined") return strings.statusConnecting;
  if (peers.length === 0) return strings.statusAlone;
  if (rest.length === 0) return strings.statusConnected(connected);
  if (connected > 0) return strings.statusPartly(connected, rest.length);
  if (rest.every((peer) => peer.away)) return strings.statusAway(rest.length);
  return strings.statusOthersConnecting(rest.length);
}

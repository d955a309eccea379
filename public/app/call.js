import { makeLink, parseLink, Room, RoomError } from "../client/room.js";
import { Devices } from "./devices.js";
import { byId } from "./dom.js";
import { Guests } from "./guests.js";
import { lookInside } from "./inside.js";
import { Lobby } from "./lobby.js";
import { DEVICE_KINDS, problemOf } from "./media.js";
import { Memory } from "./memory.js";
import { NewCallError, openNewCall } from "./new-call.js";
import { prepareOfflineStart } from "./offline-start.js";
import { makePasteForm } from "./paste-link.js";
import { readPreferences, rememberRoom, writePreferences } from "./preferences.js";
import { showScreen, showView } from "./screens.js";
import { Stage } from "./stage.js";
import { problems, strings, waiting } from "./strings.js";
import { WakeLock } from "./wake-lock.js";

/** How often the lobby looks who is inside, in milliseconds. Each look wakes the room. */
const LOOK_MS = 15_000;

/**
 * @typedef {import("./media.js").DeviceKind} DeviceKind
 * @typedef {import("./media.js").Wanted} Wanted
 * @typedef {import("./strings.js").ProblemCode} ProblemCode
 */

function begin() {
  const link = linkOfPage();
  byId("waiting", HTMLElement).remove();
  if (link === null) showProblem("bad-link");
  else if (!isSecureContext) showProblem("insecure");
  else if (!hasWhatItTakes()) showProblem("unsupported");
  else new Call(link).start();
}

/** Whether the browser has all without which there is no call, or no menu in it. */
function hasWhatItTakes() {
  const hasMedia = "RTCPeerConnection" in globalThis && navigator.mediaDevices !== undefined;
  return hasMedia && "popover" in HTMLElement.prototype;
}

/** @returns {import("../client/link.js").RoomLink | null} */
function linkOfPage() {
  try {
    return parseLink(location.href);
  } catch {
    return null;
  }
}

/**
 * @param {ProblemCode} code
 * @param {{ text?: string, join?: () => void }} [options] `join` is what the button to join does
 */
function showProblem(code, { text = problems[code].text, join = () => location.reload() } = {}) {
  const known = {
    join: { label: code === "left" ? strings.rejoin : strings.tryAgain, act: join },
    newCall: { label: strings.newCall, act: newCall },
    home: { label: strings.home, act: () => location.assign("/") },
  };
  const { title, icon, actions } = problems[code];
  const isIncomplete = code === "keyless" || code === "incomplete-link";
  const more = isIncomplete ? makePasteForm() : null;
  const screen = showScreen({ code, title, text, icon, more, actions: actions.map((action) => known[action]) });

  async function newCall() {
    try {
      await openNewCall();
    } catch (error) {
      screen.tell(error instanceof NewCallError ? error.message : strings.landingUnreachable);
    }
  }
}

/** One person's way through a call: lobby, stage, and what comes after, as often as they like. */
class Call {
  #link;
  #url;
  #memory;
  #lobby;
  #stage;
  #devices = new Devices();
  #wakeLock = new WakeLock();
  /** @type {Room | null} */
  #room = null;
  /** @type {MediaStreamTrack | null} */
  #screen = null;
  /** @type {any} */
  #looking = null;
  #name = readPreferences().name;

  /** @param {import("../client/link.js").RoomLink} link */
  constructor(link) {
    this.#link = link;
    this.#url = makeLink(link);
    this.#memory = new Memory(link.room);
    this.#takeToken();
    document.title = strings.pageTitle(link.room);
    const sealed = link.fragment !== "";
    const call = { room: link.room, link: this.#url, sealed, name: this.#name, devices: this.#devices };
    this.#lobby = new Lobby(byId("lobby", HTMLElement), call, {
      join: (...how) => this.#join(...how),
    });
    this.#stage = new Stage(byId("stage", HTMLElement), call, {
      toggle: (kind) => this.#toggle(kind),
      turnOn: (wanted) => this.#turnOn(wanted),
      share: () => this.#share(),
      choose: (kind, id) => this.#choose(kind, id),
      leave: () => this.#leave(),
    });
    this.#devices.addEventListener("change", ({ kind }) => this.#room !== null && this.#send(kind));
    addEventListener("pagehide", () => this.#close());
    // Another key is another call, though it is no other page.
    addEventListener("hashchange", () => location.reload());
    addEventListener("pageshow", ({ persisted }) => persisted && this.start({ again: true }));
    addEventListener("online", () => byId("screen", HTMLElement).dataset.code === "offline" && this.#backOnline());
  }

  /**
   * Shows the lobby; or goes straight back into a call that a reload, or a way back in the tab's history, has interrupted.
   *
   * @param {{ again?: boolean }} [options]
   */
  start({ again = cameBack() } = {}) {
    const { inCall, audio, camera } = this.#memory.read();
    this.#lobby.wanted = { audio, camera };
    if (inCall && again) {
      showView("stage");
      this.#join({ audio, camera }, this.#name);
    } else this.#showLobby();
  }

  /** A join token is one person's: it must not be in an address that others are given. */
  #takeToken() {
    const { token } = this.#link;
    if (token === undefined) return;
    this.#memory.write({ token });
    history.replaceState(history.state, "", this.#url);
  }

  #showLobby() {
    showView("lobby");
    this.#lobby.enter();
    clearInterval(this.#looking);
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  async #look() {
    if (document.visibilityState === "hidden" || !this.#inLobby) return;
    const inside = await lookInside(this.#link);
    if (!this.#inLobby) return;
    if (inside === "unauthorized") this.#end("unauthorized");
    else this.#lobby.showInside(inside);
  }

  get #inLobby() {
    return !byId("lobby", HTMLElement).hidden;
  }

  /**
   * @param {Wanted} wanted
   * @param {string} name
   * @param {import("./media.js").MediaProblems} [problems] what the person has been told at the door
   */
  async #join(wanted, name, problems = {}) {
    this.#name = name;
    writePreferences({ name });
    this.#lobby.setBusy(true);
    const missing = await this.#devices.turnOn(wanted);
    // Something else is shown since then, such as why there is no call.
    if (missing === null) return;
    this.#lobby.setBusy(false);
    for (const kind of DEVICE_KINDS) if (!wanted[kind]) this.#devices.turnOff(kind);
    const { audio, camera } = this.#devices.tracks;
    const known = Object.fromEntries(
      DEVICE_KINDS.filter((kind) => !wanted[kind]).map((kind) => [kind, problems[kind]]),
    );
    const nothingWorks = audio === null && camera === null && (wanted.audio || wanted.camera);
    if (nothingWorks && !this.#inLobby) this.#showLobby();
    this.#lobby.explain(nothingWorks ? missing : {}, { stuck: nothingWorks });
    if (nothingWorks) return;
    this.#memory.write(wanted);
    await this.#enter();
    if (this.#room !== null) this.#stage.explain({ ...known, ...missing });
  }

  async #enter() {
    clearInterval(this.#looking);
    const { resume, token } = this.#memory.read();
    const room = new Room(this.#url, { resume, token: this.#link.token ?? token });
    this.#room = room;
    // For looking into a call from the browser's console, and for the browser tests.
    Object.assign(globalThis, { switchboard: { room } });
    room.addEventListener("state", ({ state }) => this.#roomChanged(room, state));
    room.addEventListener("error", ({ error }) => this.#end(error.code));
    const guests = new Guests(room, this.#name);
    // The way to the server takes a while, in which there is time to lay out the stage.
    const joined = room.join(this.#devices.tracks);
    joined.catch(() => {});
    this.#stage.follow(room, guests, this.#name);
    this.#stage.showOwn(this.#devices.tracks);
    this.#lobby.leave();
    showView("stage");
    this.#wakeLock.set(true);
    try {
      await joined;
    } catch (error) {
      if (!(error instanceof RoomError)) throw error;
      if (error.code !== "left") this.#end(error.code);
    }
  }

  /**
   * @param {Room} room
   * @param {import("../client/room.js").RoomState} state
   */
  #roomChanged(room, state) {
    if (room !== this.#room) return;
    if (state === "waiting") {
      const actions = [{ label: strings.cancel, act: () => this.#cancel() }];
      showScreen({ code: "waiting", icon: "clock", busy: true, actions, ...waiting });
    }
    if (state !== "joined") return;
    if (!byId("screen", HTMLElement).hidden) showView("stage");
    this.#memory.write({ inCall: true, resume: room.resume });
    rememberRoom({ room: this.#link.room, fragment: this.#link.fragment, at: Date.now() });
  }

  /** Back to the lobby, from asking to be let in. */
  #cancel() {
    this.#close();
    this.start({ again: false });
  }

  #backOnline() {
    if (!byId("screen", HTMLElement).hidden) this.#showLobby();
  }

  /** @param {DeviceKind} kind */
  async #toggle(kind) {
    // On the way in the devices are being opened already.
    if (this.#room === null) return;
    if (this.#devices.tracks[kind] === null) {
      await this.#turnOn({ audio: kind === "audio", camera: kind === "camera" });
      return;
    }
    this.#devices.turnOff(kind);
    this.#send(kind);
    this.#memory.write({ [kind]: false });
  }

  /** @param {Wanted} wanted */
  async #turnOn(wanted) {
    const kinds = DEVICE_KINDS.filter((kind) => wanted[kind]);
    for (const kind of kinds) this.#stage.setBusy(kind, true);
    const problems = await this.#devices.turnOn(wanted);
    for (const kind of kinds) this.#stage.setBusy(kind, false);
    if (problems === null) return;
    this.#stage.explain(problems);
    for (const kind of kinds) {
      this.#send(kind);
      this.#memory.write({ [kind]: this.#devices.tracks[kind] !== null });
    }
  }

  /**
   * @param {DeviceKind | "speaker"} kind
   * @param {string} id
   */
  async #choose(kind, id) {
    if (kind === "speaker") {
      this.#devices.chooseSpeaker(id);
      return;
    }
    const problems = await this.#devices.choose(kind, id);
    if (problems === null) return;
    this.#stage.explain(problems);
    this.#send(kind);
  }

  /** Shares a screen beside the camera, or stops it. */
  async #share() {
    if (this.#screen !== null) {
      this.#setScreen(null);
      return;
    }
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 30 } }, audio: false });
      const [track = null] = stream.getVideoTracks();
      // Letters rather than movement, where there is not room for both.
      if (track !== null) track.contentHint = "detail";
      this.#setScreen(track);
    } catch (error) {
      // A dialog that was put away is no problem.
      if (problemOf(error) !== "denied") this.#stage.tellProblem(strings.screenFailed);
    }
  }

  /** @param {MediaStreamTrack | null} track */
  #setScreen(track) {
    this.#screen?.stop();
    this.#screen = track;
    if (this.#room === null) {
      // The call ended while the person was choosing what to share.
      track?.stop();
      this.#screen = null;
      return;
    }
    track?.addEventListener("ended", () => this.#screen === track && this.#setScreen(null));
    this.#room.setTrack("screen", track);
    this.#stage.showSharing(track !== null);
  }

  /** @param {DeviceKind} kind */
  #send(kind) {
    if (this.#room === null) return;
    this.#stage.showOwn(this.#devices.tracks);
    this.#room.setTrack(kind, this.#devices.tracks[kind]);
  }

  #leave() {
    this.#end("left", strings.leftText(Math.floor(this.#stage.seconds / 60)));
  }

  /**
   * @param {import("../client/errors.js").RoomErrorCode} reason
   * @param {string} [text] instead of what is usually said
   */
  #end(reason, text) {
    this.#close();
    // The token is kept where it may still be needed: to come back after an outage.
    this.#memory.write(reason === "unreachable" ? { inCall: false } : { inCall: false, resume: null });
    showProblem(this.#codeOf(reason), { ...(text && { text }), join: () => this.start({ again: false }) });
  }

  /**
   * @param {import("../client/errors.js").RoomErrorCode} reason
   * @returns {ProblemCode} the same, told more exactly where this page knows more
   */
  #codeOf(reason) {
    if (reason === "unreachable" && navigator.onLine === false) return "offline";
    return reason === "unauthorized" && this.#link.fragment === "" ? "keyless" : reason;
  }

  /** Lets go of everything. When the page goes away, the others know at once, and `inCall` is left as it is. */
  #close() {
    clearInterval(this.#looking);
    this.#room?.leave();
    this.#room = null;
    this.#setScreen(null);
    this.#stage.showSharing(false);
    this.#stage.close();
    this.#lobby.leave();
    this.#devices.close();
    this.#wakeLock.set(false);
  }
}

/** Whether the page was reloaded or gone back to, rather than opened by a link. */
function cameBack() {
  const [entry] = performance.getEntriesByType("navigation");
  const type = entry instanceof PerformanceNavigationTiming ? entry.type : "navigate";
  return type === "reload" || type === "back_forward";
}

begin();
prepareOfflineStart();

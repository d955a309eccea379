import { makeLink, parseLink, Room, RoomError } from "../client/room.js";
import { Devices } from "./devices.js";
import { Lobby } from "./lobby.js";
import { Memory } from "./memory.js";
import { NewCallError, openNewCall } from "./new-call.js";
import { showScreen, showView, tellProblem } from "./screens.js";
import { Stage } from "./stage.js";
import { fillIn, problems, strings } from "./strings.js";

/**
 * @typedef {import("./media.js").DeviceKind} DeviceKind
 * @typedef {import("./media.js").Wanted} Wanted
 */

function begin() {
  const link = linkOfPage();
  if (link === null) showProblem("bad-link");
  else if (!isSecureContext) showProblem("insecure");
  else if (!("RTCPeerConnection" in globalThis) || navigator.mediaDevices === undefined) showProblem("unsupported");
  else new Call(link).start();
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
 * @param {keyof typeof problems} code
 * @param {{ text?: string, join?: () => void }} [options] `join` is what the button to join does
 */
function showProblem(code, { text = problems[code].text, join = () => location.reload() } = {}) {
  const known = {
    join: { label: code === "left" ? strings.rejoin : strings.tryAgain, act: join },
    newCall: { label: strings.newCall, act: newCall },
    home: { label: strings.home, act: () => location.assign("/") },
  };
  const actions = problems[code].actions.map((action) => known[action]);
  showScreen({ code, title: problems[code].title, text, actions });
}

async function newCall() {
  try {
    await openNewCall();
  } catch (error) {
    tellProblem(error instanceof NewCallError ? error.message : strings.landingUnreachable);
  }
}

/** One person's way through a call: lobby, stage, and what comes after, as often as they like. */
class Call {
  #url;
  #memory;
  #lobby;
  #stage;
  #devices = new Devices((kind) => this.#deviceEnded(kind));
  /** @type {Room | null} */
  #room = null;
  #since = 0;

  /** @param {import("../client/link.js").RoomLink} link */
  constructor(link) {
    this.#url = makeLink(link);
    this.#memory = new Memory(link.room);
    this.#lobby = new Lobby(link.room, (wanted) => this.#join(wanted));
    this.#stage = new Stage(
      { room: link.room, link: this.#url },
      { toggle: (kind) => this.#toggle(kind), leave: () => this.#leave() },
    );
    addEventListener("pagehide", () => this.#hide());
    // Another key is another call, though it is no other page.
    addEventListener("hashchange", () => location.reload());
    addEventListener("pageshow", ({ persisted }) => persisted && this.start({ again: true }));
  }

  /**
   * Shows the lobby; or goes straight back into a call that a reload, or a way back in the tab's history, has interrupted.
   *
   * @param {{ again?: boolean }} [options]
   */
  start({ again = cameBack() } = {}) {
    const { inCall, audio, camera } = this.#memory.read();
    this.#lobby.wanted = { audio, camera };
    showView(inCall && again ? "stage" : "lobby");
    if (inCall && again) this.#join({ audio, camera });
  }

  /** @param {Wanted} wanted */
  async #join(wanted) {
    this.#lobby.setBusy(true);
    const missing = await this.#devices.turnOn(wanted);
    this.#lobby.setBusy(false);
    const { audio, camera } = this.#devices.tracks;
    const nothingWorks = audio === null && camera === null && (wanted.audio || wanted.camera);
    this.#lobby.explain(nothingWorks ? missing : {});
    if (nothingWorks) {
      showView("lobby");
      return;
    }
    this.#memory.write(wanted);
    await this.#enter();
    if (this.#room !== null) this.#stage.explain(missing);
  }

  async #enter() {
    const room = new Room(this.#url, { resume: this.#memory.read().resume });
    this.#room = room;
    // For looking into a call from the browser's console, and for the browser tests.
    Object.assign(globalThis, { switchboard: { room } });
    room.addEventListener("state", ({ state }) => {
      if (state === "joined") this.#memory.write({ inCall: true, resume: room.resume });
    });
    room.addEventListener("error", ({ error }) => this.#end(error.code));
    this.#stage.follow(room);
    this.#stage.showOwn(this.#devices.tracks);
    showView("stage");
    this.#since = Date.now();
    try {
      await room.join(this.#devices.tracks);
    } catch (error) {
      if (!(error instanceof RoomError)) throw error;
      if (error.code !== "left") this.#end(error.code);
    }
  }

  /** @param {DeviceKind} kind */
  async #toggle(kind) {
    this.#stage.setBusy(kind, true);
    if (this.#devices.tracks[kind] !== null) {
      this.#devices.turnOff(kind);
    } else {
      const wanted = { audio: kind === "audio", camera: kind === "camera" };
      this.#stage.explain(await this.#devices.turnOn(wanted));
    }
    this.#stage.setBusy(kind, false);
    this.#send(kind);
    this.#memory.write({ [kind]: this.#devices.tracks[kind] !== null });
  }

  /** @param {DeviceKind} kind */
  #deviceEnded(kind) {
    this.#send(kind);
    this.#stage.explain({ [kind]: "failed" });
  }

  /** @param {DeviceKind} kind */
  #send(kind) {
    if (this.#room === null) {
      // The call ended while the person was being asked for permission.
      this.#devices.close();
      return;
    }
    this.#stage.showOwn(this.#devices.tracks);
    this.#room.setTrack(kind, this.#devices.tracks[kind]);
  }

  #leave() {
    const minutes = Math.floor((Date.now() - this.#since) / 60_000);
    this.#end("left", strings.leftText(minutes));
  }

  /**
   * @param {import("../client/errors.js").RoomErrorCode} code
   * @param {string} [text] instead of what is usually said
   */
  #end(code, text) {
    this.#close();
    // The token is kept where it may still be needed: to come back after an outage.
    this.#memory.write(code === "unreachable" ? { inCall: false } : { inCall: false, resume: null });
    showProblem(code, { ...(text && { text }), join: () => this.start() });
  }

  /** The page goes away, perhaps only to be reloaded: the others know at once, and `inCall` is left as it is. */
  #hide() {
    this.#close();
  }

  #close() {
    this.#room?.leave();
    this.#room = null;
    this.#devices.close();
  }
}

/** Whether the page was reloaded or gone back to, rather than opened by a link. */
function cameBack() {
  const [entry] = performance.getEntriesByType("navigation");
  const type = entry instanceof PerformanceNavigationTiming ? entry.type : "navigate";
  return type === "reload" || type === "back_forward";
}

fillIn(document);
begin();

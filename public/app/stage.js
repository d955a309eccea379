import { Banners } from "./banners.js";
import { Bar } from "./bar.js";
import { Chat } from "./chat.js";
import { SYSTEM_CHOICES } from "./devices.js";
import { Panel, showDialog, tell, tellInDialog } from "./dialogs.js";
import { h, setText } from "./dom.js";
import { Door } from "./door.js";
import { copyText, Invite } from "./invite.js";
import { DEVICE_KINDS } from "./media.js";
import { Menu } from "./menu.js";
import { Monitor } from "./monitor.js";
import { People } from "./people.js";
import { Pip } from "./pip.js";
import { isHandheld } from "./platform.js";
import { wordsFor } from "./problem-words.js";
import { complaintsOf, missingOf } from "./reception.js";
import { listenForKeys, showShortcuts } from "./shortcuts.js";
import { diagnostics } from "./stats.js";
import { strings } from "./strings.js";
import { Tiles } from "./tiles.js";

/** Words that are longer than this are not read out whole, in characters. */
const READ_OUT = 140;

/**
 * @typedef {import("../client/room.js").Room} Room
 * @typedef {import("./guests.js").Guests} Guests
 * @typedef {import("./guests.js").Guest} Guest
 * @typedef {import("./media.js").DeviceKind} DeviceKind
 *
 * @typedef {object} StageActions
 * @property {(kind: DeviceKind) => void} toggle
 * @property {(wanted: import("./media.js").Wanted) => void} turnOn
 * @property {() => void} share
 * @property {(kind: DeviceKind | "speaker", id: string) => Promise<void>} choose
 * @property {() => void} leave
 */

/** The call as it is seen: everybody's pictures, what is going on, and the controls. It shows, and asks the call to act. */
export class Stage {
  #root;
  #devices;
  #actions;
  #status = h("p", { class: "status", id: "status", role: "status" }, strings.statusConnecting);
  #announcement = h("div", { class: "visually-hidden", id: "announcement", role: "status", "aria-atomic": "false" });
  #banners = new Banners("stage-notice", () => this.#bar.focus());
  /** What was plugged in and is not used yet, the newest first. @type {MediaDeviceInfo[]} */
  #offered = [];
  #sound = h("button", { type: "button", class: "button primary sound", id: "sound", hidden: true }, strings.soundOn);
  #drop = h("div", { class: "drop", hidden: true }, strings.dropHere);
  #view;
  #tiles = new Tiles({
    changed: (layout) => this.#laidOut(layout),
    blocked: (part) => this.#offerToPlay(part),
    elsewhere: (guest, video) => this.#pip?.linesOf(guest, video) ?? 0,
  });
  /** @type {Pip | null} */
  #pip = null;
  #bar;
  #menu;
  #invite;
  #chat;
  #people;
  #door = new Door({
    banners: this.#banners,
    announce: (text) => this.#announce(text),
    showPeople: () => !this.#panels.people.isOpen && this.#togglePanel("people"),
  });
  #panels;
  #unread = 0;
  /** When we came in; null before that. @type {number | null} */
  #since = null;
  /** Whether anybody else has been here since. */
  #met = false;
  #name = "";
  /** @type {Room | null} */
  #room = null;
  /** @type {Guests | null} */
  #guests = null;
  /** @type {Monitor | null} */
  #monitor = null;
  /** @type {any} */
  #clock = null;
  /** What of our devices does not work, and has been said. @type {import("./media.js").MediaProblems} */
  #explained = {};
  /** Phones and tablets have no screens to share, or only seem to. */
  #canShare = !isHandheld() && navigator.mediaDevices.getDisplayMedia !== undefined;
  #isSharing = false;
  /** Whose screen is shared, and has been announced. @type {Set<Guest>} */
  #sharers = new Set();

  /**
   * @param {HTMLElement} root
   * @param {{ room: string, link: string, sealed: boolean, devices: import("./devices.js").Devices }} call
   * @param {StageActions} actions
   */
  constructor(root, { room, link, sealed, devices }, actions) {
    this.#root = root;
    this.#devices = devices;
    this.#actions = actions;
    const announce = (/** @type {string} */ text) => this.#announce(text);
    this.#bar = new Bar(
      { room, sealed, canShare: this.#canShare },
      {
        toggle: actions.toggle,
        share: actions.share,
        panel: (name) => this.#togglePanel(name),
        leave: actions.leave,
      },
    );
    this.#pip = new Pip({
      toggle: actions.toggle,
      leave: actions.leave,
      changed: () => this.#tiles.arrange(),
      foremost: () => this.#tiles.foremost,
    });
    this.#menu = this.#makeMenu();
    this.#invite = new Invite({ link, id: "invite", title: strings.inviteTitle, text: strings.inviteText }, announce);
    const more = new Invite({ link, id: "invite-more", title: strings.inviteMore, heading: "h3" }, announce);
    this.#chat = new Chat({
      say: (id, text) => this.#guests?.say(id, text),
      guests: () => this.#guests?.all ?? [],
    });
    this.#people = new People(
      {
        verify: (guest) => this.#guests?.verify(guest),
        judge: (guest, same) => this.#guests?.judge(guest, same),
        remove: (guest) => this.#door.remove(guest),
        mayRemove: () => this.#door.isKept,
      },
      this.#door.element,
      more.element,
    );
    const opened = (/** @type {"chat" | "people"} */ name) => (/** @type {boolean} */ open) => {
      this.#bar.setOpen(name, open);
      if (open && name === "people") more.drawCode();
      if (open && name === "chat") this.#setUnread(0);
    };
    this.#panels = {
      chat: new Panel(
        { id: "chat-panel", title: strings.chat, body: this.#chat.body, foot: this.#chat.foot },
        opened("chat"),
      ),
      people: new Panel({ id: "people-panel", title: strings.people, body: this.#people.body }, opened("people")),
    };
    this.#view = h(
      "div",
      { class: "view" },
      this.#tiles.element,
      this.#invite.element,
      this.#banners.element,
      this.#sound,
      this.#drop,
    );
    root.replaceChildren(
      h("h1", { class: "visually-hidden", tabindex: -1 }, room),
      this.#status,
      this.#announcement,
      this.#view,
      this.#panels.chat.element,
      this.#panels.people.element,
      this.#bar.element,
      this.#menu.element,
    );
    this.#sound.addEventListener("click", () => {
      this.#sound.hidden = true;
      this.#tiles.unblock();
    });
    this.#takeDrops();
    this.#watchDevices();
    this.#listenForKeys();
  }

  /**
   * Follows a room from its beginning.
   *
   * @param {Room} room
   * @param {Guests} guests
   * @param {string} name ours
   */
  follow(room, guests, name) {
    this.close();
    this.#room = room;
    this.#guests = guests;
    this.#name = name;
    this.#since = null;
    this.#met = false;
    this.#setUnread(0);
    this.#bar.setSeconds(0);
    this.#clock = setInterval(() => this.#bar.setSeconds(this.seconds), 1_000);
    this.#monitor = new Monitor(guests, this.#devices);
    this.#tiles.setSpeaker(this.#devices.chosen.speaker);
    this.#tiles.follow(guests, this.#monitor);
    room.addEventListener("state", () => this.#tell());
    this.#door.follow(room);
    guests.addEventListener("enter", ({ guest }) => {
      this.#met = true;
      this.#people.enter(guest);
    });
    guests.addEventListener("named", ({ guest }) => this.#announce(strings.announceJoined(guest.name)));
    guests.addEventListener("exit", ({ guest, reason }) => this.#exit(guest, reason));
    guests.addEventListener("change", ({ guest }) => this.#change(guest));
    guests.addEventListener("chat", ({ guest, text }) => this.#hear(guest, text));
    guests.addEventListener("got", ({ guest, id }) => this.#chat.got(guest, id));
    guests.addEventListener("file", ({ guest, file }) => {
      this.#chat.offered(guest, file);
      this.#heard(strings.announceFile(guest.name, file.name));
    });
    guests.addEventListener("asked", ({ guest }) => this.#asked(guest));
    this.#monitor.addEventListener("mutedspeech", ({ muted }) => this.#tellMuted(muted));
    this.#monitor.addEventListener("silent", ({ silent }) => {
      this.#banners.set("silent", silent ? { title: strings.silentMicrophone } : null);
    });
    this.#monitor.addEventListener("stuck", () => this.#tellBroken());
    this.#tell();
  }

  /** The call is over. */
  close() {
    clearInterval(this.#clock);
    this.#pip?.close();
    this.#monitor?.close();
    this.#monitor = null;
    this.#room = null;
    this.#guests = null;
    this.#door.close();
    for (const panel of Object.values(this.#panels)) panel.close();
    this.#banners.clear();
    this.#people.clear();
    this.#chat.clear();
    this.#sharers.clear();
    this.#offered = [];
    this.#sound.hidden = true;
    this.#announcement.textContent = "";
    this.#tiles.pauseOwn(false);
  }

  /** How long the call has lasted for us, in seconds. */
  get seconds() {
    return this.#since === null ? 0 : (Date.now() - this.#since) / 1_000;
  }

  /** @param {import("./media.js").DeviceTracks} tracks what we send */
  showOwn(tracks) {
    this.#tiles.showOwn(tracks, this.#name);
    const media = { audio: tracks.audio !== null, camera: tracks.camera !== null };
    this.#bar.setOn("audio", media.audio);
    this.#bar.setOn("camera", media.camera);
    this.#people.showOwn(this.#name, media);
    this.#pip?.showOwn(tracks);
    for (const kind of DEVICE_KINDS) if (media[kind]) this.#banners.set(`lost-${kind}`, null);
    this.#tellBroken();
  }

  /** @param {boolean} sharing */
  showSharing(sharing) {
    this.#isSharing = sharing;
    this.#bar.setSharing(sharing);
    const actions = [{ label: strings.stopSharing, act: this.#actions.share }];
    this.#banners.set("sharing", sharing ? { title: strings.sharing, tone: "info", actions, lasting: true } : null);
  }

  /**
   * @param {DeviceKind} kind
   * @param {boolean} busy while the person is being asked for permission
   */
  setBusy(kind, busy) {
    this.#bar.setBusy(kind, busy);
  }

  /** @param {import("./media.js").MediaProblems} problems none, to clear */
  explain(problems) {
    this.#explained = problems;
    const words = wordsFor(problems);
    const wanted = { audio: problems.audio !== undefined, camera: problems.camera !== undefined };
    const actions = [{ label: strings.tryAgain, act: () => this.#actions.turnOn(wanted) }];
    this.#banners.set("devices", words && { ...words, actions });
  }

  /** @param {string} title something that went wrong just now */
  tellProblem(title) {
    this.#banners.set("problem", { title });
  }

  /** @param {"chat" | "people"} name */
  #togglePanel(name) {
    const panel = this.#panels[name];
    const other = this.#panels[name === "chat" ? "people" : "chat"];
    if (!panel.isOpen) other.close();
    panel.toggle();
    if (panel.isOpen && name === "chat") this.#chat.focus();
  }

  #makeMenu() {
    const canShare = this.#canShare;
    return new Menu(this.#bar.more, strings.more, [
      {
        icon: "people",
        label: strings.people,
        key: "p",
        act: () => this.#togglePanel("people"),
        hidden: () => this.#bar.hasRoomFor("people"),
      },
      {
        icon: "screen",
        label: strings.shareScreen,
        key: "s",
        act: this.#actions.share,
        hidden: () => !canShare || this.#isSharing || this.#bar.hasRoomFor("screen"),
      },
      {
        icon: "screen-off",
        label: strings.stopSharing,
        act: this.#actions.share,
        hidden: () => !this.#isSharing || this.#bar.hasRoomFor("screen"),
      },
      { icon: "settings", label: strings.settings, id: "settings", act: () => this.#showSettings() },
      {
        icon: "pip",
        label: strings.pictureInPicture,
        key: "i",
        id: "pip",
        act: () => this.#pictureInPicture(),
        hidden: () => this.#pip?.possible !== true,
      },
      {
        icon: "fullscreen",
        label: strings.fullScreen,
        act: () => toggleFullScreen(),
        hidden: () => document.fullscreenEnabled !== true || document.fullscreenElement !== null,
      },
      {
        icon: "fullscreen",
        label: strings.leaveFullScreen,
        act: () => toggleFullScreen(),
        hidden: () => document.fullscreenEnabled !== true || document.fullscreenElement === null,
      },
      { icon: "signal", label: strings.diagnostics, id: "diagnostics", act: () => this.#copyDiagnostics() },
      {
        icon: "leave",
        label: strings.endForAll,
        id: "end",
        act: () => this.#door.end(),
        hidden: () => !this.#door.isKept || this.#guests?.all.length === 0,
      },
      {
        icon: "keyboard",
        label: strings.shortcuts,
        key: "?",
        id: "shortcuts",
        act: () => this.#showShortcuts(),
        hidden: isHandheld,
      },
    ]);
  }

  #listenForKeys() {
    const { toggle, share } = this.#actions;
    listenForKeys(
      {
        m: () => toggle("audio"),
        v: () => toggle("camera"),
        s: share,
        c: () => this.#togglePanel("chat"),
        p: () => this.#togglePanel("people"),
        i: () => this.#pip?.possible && this.#pictureInPicture(),
        "?": () => this.#showShortcuts(),
      },
      () => !this.#root.hidden,
    );
  }

  async #showSettings() {
    const { DevicePickers } = await import("./pickers.js");
    const pickers = new DevicePickers(this.#devices, async (kind, id) => {
      await this.#actions.choose(kind, id);
      if (kind === "speaker") this.#tiles.setSpeaker(id);
      await pickers.refresh();
    });
    showDialog({ title: strings.settings, body: [pickers.element], closed: () => pickers.close() });
  }

  async #pictureInPicture() {
    if (this.#guests === null || this.#monitor === null) return;
    try {
      await this.#pip?.toggle(this.#guests, this.#monitor);
    } catch {
      this.tellProblem(strings.pipFailed);
    }
  }

  #showShortcuts() {
    showShortcuts({ changed: (on) => this.#bar.showKeys(on) });
  }

  async #copyDiagnostics() {
    const peers = (this.#guests?.all ?? []).map(({ peer, summary, candidates }) => ({
      state: peer.state,
      away: peer.away,
      ice: peer.ice,
      media: peer.media,
      summary,
      candidates,
    }));
    const state = {
      agent: navigator.userAgent,
      room: this.#room?.state ?? "left",
      hasRelay: this.#room?.hasRelay === true,
      seconds: Math.round(this.seconds),
      peers,
    };
    const copied = await copyText(diagnostics(state));
    this.#banners.set("diagnostics", {
      title: copied ? strings.diagnosticsCopied : strings.diagnosticsFailed,
      tone: copied ? "info" : "caution",
    });
  }

  #watchDevices() {
    this.#devices.addEventListener("paused", ({ kind, paused }) => {
      if (this.#guests === null) return;
      if (!paused) return this.#clearPaused(kind);
      this.#banners.set(`paused-${kind}`, { title: strings.paused[kind] });
      if (kind === "camera") this.#tiles.pauseOwn(true);
    });
    this.#devices.addEventListener("lost", ({ kind, problem, replaced }) => {
      if (this.#guests === null) return;
      this.#clearPaused(kind);
      if (kind === "audio") this.#banners.set("replaced", null);
      const title = strings.replacedMicrophone(this.#devices.microphoneName);
      if (replaced) this.#banners.set("replaced", { title, tone: "info" });
      else if (problem === "denied") this.#tellRefused(kind);
      else {
        const title = kind === "camera" ? strings.cameraGone : strings.microphoneGone;
        const actions = [{ label: strings.turnOn[kind], act: () => this.#actions.toggle(kind) }];
        this.#banners.set(`lost-${kind}`, { title, actions });
      }
    });
    this.#devices.addEventListener("list", ({ added, devices }) => {
      this.#offerDevice(added, devices);
      this.#playThrough(devices);
    });
  }

  /** @param {DeviceKind} kind of a device that is not paused any more, or gone */
  #clearPaused(kind) {
    this.#banners.set(`paused-${kind}`, null);
    if (kind === "camera") this.#tiles.pauseOwn(false);
  }

  /**
   * The permission for a device was taken back in the middle of a call; often that of both is, one after the other.
   *
   * @param {DeviceKind} kind
   */
  #tellRefused(kind) {
    const other = kind === "audio" ? "camera" : "audio";
    this.explain(this.#explained[other] === "denied" ? { audio: "denied", camera: "denied" } : { [kind]: "denied" });
  }

  /**
   * Headphones that were chosen may be pulled out, and plugged in again.
   *
   * @param {MediaDeviceInfo[]} devices
   */
  #playThrough(devices) {
    const { speaker } = this.#devices.chosen;
    const isThere = devices.some(({ kind, deviceId }) => kind === "audiooutput" && deviceId === speaker);
    this.#tiles.setSpeaker(isThere ? speaker : "");
  }

  /**
   * @param {MediaDeviceInfo[]} added plugged in just now
   * @param {MediaDeviceInfo[]} devices all of them
   */
  #offerDevice(added, devices) {
    if (this.#guests === null) return;
    // What comes in one plug may be told of piece by piece, and then is still one thing.
    const isThere = (/** @type {MediaDeviceInfo} */ { kind, deviceId }) =>
      devices.some((device) => device.kind === kind && device.deviceId === deviceId);
    const ours = added.filter(({ deviceId }) => !SYSTEM_CHOICES.includes(deviceId));
    const [device = this.#offered[0]] = ours;
    if (device === undefined) return;
    if (ours.length === 0) {
      if (!isThere(device)) this.#withdrawOffer();
      return;
    }
    this.#offered = [...ours, ...this.#offered.filter(isThere)];
    const kinds = /** @type {const} */ ({ audioinput: "audio", videoinput: "camera", audiooutput: "speaker" });
    const use = async () => {
      // Headphones with a microphone are two devices, or three.
      for (const { kind, deviceId, groupId, label } of this.#offered.splice(0)) {
        if (label !== device.label && groupId !== device.groupId) continue;
        await this.#actions.choose(kinds[kind], deviceId);
        if (kind === "audiooutput") this.#tiles.setSpeaker(deviceId);
      }
    };
    const actions = [{ label: strings.useIt, act: use }];
    this.#banners.set("new-device", { title: strings.newDevice(device.label), tone: "info", actions });
  }

  #withdrawOffer() {
    this.#offered = [];
    this.#banners.set("new-device", null);
  }

  #takeDrops() {
    const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") === true;
    this.#root.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.#drop.hidden = false;
    });
    this.#root.addEventListener("dragleave", ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.#root.contains(relatedTarget))) this.#drop.hidden = true;
    });
    this.#root.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.#drop.hidden = true;
      if (!this.#panels.chat.isOpen) this.#togglePanel("chat");
      this.#chat.sendFiles(event.dataTransfer?.files ?? []);
    });
  }

  /**
   * @param {Guest} guest
   * @param {string} text
   */
  #hear(guest, text) {
    this.#chat.hear(guest, text);
    this.#heard(strings.announceMessage(guest.name, text.slice(0, READ_OUT)));
  }

  /** @param {string} words what has come in the chat */
  #heard(words) {
    if (!this.#panels.chat.isOpen) this.#setUnread(this.#unread + 1);
    this.#announce(words);
  }

  /** @param {number} count */
  #setUnread(count) {
    this.#unread = count;
    this.#bar.setUnread(count);
  }

  /** @param {Guest} guest */
  #asked(guest) {
    const show = () => {
      if (!this.#panels.people.isOpen) this.#togglePanel("people");
      this.#people.reveal(guest);
    };
    const actions = [{ label: strings.verifyShow, act: show }];
    this.#banners.set("verify", { title: strings.verifyAsked(guest.name), tone: "info", actions });
  }

  /**
   * @param {Guest} guest
   * @param {import("../client/room.js").PeerLeftReason} reason
   */
  #exit(guest, reason) {
    this.#people.exit(guest);
    this.#chat.gone(guest);
    this.#sharers.delete(guest);
    const wentByItself = reason === "bye" || reason === "removed";
    this.#announce(wentByItself ? strings.announceLeft(guest.name) : strings.announceLost(guest.name));
    this.#tellBroken();
    this.#tell();
  }

  /** @param {Guest} guest */
  #change(guest) {
    this.#people.change(guest);
    this.#announceSharing(guest);
    this.#tellBroken();
    this.#tell();
  }

  /** @param {Guest} guest who is not announced as a number: the name comes within a moment */
  #announceSharing(guest) {
    const { screen } = guest.peer.media;
    if (!screen) this.#sharers.delete(guest);
    if (!screen || !guest.isNamed || this.#sharers.has(guest)) return;
    this.#sharers.add(guest);
    this.#announce(strings.announceSharing(guest.name));
  }

  /** @param {boolean} muted somebody speaks here while the microphone is off */
  #tellMuted(muted) {
    const actions = [{ label: strings.turnOn.audio, act: () => this.#actions.toggle("audio") }];
    // It stays until it is put away or the microphone is on: whoever speaks does not look.
    if (muted) this.#banners.set("muted", { title: strings.mutedSpeaking, actions });
    else if (this.#devices.tracks.audio !== null) this.#banners.set("muted", null);
  }

  /** The one whose sound or picture does not get out is told. */
  #tellBroken() {
    const guests = this.#guests?.connected ?? [];
    const { audio, camera } = this.#devices.tracks;
    const sending = { audio: audio !== null, camera: camera !== null };
    if (sending.audio) this.#banners.set("muted", null);
    const broken = complaintsOf(guests, sending);
    const noRoute = (this.#guests?.all ?? []).filter((guest) => guest.noRoute);
    const names = noRoute.map(({ name }) => name).join(", ");
    this.#banners.report(
      "no-route",
      noRoute.length === 0
        ? null
        : { title: strings.noRoute(names), text: strings.noRouteText, actions: [this.#reconnectAction(noRoute)] },
    );
    const actions = [this.#reconnectAction(guests)];
    this.#tellMissing(guests, actions);
    if (broken === null) {
      // Nobody complains, perhaps because not even that gets through.
      const stuck = sending.audio && this.#monitor?.stuck === true;
      const title = strings.notHeard(strings.nobody);
      this.#banners.report("broken", stuck ? { title, text: strings.brokenText, actions } : null);
      return;
    }
    const who = broken.all && broken.names.length > 1 ? strings.nobody : broken.names.join(", ");
    const say = { audio: strings.notHeard, camera: strings.notSeen, both: strings.notHeardOrSeen }[broken.kind];
    this.#banners.report("broken", { title: say(who), text: strings.brokenText, actions });
  }

  /**
   * The one who does not get what others send is told, too: it may be the way to here that is broken.
   *
   * @param {Guest[]} guests who are connected
   * @param {import("./banners.js").BannerContent["actions"]} actions
   */
  #tellMissing(guests, actions) {
    const missing = missingOf(guests);
    if (missing === null) {
      this.#banners.report("missing", null);
      return;
    }
    const all = missing.all && missing.names.length > 1;
    const whom = all ? strings.everybody : missing.names.join(", ");
    const say = { audio: strings.notHearing, camera: strings.notSeeing, both: strings.notHearingOrSeeing }[
      missing.kind
    ];
    const text = all ? strings.missingAllText : strings.missingText;
    this.#banners.report("missing", { title: say(whom), text, actions });
  }

  /** @param {Guest[]} guests */
  #reconnectAction(guests) {
    return {
      label: strings.reconnect,
      act: () => {
        for (const { peer } of guests) peer.restart();
      },
    };
  }

  #tell() {
    const room = this.#room;
    if (room === null) return;
    if (room.state === "joined") this.#since ??= Date.now();
    const status = statusOf(room);
    if (status !== this.#status.textContent) tellInDialog(status);
    setText(this.#status, status);
    this.#status.dataset.state = room.state;
    this.#invite.setTitle(this.#met ? strings.inviteTitleAgain : strings.inviteTitle);
    this.#invite.element.hidden = room.peers.size > 0 || room.state !== "joined";
    if (!this.#invite.element.hidden) this.#invite.drawCode();
  }

  /** @param {"audio" | "picture"} part what the browser does not play without a press */
  #offerToPlay(part) {
    if (part === "picture" || this.#sound.hidden) {
      setText(this.#sound, part === "picture" ? strings.playAll : strings.soundOn);
    }
    this.#sound.hidden = false;
  }

  /** @param {import("./tiles.js").Layout} layout */
  #laidOut(layout) {
    this.#root.dataset.layout = layout;
  }

  /** @param {string} text */
  #announce(text) {
    if (!tellInDialog(text)) tell(this.#announcement, text);
  }
}

async function toggleFullScreen() {
  try {
    if (document.fullscreenElement !== null) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  } catch {
    // Not allowed here: the page stays as it is.
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

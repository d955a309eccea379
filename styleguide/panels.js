import { Chat } from "../public/app/chat.js";
import { makeDialog, Panel, showDialog } from "../public/app/dialogs.js";
import { h } from "../public/app/dom.js";
import { Door, questionParts } from "../public/app/door.js";
import { Invite } from "../public/app/invite.js";
import { Menu } from "../public/app/menu.js";
import { People, VerificationBox } from "../public/app/people.js";
import { DevicePickers } from "../public/app/pickers.js";
import { makeShortcutList } from "../public/app/shortcuts.js";
import { strings } from "../public/app/strings.js";
import { TransferItem } from "../public/app/transfer.js";
import { TypedTarget } from "../public/client/room.js";
import { connection, guest, LINK, NAMES } from "./cast.js";
import { chapter, specimen } from "./specimen.js";

const [AMAL = "", BJÖRN = "", CHIARA = "", DAI = "", EDWINA = "", FEMI = "", GRETA = ""] = NAMES;

const nothing = () => {};

/**
 * A panel as it is when it is open, without taking the focus.
 *
 * @param {ConstructorParameters<typeof Panel>[0]} content
 */
function panel(content) {
  const { element } = new Panel(content, nothing);
  element.setAttribute("open", "");
  return element;
}

/** @param {Parameters<typeof makeDialog>[0]} content */
function dialog(content) {
  const dialog = makeDialog(content);
  dialog.setAttribute("open", "");
  return dialog;
}

/** @param {string} label @param {() => unknown} click */
function opener(label, click) {
  return h("button", { type: "button", class: "button compact", click }, label);
}

async function inviteChapter() {
  const invites = [
    new Invite({ link: LINK, id: "invite", title: strings.inviteTitle, text: strings.inviteText }, nothing),
    new Invite({ link: LINK, id: "invite-more", title: strings.inviteMore, heading: "h3" }, nothing),
  ];
  await Promise.all(invites.map((invite) => invite.drawCode()));
  const [alone, more] = invites.map(({ element }) => element);
  if (alone === undefined || more === undefined) throw new Error("no invite");
  const people = new People({ verify: nothing, judge: nothing, remove: nothing, mayRemove: () => false }, more);
  people.showOwn("Zoë", { audio: true, camera: true });
  return chapter(
    "invite",
    "Invitation",
    specimen("Beside our own picture, while nobody else is here", h("div", { class: "view" }, alone), "night"),
    specimen("In the panel of people", panel({ id: "invite-panel", title: strings.people, body: people.body })),
  );
}

function chat() {
  const guests = [guest(AMAL), guest(EDWINA)];
  const chat = new Chat({ say: nothing, guests: () => guests });
  const element = panel({ id: "chat-panel", title: strings.chat, body: chat.body, foot: chat.foot });
  return { chat, element, guests };
}

/**
 * Says a line as a person does.
 *
 * @param {Chat} chat
 * @param {string} text
 */
function say({ foot }, text) {
  const field = foot.querySelector("textarea");
  if (field === null) return;
  field.value = text;
  foot.requestSubmit();
}

/** A chat is written into once it is in the page. @type {(() => void)[]} */
const later = [];

function chatChapter() {
  const empty = chat();
  const full = chat();
  later.push(() => {
    const [amal, edwina] = full.guests;
    if (amal === undefined || edwina === undefined) return;
    full.chat.hear(amal, "Can you see my screen?");
    full.chat.hear(amal, "I can share it again.");
    full.chat.hear(edwina, "Yes. https://example.org/a/long/address/that/has/to/be/broken/somewhere?or=other");
    say(full.chat, "One moment,\nI will have a look");
    const file = { name: "minutes.pdf", size: 2_400_000, cancel: nothing, accept: () => new Promise(nothing) };
    full.chat.offered(amal, /** @type {any} */ (Object.assign(new TypedTarget(), file)));
    say(full.chat, "I have to go, speak soon");
    full.chat.gone(edwina);
  });
  const files = /** @type {const} */ ([
    ["Offered to us", true, { state: "offered" }],
    ["Offered by us", false, { state: "waiting" }],
    ["On its way", true, { state: "moving", bytes: 900_000 }],
    ["Received", true, { state: "done", url: "/app/icon.svg" }],
    ["Sent", false, { state: "done" }],
    ["Sent to some", false, { state: "done", note: strings.fileSentTo(2, 3) }],
    ...Object.entries(strings.fileErrors).map(
      ([code, note]) => /** @type {const} */ ([`Failed: ${code}`, true, { state: "failed", note }]),
    ),
    ["Failed: anything else", false, { state: "failed" }],
  ]);
  return chapter(
    "chat",
    "Chat and files",
    specimen("Nothing said yet", empty.element),
    specimen("Lines of others and ours, a file, a line that has not reached everybody", full.element),
    ...files.map(([title, incoming, view], place) => {
      const name =
        place % 4 === 2 ? "a-name-of-a-file-that-is-longer-than-the-panel-is-wide_final_v2.pdf" : "minutes.pdf";
      const item = new TransferItem({ name, size: 2_400_000, incoming }, { accept: nothing, cancel: nothing });
      item.show(view);
      return specimen(title, item.element, "sheet");
    }),
  );
}

function peopleChapter() {
  const states = {
    [AMAL]: { verification: /** @type {const} */ ("verified") },
    [BJÖRN]: { media: { camera: false }, summary: connection({ roundTrip: 260 }) },
    [CHIARA]: { media: { audio: false }, summary: connection({ loss: 0.08, relayed: true }) },
    [DAI]: { media: { audio: false, camera: false }, summary: connection({ loss: 0.2 }) },
    [EDWINA]: { state: "connecting", summary: null },
    [FEMI]: { state: "reconnecting" },
    [GRETA]: { state: "connecting", noRoute: true, summary: null },
  };
  const actions = { verify: nothing, judge: nothing, remove: nothing, mayRemove: () => true };
  const all = new People(actions);
  all.showOwn("Zoë", { audio: true, camera: true });
  for (const [name, state] of Object.entries(states)) all.enter(guest(name, state));
  const open = new People(actions);
  open.showOwn("", { audio: false, camera: false });
  open.enter(guest(CHIARA, { summary: connection({ loss: 0.031, relayed: true }) }));
  for (const details of open.body.flatMap((part) => [...part.querySelectorAll("details")])) details.open = true;
  const verifications = /** @type {const} */ (["none", "running", "compare", "verified", "differs", "failed"]);
  return chapter(
    "people",
    "People",
    specimen("In every state", panel({ id: "people-panel", title: strings.people, body: all.body })),
    specimen(
      "Details, for whoever keeps the door",
      panel({ id: "details-panel", title: strings.people, body: open.body }),
    ),
    ...[
      door("locked", true, 0),
      door("locked, somebody waits", true, 1),
      door("not locked", false, 0),
      door("locked by another", true, 0, false),
    ],
    ...verifications.map((state) => {
      const someone = guest(AMAL, { verification: state });
      const box = new VerificationBox(someone, actions);
      box.show(someone);
      return specimen(`Verification: ${state}`, box.element, "sheet");
    }),
  );
}

/**
 * The door of a call.
 *
 * @param {string} title
 * @param {boolean} locked
 * @param {number} knocks
 * @param {boolean} [moderates]
 */
function door(title, locked, knocks, moderates = true) {
  const room = { locked, moderates, knocks: new Set(Array.from({ length: knocks }, (_, place) => `peer-${place}`)) };
  const banners = { set: nothing };
  const door = new Door({ banners: /** @type {any} */ (banners), announce: nothing, showPeople: nothing });
  door.follow(/** @type {any} */ (Object.assign(new TypedTarget(), room)));
  door.element.setAttribute("aria-label", `${strings.door}: ${title}`);
  return specimen(`The door: ${title}`, door.element, "sheet");
}

/** Devices of a person who has allowed them. @returns {any} */
function someDevices() {
  const names = { videoinput: "Built-in camera", audioinput: "Built-in microphone", audiooutput: "Headset 45" };
  const list = Object.entries(names).map(([kind, label]) => ({ kind, label, deviceId: kind }));
  const chosen = { audio: "audioinput", camera: "videoinput", speaker: "audiooutput" };
  return { list: async () => list, inUse: () => "", chosen, tracks: { audio: null, camera: null } };
}

async function dialogChapter() {
  const pickers = new DevicePickers(someDevices(), nothing);
  await pickers.refresh();
  const questions = [
    { title: strings.removeTitle(BJÖRN), text: strings.removeUnlockedText, label: strings.remove, act: nothing },
    { title: strings.removeTitle(EDWINA), text: strings.removeText, label: strings.remove, act: nothing },
    { title: strings.endTitle, text: strings.endText, label: strings.endForAll, act: nothing },
  ];
  const shortcuts = () => ({ title: strings.shortcuts, body: makeShortcutList({ changed: nothing }) });
  return chapter(
    "dialogs",
    "Dialogs",
    specimen("Camera and sound", dialog({ title: strings.settings, body: [pickers.element] })),
    specimen("Keys", dialog(shortcuts())),
    ...questions.map((question) => {
      return specimen(question.title, dialog({ title: question.title, body: questionParts(question) }));
    }),
    specimen(
      "Over everything, as it is shown in a call",
      opener(strings.shortcuts, () => showDialog(shortcuts())),
      "row",
    ),
  );
}

function menuChapter() {
  const items = /** @type {const} */ ([
    ["people", strings.people, "p"],
    ["screen", strings.shareScreen, "s"],
    ["settings", strings.settings],
    ["pip", strings.pictureInPicture, "i"],
    ["fullscreen", strings.fullScreen],
    ["signal", strings.diagnostics],
    ["leave", strings.endForAll],
    ["keyboard", strings.shortcuts, "?"],
  ]);
  const make = (/** @type {HTMLButtonElement} */ button) =>
    new Menu(
      button,
      strings.more,
      items.map(([icon, label, key]) => ({ icon, label, act: nothing, ...(key && { key }) })),
    );
  const laidOut = make(opener(strings.more, nothing)).element;
  // Without it the browser shows it only in its place over everything.
  laidOut.removeAttribute("popover");
  laidOut.classList.add("with-keys");
  const button = opener(strings.more, nothing);
  const menu = make(button);
  return chapter(
    "menus",
    "Menus",
    specimen("Everything it may hold", laidOut),
    specimen("Over its button, as it is shown in a call", [button, menu.element], "row"),
  );
}

/** What opens beside the stage or over it. */
export async function panelChapters() {
  return [await inviteChapter(), chatChapter(), peopleChapter(), await dialogChapter(), menuChapter()];
}

/** Does what can be done only once everything is in the page. */
export function finishPanels() {
  for (const act of later.splice(0)) act();
}

import { FileError } from "../client/room.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./strings.js";
import { CHAT_LENGTH } from "./talk.js";
import { TransferItem } from "./transfer.js";

/**
 * @typedef {import("./guests.js").Guest} Guest
 * @typedef {import("../client/files.js").IncomingFile} IncomingFile
 *
 * @typedef {object} ChatActions
 * @property {(id: string, text: string) => void} say
 * @property {() => Guest[]} guests everybody else
 *
 * @typedef {object} Line one of ours
 * @property {HTMLElement} note
 * @property {Map<Guest, "waiting" | "got" | "gone">} delivery
 */

/** Lines and files between everybody in the call. Nothing of it is stored. */
export class Chat {
  #actions;
  #list = h("ol", { class: "messages", id: "messages", "aria-live": "off" });
  #empty = h("p", { class: "dim small chat-empty" }, strings.chatEmpty);
  #input = h("textarea", {
    class: "input",
    id: "message",
    rows: 1,
    maxlength: CHAT_LENGTH,
    placeholder: strings.messagePlaceholder,
    "aria-label": strings.message,
    keydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
  });
  #picker = h("input", {
    type: "file",
    multiple: true,
    class: "visually-hidden",
    tabindex: -1,
    "aria-label": strings.attach,
    id: "file-input",
    change: () => this.#picked(),
  });
  /** Our own lines, by their ids. @type {Map<string, Line>} */
  #sent = new Map();
  /** The one who has said the last line: names are not unique. @type {Guest | "ourselves" | null} */
  #last = null;
  /** URLs of files that were received, to be let go of at the end. @type {string[]} */
  #urls = [];

  /** @param {ChatActions} actions */
  constructor(actions) {
    this.#actions = actions;
    /** For the panel's body. @readonly */
    this.body = [this.#empty, this.#list];
    /** For its foot. @readonly */
    this.foot = h(
      "form",
      { class: "composer", submit: (/** @type {Event} */ event) => this.#submit(event) },
      h(
        "button",
        {
          type: "button",
          class: "button round quiet",
          "aria-label": strings.attach,
          "data-tip": strings.attach,
          click: () => this.#picker.click(),
        },
        icon("attach"),
      ),
      this.#picker,
      this.#input,
      h(
        "button",
        { type: "submit", class: "button round primary", "aria-label": strings.send, id: "send" },
        icon("send"),
      ),
    );
  }

  /** Puts the cursor where one writes. */
  focus() {
    this.#input.focus();
  }

  /**
   * Somebody's line.
   *
   * @param {Guest} guest
   * @param {string} text
   */
  hear(guest, text) {
    this.#add(guest, h("p", { class: "message-text" }, text));
  }

  /**
   * A file that somebody offers.
   *
   * @param {Guest} guest
   * @param {IncomingFile} file
   */
  offered(guest, file) {
    const accept = () => this.#accept(file, item);
    const item = new TransferItem(
      { name: file.name, size: file.size, incoming: true },
      { accept, cancel: () => file.cancel() },
    );
    file.addEventListener("progress", ({ received }) => item.show({ state: "moving", bytes: received }));
    file.addEventListener("end", ({ error }) => error !== null && item.show({ state: "failed", note: noteOf(error) }));
    this.#add(guest, item.element);
  }

  /**
   * Sends files to everybody.
   *
   * @param {Iterable<File>} files
   */
  sendFiles(files) {
    for (const file of files) this.#sendFile(file);
  }

  /**
   * Somebody has got one of our lines.
   *
   * @param {Guest} guest
   * @param {string} id
   */
  got(guest, id) {
    this.#delivered(guest, this.#sent.get(id), "got");
  }

  /** @param {Guest} guest who has left: what has not arrived will not */
  gone(guest) {
    for (const line of this.#sent.values()) {
      if (line.delivery.get(guest) === "waiting") this.#delivered(guest, line, "gone");
    }
  }

  /** Forgets everything. */
  clear() {
    for (const url of this.#urls) URL.revokeObjectURL(url);
    this.#urls = [];
    this.#sent.clear();
    this.#last = null;
    this.#list.replaceChildren();
    this.#empty.hidden = false;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.foot.requestSubmit();
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const text = this.#input.value.trim();
    if (text === "") return;
    this.#input.value = "";
    const id = crypto.randomUUID();
    const guests = this.#actions.guests();
    const isConnected = guests.some(({ peer }) => peer.state === "connected");
    const words = guests.length === 0 ? strings.chatAlone : isConnected ? "" : strings.chatWaiting;
    const note = h("p", { class: "message-note dim small" }, words);
    this.#sent.set(id, { note, delivery: new Map(guests.map((guest) => [guest, "waiting"])) });
    this.#add("ourselves", h("div", {}, h("p", { class: "message-text" }, text), note));
    this.#actions.say(id, text);
  }

  #picked() {
    this.sendFiles(this.#picker.files ?? []);
    this.#picker.value = "";
  }

  /** @param {File} file */
  #sendFile(file) {
    const guests = this.#actions.guests();
    const control = new AbortController();
    const item = new TransferItem(
      { name: file.name, size: file.size, incoming: false },
      { cancel: () => control.abort() },
    );
    this.#add("ourselves", item.element);
    if (guests.length === 0) item.show({ state: "failed", note: strings.fileAlone });
    else new Outgoing(file, guests, item, control.signal).start();
  }

  /**
   * @param {IncomingFile} file
   * @param {TransferItem} item
   */
  async #accept(file, item) {
    item.show({ state: "moving", bytes: 0 });
    try {
      const url = URL.createObjectURL(await file.accept());
      this.#urls.push(url);
      item.show({ state: "done", url });
      // Whoever accepts a file wants to have it.
      item.element.querySelector("a")?.click();
    } catch {
      // Told by the event.
    }
  }

  /**
   * @param {Guest} guest
   * @param {Line | undefined} line
   * @param {"got" | "gone"} outcome
   */
  #delivered(guest, line, outcome) {
    if (line === undefined) return;
    line.delivery.set(guest, outcome);
    const gone = Array.from(line.delivery).filter(([, state]) => state === "gone");
    const names = gone.map(([{ name }]) => name).join(", ");
    setText(line.note, names === "" ? "" : strings.undelivered(names));
  }

  /**
   * @param {Guest | "ourselves"} who
   * @param {HTMLElement} content
   */
  #add(who, content) {
    this.#empty.hidden = true;
    const own = who === "ourselves";
    const name = own ? strings.you : who.name;
    const head = this.#last === who ? null : h("p", { class: "message-head" }, h("strong", {}, name), " ", clock());
    this.#last = who;
    const body = /** @type {HTMLElement} */ (this.#list.parentElement ?? this.#list);
    const atEnd = body.scrollHeight - body.scrollTop - body.clientHeight < 80;
    this.#list.append(h("li", { class: own ? "message own" : "message" }, head, content));
    if (atEnd || own) body.scrollTop = body.scrollHeight;
  }
}

/** A file on its way to everybody, shown as one. */
class Outgoing {
  #file;
  #guests;
  #item;
  #signal;
  /** @type {Map<Guest, { bytes: number, error: unknown, over: boolean }>} */
  #ways = new Map();

  /**
   * @param {File} file
   * @param {Guest[]} guests
   * @param {TransferItem} item
   * @param {AbortSignal} signal
   */
  constructor(file, guests, item, signal) {
    this.#file = file;
    this.#guests = guests;
    this.#item = item;
    this.#signal = signal;
  }

  start() {
    for (const guest of this.#guests) this.#sendTo(guest);
  }

  /** @param {Guest} guest */
  async #sendTo(guest) {
    const way = { bytes: 0, error: /** @type {unknown} */ (null), over: false };
    this.#ways.set(guest, way);
    const onProgress = (/** @type {{ sent: number }} */ { sent }) => {
      way.bytes = sent;
      this.#show();
    };
    try {
      await guest.peer.sendFile(this.#file, { onProgress, signal: this.#signal });
    } catch (error) {
      way.error = error;
    }
    way.over = true;
    this.#show();
  }

  #show() {
    const ways = Array.from(this.#ways.values());
    const done = ways.filter(({ over, error }) => over && error === null).length;
    const moving = ways.filter(({ over, bytes }) => !over && bytes > 0);
    if (ways.some(({ over }) => !over)) {
      const bytes = moving.length === 0 ? 0 : Math.min(...moving.map(({ bytes }) => bytes));
      this.#item.show({ state: moving.length > 0 ? "moving" : "waiting", bytes });
    } else if (done > 0) {
      const note = done < ways.length ? strings.fileSentTo(done, ways.length) : undefined;
      this.#item.show({ state: "done", note });
    } else {
      // What has come of it where it could be sent says more than that somebody was away.
      const [error] = ways.map(({ error }) => error).sort((one, other) => Number(isAway(one)) - Number(isAway(other)));
      this.#item.show({ state: "failed", note: noteOf(error) });
    }
  }
}

/** @param {unknown} error */
function isAway(error) {
  return error instanceof FileError && error.code === "not-connected";
}

/** @param {unknown} error */
function noteOf(error) {
  if (error instanceof FileError) return strings.fileErrors[error.code];
  return error instanceof DOMException && error.name === "AbortError"
    ? strings.fileErrors.cancelled
    : strings.fileFailed;
}

function clock() {
  const now = new Date();
  const text = now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return h("time", { class: "dim small", datetime: now.toISOString() }, text);
}

// The sockets of a room's object, under the numbers by which the core knows them. They are kept here, in the script's own memory,
// since a call between script and module for each step of a signal costs more than the steps.

export class Sockets {
  /** The text frame that is being handled. */
  frame = "";
  #state;
  #ids = new Map();
  /** By id: the socket, and what stands before the data of every signal that comes over it, once that is known. */
  #held = new Map();
  #next = 0;

  /** @param {DurableObjectState} state */
  constructor(state) {
    this.#state = state;
  }

  /**
   * The socket's number; nothing for one that holds no seat, or before the room was restored.
   *
   * @param {WebSocket} socket
   */
  id(socket) {
    return this.#ids.get(socket);
  }

  /** @param {WebSocket} socket */
  add(socket) {
    const id = this.#next;
    this.#next += 1;
    this.#ids.set(socket, id);
    this.#held.set(id, { socket, head: null });
    return id;
  }

  /** @param {number} id */
  forget(id) {
    const socket = this.#held.get(id)?.socket;
    this.#held.delete(id);
    this.#ids.delete(socket);
    return socket;
  }

  clear() {
    this.#ids.clear();
    this.#held.clear();
    this.#next = 0;
  }

  /**
   * Begins anew with the sockets that the runtime has kept, numbered from 0. A socket that was refused, or that the room has closed,
   * has no attachment and holds no seat: its close event finds no number. One that the other side is closing holds it still, as its
   * close event may be what woke the room.
   *
   * @returns {string} their attachments, in the order of their numbers, parted by line feeds
   */
  restore() {
    this.clear();
    const attachments = [];
    for (const socket of this.#state.getWebSockets()) {
      const attachment = socket.deserializeAttachment();
      if (typeof attachment === "string" && !attachment.includes("\n")) {
        this.add(socket);
        attachments.push(attachment);
      }
    }
    return attachments.join("\n");
  }

  /** @param {number} id */
  accept(id) {
    this.#state.acceptWebSocket(this.#held.get(id).socket);
  }

  /**
   * @param {number} id
   * @param {string} attachment
   */
  attach(id, attachment) {
    this.#held.get(id)?.socket.serializeAttachment(attachment);
  }

  /**
   * Sends, unless the connection is already gone: then its close event is on its way, and tells the core.
   *
   * @param {number} id
   * @param {string} text
   */
  send(id, text) {
    try {
      this.#held.get(id)?.socket.send(text);
    } catch {}
  }

  /**
   * @param {Uint32Array} ids
   * @param {string} text
   */
  sendAll(ids, text) {
    for (const id of ids) {
      this.send(id, text);
    }
  }

  /**
   * Sets what stands before the data of every signal that comes over a socket.
   *
   * @param {number} from
   * @param {string} head
   */
  setHead(from, head) {
    const held = this.#held.get(from);
    if (held !== undefined) {
      held.head = head;
    }
  }

  /**
   * Sends a signal whose data is a part of the frame that is being handled, cut out where it is: a copy into the module's memory
   * and back costs more than all the rest of relaying a long one.
   *
   * @param {number} from
   * @param {number} to
   * @param {number} start where in the frame the data begins
   * @param {number} end where it ends
   * @returns {boolean} whether the socket's head was known; else nothing was sent
   */
  relay(from, to, start, end) {
    const head = this.#held.get(from)?.head ?? null;
    if (head !== null) {
      this.send(to, `${head}${this.frame.slice(start, end)}}`);
    }
    return head !== null;
  }

  /**
   * The same, to many.
   *
   * @param {number} from
   * @param {Uint32Array} ids
   * @param {number} start
   * @param {number} end
   */
  relayAll(from, ids, start, end) {
    const head = this.#held.get(from)?.head ?? null;
    if (head !== null) {
      this.sendAll(ids, `${head}${this.frame.slice(start, end)}}`);
    }
    return head !== null;
  }

  /**
   * Closes, unless the connection is already gone. The socket stays listed by the runtime until the other side answers, so its
   * attachment is cleared: whoever wakes meanwhile must not take it for a seat.
   *
   * @param {number} id
   * @param {number} code
   * @param {string} reason
   */
  close(id, code, reason) {
    const socket = this.forget(id);
    try {
      socket?.serializeAttachment(null);
    } finally {
      try {
        socket?.close(code, reason);
      } catch {}
    }
  }

  /**
   * When a socket's last `ping` was answered, in milliseconds since the Unix epoch.
   *
   * @param {number} id
   */
  lastPing(id) {
    const socket = this.#held.get(id)?.socket;
    return socket && this.#state.getWebSocketAutoResponseTimestamp(socket)?.getTime();
  }
}

/**
 * Answers the close of a connection, which the runtime does not do by itself for a hibernatable socket. The answer has the code that
 * came (RFC 6455, section 5.5.1), unless it is one that no script may send. There is nobody left to tell where this throws: the
 * connection is gone, or the close was the answer to ours.
 *
 * @param {WebSocket} socket
 * @param {number} code
 */
export function answerClose(socket, code) {
  try {
    if (code === 1000 || (code >= 3000 && code <= 4999)) {
      socket.close(code);
    } else {
      socket.close();
    }
  } catch {}
}

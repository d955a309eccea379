// The protocol of docs/protocol.md, as far as two people in a room need it, in the way in which Cloudflare's documentation writes
// a Durable Object with hibernation: the roster in attachments, read back into maps when the object wakes.

import { DurableObject } from "cloudflare:workers";

const PROTOCOL = "switchboard.v1";
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const MALFORMED_FRAMES = 10;

function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => ALPHABET[byte % 32]).join("");
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function frame(fields) {
  return JSON.stringify(fields);
}

function errorFrame(code, message) {
  return frame({ type: "error", code, message });
}

export class Room extends DurableObject {
  /** Who is connected: from a peer's id to its seat, oldest first. */
  #seats = new Map();
  /** From a socket to the seat behind it. */
  #bySocket = new Map();
  /** What is stored: the room's secret, its gate and who is host. */
  #record;
  #key;

  constructor(ctx, env) {
    super(ctx, env);
    this.limits = {
      messageBytes: Number(env.MESSAGE_BYTES),
      messagesPerSecond: Number(env.MESSAGES_PER_SECOND),
      graceSeconds: Number(env.GRACE_SECONDS),
      pingSeconds: Number(env.PING_SECONDS),
    };
    this.capacity = Number(env.ROOM_CAPACITY);
    this.iceServers = JSON.parse(env.ICE_SERVERS);
    this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    this.#record = this.ctx.storage.kv.get("room");
    const attached = this.ctx.getWebSockets().map((socket) => [socket, socket.deserializeAttachment()]);
    for (const [socket, attachment] of attached.sort(([, one], [, other]) => one?.order - other?.order)) {
      if (attachment !== null) this.#seat(socket, attachment);
    }
  }

  async fetch(request) {
    const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((offer) => offer.trim());
    const credential = (kind) => offered.find((offer) => offer.startsWith(`${kind}.`))?.slice(kind.length + 1);
    const { 0: client, 1: server } = new WebSocketPair();
    const refusal = await this.#admit(server, credential("gate"), credential("resume"));
    if (refusal !== null) {
      server.accept();
      server.send(errorFrame(refusal.code, refusal.message));
      server.close(refusal.closeCode, refusal.code);
    }
    return new Response(null, { status: 101, webSocket: client, headers: { "sec-websocket-protocol": PROTOCOL } });
  }

  /** Gives somebody a seat, or says why not. */
  async #admit(socket, gate, resume) {
    const shown = gate && base64url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(gate)));
    if (this.#record?.gate && this.#record.gate !== shown) {
      return { code: "unauthorized", closeCode: 4004, message: "another gate is pinned" };
    }
    const resumed = resume && (await this.#verified(resume));
    const peer = resumed || randomId();
    const token = await this.#token(peer, shown);
    // From here on nothing is awaited, so nobody sees half of it. The last one may have left meanwhile.
    if (this.#record === undefined) return this.#admit(socket, gate, resume);
    const away = this.#record.away[peer];
    const before = this.#seats.get(peer);
    if (!before && !away && this.#seats.size + Object.keys(this.#record.away).length >= this.capacity) {
      return { code: "full", closeCode: 4003, message: "every seat in the room is taken" };
    }
    if (before) {
      before.socket.send(errorFrame("replaced", "this peer has connected elsewhere"));
      this.#unseat(before, 4001, "replaced");
    }
    if (away) {
      delete this.#record.away[peer];
      this.ctx.storage.kv.put("room", this.#record);
    }
    this.ctx.acceptWebSocket(socket);
    const order = away?.order ?? before?.order ?? this.#nextOrder();
    const attachment = { peer, order, malformed: 0 };
    socket.serializeAttachment(attachment);
    const others = this.#roster();
    this.#seat(socket, attachment);
    if (!this.#seats.has(this.#record.host) && !this.#record.away[this.#record.host]) this.#setHost(peer);
    socket.send(
      frame({
        type: "welcome",
        self: peer,
        resume: token,
        resumed: Boolean(resumed),
        host: this.#record.host,
        room: { name: this.ctx.id.name, capacity: this.capacity, locked: false },
        peers: others,
        iceServers: this.iceServers,
        limits: this.limits,
      }),
    );
    this.#tellOthers(peer, { type: before || away ? "back" : "joined", peer });
    return null;
  }

  webSocketMessage(socket, message) {
    const seat = this.#bySocket.get(socket);
    if (!seat) return;
    if (message.length > this.limits.messageBytes) {
      socket.send(errorFrame("too-large", "the frame is larger than limits.messageBytes"));
      this.#unseat(seat, 4009, "too-large");
      this.#lose(seat);
      return;
    }
    if (!this.#mayPass(seat)) return;
    const signal = this.#parse(seat, message);
    if (signal === null) return;
    switch (signal.type) {
      case "signal":
        return this.#relay(seat, signal);
      case "bye":
        this.#unseat(seat, 1000, "");
        return this.#leave(seat.peer, "bye");
      case "ice":
        return socket.send(frame({ type: "ice", iceServers: this.iceServers }));
      case "check":
        return;
    }
  }

  #relay(seat, { to, data, ref }) {
    if (to === undefined) {
      this.#tellOthers(seat.peer, { type: "signal", from: seat.peer, data });
      return;
    }
    const recipient = this.#seats.get(to);
    if (recipient) {
      recipient.socket.send(frame({ type: "signal", from: seat.peer, data }));
      return;
    }
    const reason = this.#record.away[to] ? "away" : "unknown";
    seat.socket.send(frame({ type: "undelivered", to, ref, reason }));
  }

  /** Reads a frame, or tells its sender what is wrong with it. */
  #parse(seat, message) {
    let parsed = null;
    try {
      if (typeof message === "string") parsed = JSON.parse(message);
    } catch {}
    const isSignal =
      parsed?.type === "signal" && "data" in parsed && ["undefined", "string"].includes(typeof parsed.to);
    if (isSignal || ["bye", "ice", "check"].includes(parsed?.type)) return parsed;
    seat.malformed += 1;
    seat.socket.send(errorFrame("malformed", "not a frame of this protocol"));
    if (seat.malformed >= MALFORMED_FRAMES) {
      this.#unseat(seat, 4010, "malformed");
      this.#lose(seat);
    } else {
      const { peer, order, malformed } = seat;
      seat.socket.serializeAttachment({ peer, order, malformed });
    }
    return null;
  }

  /** A bucket of two seconds' worth of messages. */
  #mayPass(seat) {
    const { messagesPerSecond } = this.limits;
    const now = Date.now();
    seat.tokens = Math.min(2 * messagesPerSecond, seat.tokens + ((now - seat.filledAt) / 1000) * messagesPerSecond);
    seat.filledAt = now;
    if (seat.tokens >= 1) {
      seat.tokens -= 1;
      seat.dropped = 0;
      return true;
    }
    seat.dropped += 1;
    if (seat.dropped === 1) {
      seat.socket.send(errorFrame("too-many-messages", "more than limits.messagesPerSecond: frames are dropped"));
    } else if (seat.dropped > 2 * messagesPerSecond) {
      this.#unseat(seat, 4008, "too-many-messages");
      this.#lose(seat);
    }
    return false;
  }

  webSocketClose(socket, code, _reason, wasClean) {
    socket.close();
    const seat = this.#bySocket.get(socket);
    if (!seat) return;
    this.#bySocket.delete(socket);
    this.#seats.delete(seat.peer);
    if (wasClean && (code === 1000 || code === 1001 || code === 1005)) this.#leave(seat.peer, "bye");
    else this.#lose(seat);
  }

  webSocketError(socket) {
    this.webSocketClose(socket, 1006, "", false);
  }

  /** Gives up the seats of those who have not come back in time. */
  alarm() {
    const latest = Date.now() - this.limits.graceSeconds * 1000;
    for (const [peer, { since }] of Object.entries(this.#record?.away ?? {})) {
      if (since > latest) continue;
      delete this.#record.away[peer];
      this.ctx.storage.kv.put("room", this.#record);
      this.#leave(peer, "timeout");
    }
    this.#setAlarm();
  }

  #lose({ peer, order }) {
    this.#record.away[peer] = { order, since: Date.now() };
    this.ctx.storage.kv.put("room", this.#record);
    this.#setAlarm();
    this.#tellOthers(peer, { type: "away", peer });
  }

  #leave(peer, reason) {
    this.#tellOthers(peer, { type: "left", peer, reason });
    if (this.#seats.size === 0 && Object.keys(this.#record.away).length === 0) {
      this.#record = undefined;
      this.#key = undefined;
      this.ctx.storage.deleteAll();
    } else if (this.#record.host === peer) {
      const [next] = this.#seats.keys();
      if (next) {
        this.#setHost(next);
        this.#tellOthers(undefined, { type: "host", peer: next });
      }
    }
  }

  #setHost(peer) {
    this.#record.host = peer;
    this.ctx.storage.kv.put("room", this.#record);
  }

  #setAlarm() {
    const since = Object.values(this.#record?.away ?? {}).map((seat) => seat.since);
    if (since.length > 0) this.ctx.storage.setAlarm(Math.min(...since) + this.limits.graceSeconds * 1000);
  }

  #seat(socket, { peer, order, malformed }) {
    const full = { tokens: 2 * this.limits.messagesPerSecond, filledAt: Date.now(), dropped: 0 };
    const seat = { socket, peer, order, malformed, ...full };
    this.#seats.set(peer, seat);
    this.#bySocket.set(socket, seat);
  }

  #unseat(seat, code, reason) {
    this.#seats.delete(seat.peer);
    this.#bySocket.delete(seat.socket);
    seat.socket.serializeAttachment(null);
    seat.socket.close(code, reason);
  }

  #nextOrder() {
    const seats = [...this.#seats.values(), ...Object.values(this.#record.away)];
    return seats.reduce((latest, { order }) => Math.max(latest, order), 0) + 1;
  }

  #roster() {
    const connected = Array.from(this.#seats.values(), ({ peer, order }) => ({ id: peer, order, away: false }));
    const away = Object.entries(this.#record.away).map(([id, { order }]) => ({ id, order, away: true }));
    const all = away.length === 0 ? connected : [...connected, ...away].sort((one, other) => one.order - other.order);
    return all.map(({ id, away }) => ({ id, away }));
  }

  #tellOthers(peer, fields) {
    const text = frame(fields);
    for (const seat of this.#seats.values()) {
      if (seat.peer !== peer) seat.socket.send(text);
    }
  }

  // Tokens: the peer's id with an HMAC under the room's secret, so that they hold after a deploy.

  async #token(peer, gate) {
    if (this.#record === undefined) {
      const secret = crypto.getRandomValues(new Uint8Array(32));
      this.#record = { secret, gate, host: peer, away: {} };
      this.ctx.storage.kv.put("room", this.#record);
    }
    const signature = await crypto.subtle.sign("HMAC", await this.#hmacKey(), new TextEncoder().encode(peer));
    return `${peer}.${base64url(signature)}`;
  }

  async #verified(token) {
    if (this.#record === undefined) return null;
    const [peer] = token.split(".", 1);
    return (await this.#token(peer)) === token ? peer : null;
  }

  #hmacKey() {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    this.#key ??= crypto.subtle.importKey("raw", this.#record.secret, algorithm, false, ["sign"]);
    return this.#key;
  }
}

const ROOM = /^\/api\/rooms\/([A-Za-z0-9_-]{1,64})\/socket$/;

export default {
  fetch(request, env) {
    const room = ROOM.exec(new URL(request.url).pathname)?.[1];
    if (room === undefined) return new Response("not found", { status: 404 });
    if (request.headers.get("upgrade") !== "websocket") return new Response("upgrade", { status: 426 });
    const origin = request.headers.get("origin");
    if (origin !== null && new URL(origin).host !== request.headers.get("host")) {
      return new Response("origin not allowed", { status: 403 });
    }
    const offered = request.headers.get("sec-websocket-protocol") ?? "";
    if (!offered.split(",").some((offer) => offer.trim() === PROTOCOL)) {
      return new Response(`${PROTOCOL} must be offered`, { status: 400 });
    }
    return env.ROOM.getByName(room).fetch(request);
  },
};

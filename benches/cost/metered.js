// The worker as it is deployed, and the rivals, with a meter around each object: what the platform counts and bills is counted.

import { Matchbox, PeerServer } from "./rivals.js";
import deployed, { Room } from "./worker.js";

/** By the object's name. All objects and the worker are in one isolate. */
const meters = new Map();

function meterOf(name) {
  const fresh = {
    wakes: 0,
    joins: 0,
    looks: 0,
    messages: 0,
    closes: 0,
    alarms: 0,
    activeMs: 0,
    lookMs: 0,
    diskMs: 0,
    rowsRead: 0,
    rowsWritten: 0,
    writes: [],
    frames: [],
    keys: new Set(),
    alarm: false,
  };
  if (!meters.has(name)) meters.set(name, fresh);
  return meters.get(name);
}

/** Replaces a method of the platform's by one that counts before it does the same. */
function counting(target, methods) {
  return new Proxy(target, {
    get(original, name) {
      const value = original[name];
      if (typeof value !== "function") return name in methods ? methods[name](value) : value;
      return (...args) => {
        methods[name]?.(...args);
        return value.apply(original, args);
      };
    },
  });
}

/** The storage, with every row that is read or written counted: a deleted one is a written one, and so is an alarm. */
function meteredStorage(storage, meter) {
  const wrote = (rows, what) => {
    meter.rowsWritten += rows;
    meter.writes.push(what);
    meter.dirty = true;
  };
  const kv = {
    get: () => {
      meter.rowsRead += 1;
    },
    put: (key) => {
      meter.keys.add(key);
      wrote(1, "put");
    },
    delete: (key) => {
      meter.keys.delete(key);
      wrote(1, "delete");
    },
  };
  return counting(storage, {
    kv: (value) => counting(value, kv),
    setAlarm: () => {
      meter.alarm = true;
      wrote(1, "setAlarm");
    },
    deleteAll: () => {
      wrote(meter.keys.size + (meter.alarm ? 1 : 0), `deleteAll of ${meter.keys.size + (meter.alarm ? 1 : 0)}`);
      meter.keys.clear();
      meter.alarm = false;
    },
  });
}

function metered(Base) {
  return class extends Base {
    #meter;
    #storage;

    constructor(ctx, env) {
      const meter = meterOf(ctx.id.name);
      const storage = ctx.storage;
      Object.defineProperty(ctx, "storage", { value: meteredStorage(storage, meter) });
      super(ctx, env);
      meter.wakes += 1;
      this.#meter = meter;
      this.#storage = storage;
    }

    /** The time counts until the handler has ended and what it wrote is safe: before that, nothing is sent. */
    async #timed(what, handler) {
      const meter = this.#meter;
      meter[what] += 1;
      const started = performance.now();
      const result = await handler();
      const handled = performance.now();
      if (meter.dirty) {
        meter.dirty = false;
        await this.#storage.sync();
      }
      const ended = performance.now();
      meter.diskMs += ended - handled;
      meter[what === "looks" ? "lookMs" : "activeMs"] += ended - started;
      return result;
    }

    fetch(request) {
      return this.#timed(request.headers.has("upgrade") ? "joins" : "looks", () => super.fetch(request));
    }

    webSocketMessage(socket, message) {
      this.#meter.frames.push(String(message).slice(0, 60));
      return this.#timed("messages", () => super.webSocketMessage(socket, message));
    }

    webSocketClose(socket, ...args) {
      return this.#timed("closes", () => super.webSocketClose(socket, ...args));
    }

    alarm(...args) {
      return this.#timed("alarms", () => super.alarm(...args));
    }
  };
}

const MeteredRoom = metered(Room);
const MeteredPeerServer = metered(PeerServer);
const MeteredMatchbox = metered(Matchbox);

export { MeteredMatchbox as Matchbox, MeteredPeerServer as PeerServer, MeteredRoom as Room };

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    const [, kind, rest] = /^\/api\/(meter|peerserver|matchbox)\/([^/]+)$/.exec(pathname) ?? [];
    if (kind === "meter") return Response.json({ ...meterOf(rest), keys: undefined, dirty: undefined });
    if (kind === "peerserver") return env.PEERSERVER.getByName(rest).fetch(request);
    if (kind === "matchbox") return env.MATCHBOX.getByName(rest).fetch(request);
    return deployed.fetch(request, env, ctx);
  },
};

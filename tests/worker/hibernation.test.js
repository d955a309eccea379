// Hibernation and restarts: the room leaves memory, and nobody notices; its sockets are gone, and everybody comes back.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { freshRoom, Peer } from "../support/peer.js";
import { startServer } from "../support/server.js";
import {
  bye,
  every,
  expectClosedWith,
  expectEach,
  expectNothingMore,
  lose,
  one,
  three,
  two,
  until,
  untilForgotten,
  untilPresent,
} from "./support.js";

/** @typedef {import("../support/server.js").Server} Server */
/** @typedef {import("../support/peer.js").Frame} Frame */
/** @typedef {import("../support/peer.js").OpenOptions} OpenOptions */

const GATE = "Qm9iJ3MtZ2F0ZQ";
const CLOSED_BY_RESTART = { type: "close", code: 1006, reason: "" };

/** @type {Server} */
let server;
/** @type {Server} */
let brief;
before(async () => {
  server = await startServer();
  brief = await startServer({ vars: { GRACE_SECONDS: "1" } });
});
after(async () => {
  await server.stop();
  await brief.stop();
});

/** A run of a scenario: drives peers step by step, and writes down all that each of them gets. */
class Run {
  room = freshRoom();
  /** The steps, and after each what every connection got from it, in order. @type {string[]} */
  record = [];
  /** What the connections have got from the current step, each under its name. @type {Map<string, string[]>} */
  #got = new Map();
  /** The connections that are open, and how they are called in the record. @type {Map<Peer, string>} */
  #open = new Map();
  /** How a peer is called in the record. @type {Map<string, string>} */
  #ids = new Map();

  /**
   * @param {Server} server
   * @param {(room: string) => Promise<void>} afterEachStep
   */
  constructor(server, afterEachStep) {
    this.server = server;
    this.afterEachStep = afterEachStep;
  }

  /**
   * @param {Peer} peer
   * @param {string} text
   */
  #write(peer, text) {
    let line = text.replace(this.room, "ROOM").replace(/"resume":"[^"]+"/, '"resume":"TOKEN"');
    for (const [id, name] of this.#ids) {
      line = line.replaceAll(id, name);
    }
    const name = this.#open.get(peer) ?? "";
    this.#got.set(name, [...(this.#got.get(name) ?? []), `${name} < ${line}`]);
  }

  /** @param {Peer} peer */
  async #next(peer) {
    const frame = await peer.next();
    if (frame.type === "close") {
      this.#write(peer, JSON.stringify(frame));
      this.#open.delete(peer);
    } else if (frame.ref !== "settled") {
      if (frame.type === "welcome" && !this.#ids.has(frame.self)) {
        this.#ids.set(frame.self, `p${this.#ids.size + 1}`);
      }
      this.#write(peer, JSON.stringify(frame));
    }
    return frame;
  }

  /**
   * Opens a connection.
   *
   * @param {string} name
   * @param {OpenOptions} [options]
   */
  async open(name, options) {
    const peer = await Peer.open(this.server, this.room, { gate: GATE, ...options });
    this.#open.set(peer, name);
    peer.welcome = await this.#next(peer);
    return peer;
  }

  /**
   * Waits until a peer has got a frame of this type.
   *
   * @param {Peer} peer
   * @param {string} type
   */
  async hears(peer, type) {
    while ((await this.#next(peer)).type !== type);
  }

  /**
   * The connection breaks off.
   *
   * @param {Peer} peer
   */
  async breaks(peer) {
    peer.lose();
    await this.hears(peer, "close");
  }

  /**
   * One step, and everything that came of it. When every peer has had the answer to another signal, the room has handled
   * all that any of them has sent; when they have had it once more, they have got all that came of it.
   *
   * @param {string} name
   * @param {() => Promise<void> | void} action
   */
  async step(name, action) {
    this.record.push(name);
    await action();
    for (const peer of [...this.#open.keys(), ...this.#open.keys()]) {
      peer.send({ type: "signal", to: "nobody", data: null, ref: "settled" });
      while ((await this.#next(peer)).ref !== "settled");
    }
    this.flush();
    if (this.#open.size > 0) {
      await this.afterEachStep(this.room);
    }
  }

  /** Puts what the connections have got into the record. */
  flush() {
    this.record.push(...[...this.#got.keys()].sort().flatMap((name) => this.#got.get(name) ?? []));
    this.#got.clear();
  }

  end() {
    for (const peer of this.#open.keys()) {
      peer.lose();
    }
  }
}

/**
 * @param {Run} run
 */
async function call(run) {
  /** @type {Peer} */
  let a;
  /** @type {Peer} */
  let b;
  /** @type {Peer} */
  let c;
  await run.step("a opens the room", async () => {
    a = await run.open("a");
  });
  await run.step("b joins", async () => {
    b = await run.open("b");
  });
  await run.step("c joins", async () => {
    c = await run.open("c");
  });
  await run.step("signals to one", () => {
    a.send({ type: "signal", to: b.id, data: { n: 1 } });
    a.send({ type: "signal", to: c.id, data: { n: 2 } });
    b.send({ type: "signal", to: a.id, data: null });
  });
  await run.step("a signal to all", () => c.send({ type: "signal", data: "to all" }));
  await run.step("a signal to nobody", () => a.send({ type: "signal", to: "nobody", data: 1, ref: { n: 1 } }));
  for (let n = 0; n < 3; n += 1) {
    await run.step("three malformed frames", () => {
      b.send("nonsense");
      b.send({ type: "signal", to: a.id });
      b.send({ type: "never heard of" });
    });
  }
  await run.step("the tenth malformed frame", async () => {
    b.send("nonsense");
    await run.hears(b, "close");
  });
  await run.step("b resumes", async () => {
    b = await run.open("b again", { resume: b.resume });
  });
  await run.step("a malformed frame on the new connection", () => b.send("nonsense"));
  await run.step("c breaks off", async () => {
    await run.breaks(c);
    await run.hears(a, "away");
  });
  await run.step("a signal to c, who is away", () => b.send({ type: "signal", to: c.id, data: 1, ref: 1 }));
  await run.step("a signal to all but c", () => b.send({ type: "signal", data: 2 }));
  await run.step("d joins while c is away", async () => {
    const d = await run.open("d");
    d.send({ type: "bye" });
    await run.hears(d, "close");
  });
  await run.step("c resumes", async () => {
    c = await run.open("c again", { resume: c.resume });
  });
  await run.step("a signal to c", () => b.send({ type: "signal", to: c.id, data: 3 }));
  await run.step("b is taken over", async () => {
    const old = b;
    b = await run.open("b's other device", { resume: b.resume });
    await run.hears(old, "close");
    old.lose();
  });
  await run.step("a signal to b, who was taken over", () => a.send({ type: "signal", to: b.id, data: 4 }));
  await run.step("a wrong gate", async () => {
    const stranger = await run.open("stranger", { gate: "d3Jvbmc" });
    await run.hears(stranger, "close");
  });
  await run.step("a token that is none", async () => {
    const forger = await run.open("forger", {
      resume: `${a.resume.slice(0, -1)}${a.resume.endsWith("A") ? "Q" : "A"}`,
    });
    forger.close();
    await run.hears(forger, "close");
    await run.hears(a, "left");
  });
  await run.step("checks, ice and pings", () => {
    a.send({ type: "check", peer: b.id });
    a.send({ type: "check", peer: "nobody" });
    b.send({ type: "ice" });
    c.send("ping");
  });
  await run.step("what only the host may do", () => b.send({ type: "end" }));
  await run.step("the host leaves", async () => {
    a.send({ type: "bye" });
    await run.hears(a, "close");
  });
  await run.step("a comes back, and is host no more", async () => {
    a = await run.open("a again", { resume: a.resume });
    a.send({ type: "end" });
  });
  await run.step("the new host is taken over", async () => {
    const old = b;
    b = await run.open("b's third device", { resume: b.resume });
    await run.hears(old, "close");
    old.lose();
  });
  await run.step("the host breaks off", async () => {
    await run.breaks(b);
    await run.hears(a, "away");
  });
  await run.step("d joins while the host is away", async () => {
    const d = await run.open("d");
    d.close(1000);
    await run.hears(d, "close");
    await run.hears(a, "left");
  });
  await run.step("the host comes back", async () => {
    b = await run.open("b for the last time", { resume: b.resume });
  });
  await run.step("the host ends the call", async () => {
    b.send({ type: "end" });
    await run.hears(a, "close");
    await run.hears(b, "close");
    await run.hears(c, "close");
  });
  await run.step("c opens a new room under the old name", async () => {
    c = await run.open("c in a new room", { resume: c.resume, gate: "b3RoZXI" });
  });
  await run.step("c leaves", async () => {
    c.send({ type: "bye" });
    await run.hears(c, "close");
  });
}

/**
 * @param {Run} run
 */
async function timeouts(run) {
  /** @type {Peer} */
  let a;
  /** @type {Peer} */
  let b;
  /** @type {Peer} */
  let c;
  await run.step("three join", async () => {
    a = await run.open("a");
    b = await run.open("b");
    c = await run.open("c");
  });
  await run.step("the host breaks off", async () => {
    await run.breaks(a);
    await run.hears(b, "away");
    await run.hears(c, "away");
  });
  await run.step("the host's time is over", async () => {
    await run.hears(b, "host");
    await run.hears(c, "host");
  });
  await run.step("a takes a new seat under its old id", async () => {
    a = await run.open("a again", { resume: a.resume });
  });
  await run.step("b breaks off", async () => {
    await run.breaks(b);
    await run.hears(a, "away");
    await run.hears(c, "away");
  });
  await run.step("b's time is over", async () => {
    await run.hears(a, "host");
    await run.hears(c, "host");
  });
  await run.step("c leaves", async () => {
    c.close(1001);
    await run.hears(c, "close");
    await run.hears(a, "host");
  });
}

describe("a room that hibernates after every step", () => {
  /** @type {[string, () => Server, (run: Run) => Promise<void>, string[]][]} */
  const scenarios = [
    [
      "a long call",
      () => server,
      call,
      ["away", "back", "close", "error", "host", "ice", "joined", "left", "pong", "signal", "undelivered", "welcome"],
    ],
    ["peers whose time is over", () => brief, timeouts, ["away", "close", "host", "joined", "left", "welcome"]],
  ];
  for (const [name, on, scenario, types] of scenarios) {
    test(`shows its peers exactly what one that stays awake does: ${name}`, async (t) => {
      /** @param {(room: string) => Promise<void>} afterEachStep */
      const record = async (afterEachStep) => {
        const run = new Run(on(), afterEachStep);
        t.after(() => run.end());
        await scenario(run).catch((error) => {
          run.flush();
          throw new Error(`after\n${run.record.join("\n")}`, { cause: error });
        });
        return run.record;
      };
      const awake = await record(async () => {});
      const hibernating = await record((room) => on().evict(room, "hibernate"));
      assert.deepEqual(hibernating, awake);
      const seen = awake.flatMap((line) => /^[^<]+ < {"type":"(\w+)"/.exec(line)?.[1] ?? []);
      assert.deepEqual([...new Set(seen)].sort(), types);
    });
  }
});

/** What a room with a record has stored: the row, and its alarm. */
const STORED = ["_cf_KV", "_cf_METADATA"];

describe("a hibernated room", () => {
  test("is not woken by a ping, and answers it", async (t) => {
    const [call, a] = await one(t, server);
    await server.evict(call.room, "hibernate");
    a.send("ping");
    await a.expect({ type: "pong" });
    // Only what is in memory can leave it.
    await assert.rejects(server.evict(call.room, "hibernate"), /not currently running/);
    await expectNothingMore(a);
    await server.evict(call.room, "hibernate");
  });

  test("counts the pings that came while it slept as signs of life", async (t) => {
    const strict = await startServer({ vars: { PING_SECONDS: "1", GRACE_SECONDS: "60" } });
    t.after(() => strict.stop());
    const [call, a, b, c] = await three(t, strict);
    every(t, 200, () => c.send("ping"));
    let found = false;
    const away = a.expect({ type: "away", peer: b.id }).finally(() => {
      found = true;
    });
    const isFound = async () => {
      await strict.evict(call.room, "hibernate");
      a.send({ type: "check", peer: b.id });
      a.send({ type: "check", peer: c.id });
      // Wakes the room where the frames have not done so yet: only what is in memory can leave it.
      await fetch(`${strict.url}/api/rooms/${call.room}`);
      return found;
    };
    await until(isFound, 100);
    await away;
    await b.expect({ type: "close", code: 1001, reason: "vanished" });
    await a.expectNothing();
    const heard = await c.until("away");
    assert.deepEqual(
      heard.filter(({ type }) => type !== "pong"),
      [{ type: "away", peer: b.id }],
    );
  });

  test("wakes when a connection breaks off, and when one is closed", async (t) => {
    const [call, a, b, c] = await three(t, server);
    await server.evict(call.room, "hibernate");
    await lose(b, a, c);
    await server.evict(call.room, "hibernate");
    c.close();
    await c.expect({ type: "close", code: 1005, reason: "" });
    await a.expect({ type: "left", peer: c.id, reason: "bye" });
    await server.evict(call.room, "hibernate");
    const back = await call.join({ resume: b.resume });
    await a.expect({ type: "back", peer: b.id });
    await server.evict(call.room, "hibernate");
    a.close(1000);
    await a.expect({ type: "close", code: 1000, reason: "" });
    await back.expect({ type: "left", peer: a.id, reason: "bye" }, { type: "host", peer: b.id });
    await expectNothingMore(back);
  });

  test("still knows its gate and its seats", async (t) => {
    const [call, a, b] = await two(t, server, { gate: GATE });
    await lose(b, a);
    await server.evict(call.room, "hibernate");
    const path = `${server.url}/api/rooms/${call.room}`;
    assert.equal((await fetch(path)).status, 401);
    await server.evict(call.room, "hibernate");
    const answer = await fetch(path, { headers: { authorization: `Gate ${GATE}` } });
    assert.deepEqual(await answer.json(), { room: call.room, present: 2, capacity: 8, locked: false });
    await server.evict(call.room, "hibernate");
    const stranger = await call.open();
    await expectClosedWith(stranger, 4004, "unauthorized");
    await expectNothingMore(a);
  });

  test("ignores the late close of a socket that was replaced before it slept", async (t) => {
    const [call, a, b] = await two(t, server);
    b.socket.pause();
    const taker = await call.join({ resume: b.resume });
    await a.expect({ type: "back", peer: b.id });
    await server.evict(call.room, "hibernate");
    b.send({ type: "bye" });
    b.socket.resume();
    await expectClosedWith(b, 4001, "replaced");
    b.lose();
    await expectNothingMore(a, taker);
    await server.evict(call.room, "hibernate");
    await expectNothingMore(a, taker);
    const c = await call.join();
    assert.deepEqual(
      c.welcome.peers,
      [a, taker].map(({ id }) => ({ id, away: false })),
    );
  });

  test("deletes what it has stored when the last peer leaves", async (t) => {
    const [call, a, b] = await two(t, server);
    assert.deepEqual(await server.tables(call.room), STORED);
    await server.evict(call.room, "hibernate");
    await bye(a);
    await b.expect({ type: "left", peer: a.id, reason: "bye" }, { type: "host", peer: b.id });
    await server.evict(call.room, "hibernate");
    assert.deepEqual(await server.tables(call.room), STORED);
    await server.evict(call.room, "hibernate");
    b.close();
    await b.expect({ type: "close", code: 1005, reason: "" });
    await untilForgotten(server, call.room);
  });

  test("deletes what it has stored when the last away seat is given up", async (t) => {
    const [call, a] = await one(t, brief);
    a.lose();
    const isForgotten = async () => {
      await brief.evict(call.room, "hibernate");
      return (await brief.tables(call.room)).length === 0;
    };
    await until(isForgotten, 100);
  });
});

describe("a room whose connections a restart has dropped", () => {
  test("takes everybody back under the same ids, in whatever order, and the host is host again", async (t) => {
    const [call, a, b, c] = await three(t, server, { gate: GATE });
    await server.evict(call.room, "close");
    await expectEach([a, b, c], CLOSED_BY_RESTART);
    const b2 = await call.join({ resume: b.resume, gate: GATE });
    assert.deepEqual(b2.welcome, { ...b.welcome, resume: b2.resume, resumed: true, host: b.id, peers: [] });
    const a2 = await call.join({ resume: a.resume, gate: GATE });
    const others = [{ id: b.id, away: false }];
    assert.deepEqual(a2.welcome, { ...a.welcome, resume: a2.resume, resumed: true, peers: others });
    await b2.expect({ type: "joined", peer: a.id }, { type: "host", peer: a.id });
    const c2 = await call.join({ resume: c.resume, gate: GATE });
    assert.deepEqual(c2.welcome.peers, [...others, { id: a.id, away: false }]);
    assert.deepEqual([c2.id, c2.welcome.resumed, c2.welcome.host], [c.id, true, a.id]);
    await expectEach([a2, b2], { type: "joined", peer: c.id });
    a2.send({ type: "signal", to: c.id, data: 1 });
    await c2.expect({ type: "signal", from: a.id, data: 1 });
    b2.send({ type: "signal", data: 2 });
    await expectEach([a2, c2], { type: "signal", from: b.id, data: 2 });
    await expectNothingMore(a2, b2, c2);
  });

  test("does the same again after a second restart and with the tokens of before the first", async (t) => {
    const [call, a, b] = await two(t, server);
    let [lastA, lastB] = [a, b];
    for (let restart = 0; restart < 2; restart += 1) {
      await server.evict(call.room, "close");
      await expectEach([lastA, lastB], CLOSED_BY_RESTART);
      lastA = await call.join({ resume: a.resume });
      lastB = await call.join({ resume: b.resume });
      assert.deepEqual([lastA.id, lastB.id, lastB.welcome.host], [a.id, b.id, a.id]);
      await lastA.expect({ type: "joined", peer: b.id });
      await expectNothingMore(lastA, lastB);
    }
  });

  test("keeps its gate and its secret, and nobody's seat", async (t) => {
    const [call, a] = await one(t, server, { gate: GATE });
    await server.evict(call.room, "close");
    await a.expect(CLOSED_BY_RESTART);
    const path = `${server.url}/api/rooms/${call.room}`;
    assert.equal((await fetch(path)).status, 401);
    const answer = await fetch(path, { headers: { authorization: `Gate ${GATE}` } });
    assert.deepEqual(await answer.json(), { room: call.room, present: 0, capacity: 8, locked: false });
    await server.evict(call.room, "hibernate");
    const stranger = await call.open({ resume: a.resume });
    await expectClosedWith(stranger, 4004, "unauthorized");
    const newcomer = await call.join({ gate: GATE });
    assert.deepEqual(newcomer.welcome.peers, []);
    assert.equal(newcomer.welcome.host, newcomer.id);
    const back = await call.join({ gate: GATE, resume: a.resume });
    assert.deepEqual([back.id, back.welcome.resumed, back.welcome.host], [a.id, true, a.id]);
    await newcomer.expect({ type: "joined", peer: a.id }, { type: "host", peer: a.id });
    await expectNothingMore(newcomer, back);
  });

  test("still keeps the seat of a peer that was away before, as long as it would have", async (t) => {
    const [call, a, b, c] = await three(t, server);
    await lose(c, a, b);
    await server.evict(call.room, "close");
    await expectEach([a, b], CLOSED_BY_RESTART);
    const a2 = await call.join({ resume: a.resume });
    assert.deepEqual(a2.welcome.peers, [{ id: c.id, away: true }]);
    const c2 = await call.join({ resume: c.resume });
    await a2.expect({ type: "back", peer: c.id });
    await expectNothingMore(a2, c2);
  });

  test("lets an away seat run out, and is there for the others all the same", async (t) => {
    const [call, a, b] = await two(t, brief);
    await lose(b, a);
    await brief.evict(call.room, "close");
    await a.expect(CLOSED_BY_RESTART);
    await untilPresent(brief, call.room, 0);
    assert.deepEqual(await brief.tables(call.room), STORED);
    const back = await call.join({ resume: a.resume });
    assert.deepEqual([back.id, back.welcome.resumed, back.welcome.peers], [a.id, true, []]);
    await bye(back);
    await untilForgotten(brief, call.room);
  });

  test("is gone when everybody who came back has left", async (t) => {
    const [call, a, b] = await two(t, server);
    await server.evict(call.room, "close");
    await expectEach([a, b], CLOSED_BY_RESTART);
    assert.deepEqual(await server.tables(call.room), STORED);
    const back = await call.join({ resume: b.resume });
    await bye(back);
    await untilForgotten(server, call.room);
  });
});

test("nothing of all this was an error to the worker", () => {
  assert.doesNotMatch(server.logs(), /\[error\]/);
  assert.doesNotMatch(brief.logs(), /\[error\]/);
});

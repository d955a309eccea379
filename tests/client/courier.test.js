import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ACK_DELAY_MS, Courier, RETRY_MS, WINDOW } from "../../public/client/courier.js";
import { environment } from "../../public/client/environment.js";
import { makeKey, Seal } from "../../public/client/seal.js";
import { chance } from "../chaos/chance.js";
import { FakeClock, settle } from "./fakes.js";

/** @typedef {import("../../public/client/courier.js").Envelope} Envelope */

/** @type {FakeClock} */
let clock;

beforeEach(() => {
  clock = new FakeClock();
});

/** One end, which keeps what it is given and what it sends. */
class End {
  /** @type {unknown[]} */
  payloads = [];
  /** @type {string[]} */
  sessions = [];
  /** @type {string[]} */
  errors = [];
  /** @type {Envelope[]} */
  sent = [];
  connected = true;

  /**
   * @param {string} id
   * @param {string} session
   * @param {{ seal?: Seal, to?: string }} [options]
   */
  constructor(id, session, { seal, to = "other" } = {}) {
    const seals =
      seal === undefined
        ? null
        : async (/** @type {string} */ theirs) => ({
            out: await seal.directed({ from: id, fromSession: session, to, toSession: theirs }),
            in: await seal.directed({ from: to, fromSession: theirs, to: id, toSession: session }),
          });
    const send = (/** @type {Envelope} */ envelope) => {
      if (this.connected) this.sent.push(structuredClone(envelope));
      return this.connected;
    };
    this.courier = new Courier({ session, send, seals }, environment(clock));
    this.courier.addEventListener("payload", ({ payload }) => this.payloads.push(payload));
    this.courier.addEventListener("session", ({ session }) => this.sessions.push(session));
    this.courier.addEventListener("error", ({ error }) =>
      this.errors.push(/** @type {{ code?: string }} */ (error).code ?? error.message),
    );
  }

  /** @returns {Envelope[]} what was sent since the last time */
  take() {
    return this.sent.splice(0);
  }
}

/** Hands everything over until nothing is on its way. @param {End} a @param {End} b */
async function exchange(a, b) {
  for (;;) {
    await settle();
    const [fromA, fromB] = [a.take(), b.take()];
    if (fromA.length + fromB.length === 0) return;
    for (const envelope of fromA) b.courier.receive(envelope);
    for (const envelope of fromB) a.courier.receive(envelope);
  }
}

/** Two ends that know each other. */
async function acquainted() {
  const [a, b] = [new End("a", "A"), new End("b", "B")];
  a.courier.greet();
  await exchange(a, b);
  await clock.advance(ACK_DELAY_MS);
  await exchange(a, b);
  return { a, b };
}

test("what has no number, or a session that is none, is not kept", async () => {
  /** @type {unknown[]} */
  const heard = [];
  const courier = new Courier({ session: "ours", send: () => true, seals: null }, environment());
  courier.addEventListener("payload", ({ payload }) => heard.push(payload));
  courier.addEventListener("session", ({ session }) => heard.push(session));
  courier.receive({ v: 1, s: "x".repeat(65) });
  courier.receive({ v: 1, s: "theirs" });
  for (const n of [1.5, "1", "2e0", 0, -1, Number.NaN, 1e300, null, {}]) {
    courier.receive(/** @type {any} */ ({ v: 1, s: "theirs", t: "ours", n, message: n }));
  }
  courier.receive(/** @type {any} */ ({ v: 1, s: "theirs", t: "ours", n: 1, message: "true" }));
  await settle();
  assert.deepEqual(heard, ["theirs", { message: "true" }]);
});

test("a greeting is answered, so that both know whom they speak to", async () => {
  const { a, b } = await acquainted();
  assert.deepEqual([a.sessions, b.sessions], [["B"], ["A"]]);
  assert.deepEqual([a.payloads, b.payloads], [[], []]);
  assert.equal(clock.pending, 0);
});

test("what is posted before the other side is known goes out when it is", async () => {
  const [a, b] = [new End("a", "A"), new End("b", "B")];
  a.courier.post({ x: 1 });
  a.courier.post({ x: 2 });
  b.courier.greet();
  await exchange(a, b);
  assert.deepEqual(b.payloads, [{ x: 1 }, { x: 2 }]);
});

test("a signal takes the acknowledgement along, and a lone acknowledgement waits for one to come", async () => {
  const { a, b } = await acquainted();
  a.courier.post({ x: 1 });
  await settle();
  for (const envelope of a.take()) b.courier.receive(envelope);
  await settle();
  assert.deepEqual(b.take(), []);
  b.courier.post({ y: 1 });
  await settle();
  const [reply] = b.take();
  assert.deepEqual(reply, { v: 1, s: "B", t: "A", n: 1, a: 1, y: 1 });
  a.courier.receive(reply);
  await settle();
  assert.equal(a.courier.pending, 0);
  await clock.advance(ACK_DELAY_MS - 1);
  assert.deepEqual(a.take(), []);
  await clock.advance(1);
  assert.deepEqual(a.take(), [{ v: 1, s: "A", t: "B", a: 1 }]);
});

test("what arrives twice is delivered once, and what arrives early waits", async () => {
  const { a, b } = await acquainted();
  for (const x of [1, 2, 3]) a.courier.post({ x });
  await settle();
  const [one, two, three] = a.take();
  assert(one && two && three);
  for (const envelope of [three, two, three, one, two, one, three]) b.courier.receive(envelope);
  await settle();
  assert.deepEqual(b.payloads, [{ x: 1 }, { x: 2 }, { x: 3 }]);
});

test("what was lost is sent again when the way is open again, the very same bytes", async () => {
  const { a, b } = await acquainted();
  a.courier.post({ x: 1 });
  await settle();
  const lost = a.take();
  a.courier.resend();
  assert.deepEqual(a.sent, lost);
  await exchange(a, b);
  assert.deepEqual(b.payloads, [{ x: 1 }]);
});

test("what was lost unnoticed is sent again after a while, less and less often", async () => {
  const { a } = await acquainted();
  a.courier.post({ x: 1 });
  await settle();
  assert.equal(a.take().length, 1);
  for (const wait of [RETRY_MS, 2 * RETRY_MS, 4 * RETRY_MS]) {
    await clock.advance(wait - 1);
    assert.equal(a.take().length, 0);
    await clock.advance(1);
    assert.equal(a.take().length, 1);
  }
});

test("a lost acknowledgement is repeated when the signal comes again", async () => {
  const { a, b } = await acquainted();
  a.courier.post({ x: 1 });
  await settle();
  const signals = a.take();
  for (const envelope of signals) b.courier.receive(envelope);
  await settle();
  await clock.advance(ACK_DELAY_MS);
  assert.equal(b.take().length, 1);
  for (const envelope of signals) b.courier.receive(envelope);
  await settle();
  await clock.advance(ACK_DELAY_MS);
  const [again] = b.take();
  assert(again);
  a.courier.receive(again);
  assert.equal(a.courier.pending, 0);
});

test("a page that was reloaded starts anew, and what was meant for it before is not for it", async () => {
  const { a, b } = await acquainted();
  a.courier.post({ x: "old" });
  await settle();
  const stale = a.take();
  b.courier.close();
  const again = new End("b", "B2");
  for (const envelope of stale) again.courier.receive(envelope);
  await exchange(a, again);
  assert.deepEqual(a.sessions, ["B", "B2"]);
  assert.equal(a.courier.pending, 0);
  a.courier.post({ x: "new" });
  await exchange(a, again);
  assert.deepEqual(again.payloads, [{ x: "new" }]);
});

test("a session that is over never comes back, whoever repeats it", async () => {
  const { a, b } = await acquainted();
  b.courier.post({ y: 1 });
  await settle();
  const old = b.take();
  const again = new End("b", "B2");
  again.courier.greet();
  await exchange(a, again);
  for (const envelope of old) a.courier.receive(envelope);
  b.courier.greet();
  for (const envelope of b.take()) a.courier.receive(envelope);
  await settle();
  assert.equal(a.courier.theirs, "B2");
  assert.deepEqual(a.payloads, []);
});

test("one's own words that come back are not taken for another's", async () => {
  const { a } = await acquainted();
  a.courier.post({ x: 1 });
  await settle();
  for (const envelope of a.take()) a.courier.receive(envelope);
  await settle();
  assert.deepEqual([a.payloads, a.courier.theirs], [[], "B"]);
});

test("an acknowledgement of what was never sent is ignored", async () => {
  const { a } = await acquainted();
  a.courier.post({ x: 1 });
  await settle();
  a.courier.receive({ v: 1, s: "B", t: "A", a: 2 });
  assert.equal(a.courier.pending, 1);
});

test("more than the window holds is refused with a clear error, and nothing is lost", async () => {
  const { a, b } = await acquainted();
  a.connected = false;
  for (let x = 1; x <= WINDOW; x += 1) a.courier.post({ x });
  assert.throws(() => a.courier.post({ x: 0 }), { name: "CourierError", code: "overflow" });
  await settle();
  a.connected = true;
  a.courier.resend();
  await exchange(a, b);
  assert.deepEqual(
    b.payloads,
    Array.from({ length: WINDOW }, (_, index) => ({ x: index + 1 })),
  );
});

test("a far too early signal is not kept", async () => {
  const { a } = await acquainted();
  a.courier.receive({ v: 1, s: "B", t: "A", n: WINDOW + 1 });
  await clock.advance(ACK_DELAY_MS);
  assert.deepEqual([a.payloads, a.take()], [[], []]);
});

test("with a key everything is sealed, in order, and opens only with the same key", async () => {
  const seal = await Seal.of("room", makeKey());
  const [a, b] = [new End("a", "A", { seal, to: "b" }), new End("b", "B", { seal, to: "a" })];
  a.courier.greet();
  await exchange(a, b);
  for (let x = 1; x <= 50; x += 1) b.courier.post({ secret: "10.0.0.1", x });
  await waitFor(() => b.sent.length === 50);
  assert(!JSON.stringify(b.sent).includes("secret"));
  for (const envelope of b.take()) a.courier.receive(envelope);
  await waitFor(() => a.payloads.length === 50);
  assert.deepEqual(a.payloads.at(-1), { secret: "10.0.0.1", x: 50 });
});

test("with a key, what is not sealed or does not open is refused, and the true signal still arrives", async () => {
  const seal = await Seal.of("room", makeKey());
  const [a, b] = [new End("a", "A", { seal, to: "b" }), new End("b", "B", { seal, to: "a" })];
  a.courier.greet();
  await exchange(a, b);
  a.courier.receive({ v: 1, s: "B", t: "A", n: 1, .../** @type {object} */ ({ description: {} }) });
  await waitFor(() => a.errors.length === 1);
  a.courier.receive({ v: 1, s: "B", t: "A", n: 1, c: "AAAA" });
  await waitFor(() => a.errors.length === 2);
  assert.deepEqual([a.errors, a.payloads], [["plain", "sealed"], []]);
  b.courier.post({ x: 1 });
  await waitFor(() => b.sent.length === 1);
  for (const envelope of b.take()) a.courier.receive(envelope);
  await waitFor(() => a.payloads.length === 1);
  assert.deepEqual(a.payloads, [{ x: 1 }]);
});

test("without a key, what is sealed is refused", async () => {
  const { a } = await acquainted();
  a.courier.receive({ v: 1, s: "B", t: "A", n: 1, c: "AAAA" });
  await settle();
  assert.deepEqual([a.errors, a.payloads], [["sealed"], []]);
});

test("a closed end is silent", async () => {
  const { a, b } = await acquainted();
  a.courier.post({ x: 1 });
  b.courier.post({ y: 1 });
  await settle();
  a.courier.close();
  for (const envelope of b.take()) a.courier.receive(envelope);
  await clock.advance(10 * RETRY_MS);
  assert.equal(a.take().length, 1);
  assert.deepEqual(a.payloads, []);
});

/** WebCrypto answers in its own time. @param {() => boolean} isSo */
async function waitFor(isSo) {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

test("over a network that loses, repeats, delays and reorders, everything arrives once and in order", async () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    clock = new FakeClock();
    const random = chance(seed);
    const [a, b] = [new End("a", "A"), new End("b", "B")];
    a.courier.greet();
    /** @type {{ at: number, to: End, envelope: Envelope }[]} */
    let flying = [];
    let posted = { a: 0, b: 0 };
    for (let tick = 0; tick < 600; tick += 1) {
      const faulty = tick < 400;
      for (const [end, to, name] of /** @type {const} */ ([
        [a, b, "a"],
        [b, a, "b"],
      ])) {
        if (faulty && random() < 0.3 && end.courier.pending < WINDOW) {
          posted = { ...posted, [name]: posted[name] + 1 };
          end.courier.post({ number: posted[name] });
        }
        if (random() < 0.05) end.connected = !faulty || !end.connected;
        if (!faulty) end.connected = true;
        if (random() < 0.05) end.courier.resend();
        await settle();
        for (const envelope of end.take()) {
          if (faulty && random() < 0.3) continue;
          const copies = faulty && random() < 0.2 ? 2 : 1;
          for (let copy = 0; copy < copies; copy += 1) {
            flying.push({ at: clock.time + Math.floor(random() * (faulty ? 900 : 50)), to, envelope });
          }
        }
      }
      const due = flying.filter(({ at }) => at <= clock.time).sort((x, y) => x.at - y.at);
      flying = flying.filter(({ at }) => at > clock.time);
      for (const { to, envelope } of due) to.courier.receive(envelope);
      await clock.advance(100);
    }
    const expected = (/** @type {number} */ count) =>
      Array.from({ length: count }, (_, index) => ({ number: index + 1 }));
    assert.deepEqual(b.payloads, expected(posted.a), `seed ${seed}`);
    assert.deepEqual(a.payloads, expected(posted.b), `seed ${seed}`);
    assert.deepEqual([a.courier.pending, b.courier.pending], [0, 0], `seed ${seed}`);
  }
});

test("a signal tells whether its sender had heard all that was posted to it", async () => {
  const { a, b } = await acquainted();
  /** @type {unknown[]} */
  const heard = [];
  a.courier.addEventListener("payload", (event) => heard.push(event.heard));
  b.courier.post({ first: "at the same time" });
  a.courier.post({ first: "at the same time" });
  await exchange(a, b);
  b.courier.post({ second: "later" });
  await exchange(a, b);
  assert.deepEqual(heard, [false, true]);
});

test("what was lost unnoticed behind another signal follows as soon as that one is known to have arrived", async () => {
  const { a, b } = await acquainted();
  for (const number of [1, 2, 3]) a.courier.post({ number });
  await settle();
  a.take();
  await clock.advance(RETRY_MS);
  const again = a.take();
  assert.deepEqual(
    again.map(({ n }) => n),
    [1],
  );
  for (const envelope of again) b.courier.receive(envelope);
  await settle();
  await clock.advance(ACK_DELAY_MS);
  await exchange(a, b);
  assert.deepEqual(b.payloads, [{ number: 1 }, { number: 2 }, { number: 3 }]);
});

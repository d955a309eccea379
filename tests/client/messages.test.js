import assert from "node:assert/strict";
import { test } from "node:test";
import { MESSAGE_BYTES, Outbox, QUEUE_BYTES, writeMessage } from "../../public/client/messages.js";
import { FakeChannel } from "./fakes.js";

/** An open channel to hand to an outbox. */
function openChannel() {
  const channel = new FakeChannel("messages");
  channel.open();
  return { channel, handed: /** @type {RTCDataChannel} */ (/** @type {unknown} */ (channel)) };
}

test("what is posted before a channel is open goes out when it opens, in order", () => {
  const outbox = new Outbox();
  outbox.post(writeMessage("one"));
  outbox.post(writeMessage({ two: 2 }));
  const { channel, handed } = openChannel();
  outbox.use(handed);
  outbox.post(writeMessage(null));
  assert.deepEqual(channel.sent, ["one", { two: 2 }, null]);
  assert.equal(outbox.pending, 0);
});

test("what is posted between two channels goes over the second", () => {
  const outbox = new Outbox();
  const first = openChannel();
  outbox.use(first.handed);
  first.channel.readyState = "closing";
  outbox.post(writeMessage("late"));
  assert.deepEqual(first.channel.sent, []);
  const second = openChannel();
  outbox.use(second.handed);
  assert.deepEqual(second.channel.sent, ["late"]);
});

test("no more may wait than the bound, in the queue and in the channel together", () => {
  const outbox = new Outbox();
  const text = writeMessage("x".repeat(MESSAGE_BYTES - 2));
  for (let count = 0; count < QUEUE_BYTES / MESSAGE_BYTES; count += 1) outbox.post(text);
  assert.throws(() => outbox.post(writeMessage(1)), { name: "MessageError", code: "overflow" });
  const { channel, handed } = openChannel();
  outbox.use(handed);
  channel.bufferedAmount = QUEUE_BYTES;
  assert.throws(() => outbox.post(writeMessage(1)), { code: "overflow" });
  channel.bufferedAmount = 0;
  outbox.post(writeMessage(1));
  assert.equal(channel.sent.length, QUEUE_BYTES / MESSAGE_BYTES + 1);
});

test("a message is counted in bytes, not in characters", () => {
  writeMessage("x".repeat(MESSAGE_BYTES - 2));
  assert.throws(() => writeMessage("é".repeat(MESSAGE_BYTES / 2)), { code: "too-large" });
});

test("what JSON cannot say is refused", () => {
  /** @type {{ self?: object }} */
  const circle = {};
  circle.self = circle;
  for (const value of [undefined, () => {}, circle, 1n]) {
    assert.throws(() => writeMessage(value), { name: "MessageError", code: "not-json" });
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanName, initials, NAME_LENGTH } from "../../public/app/names.js";
import { complaintsOf, missingOf, SILENCE_MS, Watch } from "../../public/app/reception.js";
import { CHAT_LENGTH, readMessage, Undelivered } from "../../public/app/talk.js";

test("a name is shown without what is not seen, breaks lines or turns the direction of writing", () => {
  assert.equal(cleanName("  Ana\n\tSilva "), "Ana Silva");
  assert.equal(cleanName("a\u202egpj.exe\u200b"), "agpj.exe");
  assert.equal(cleanName("👩‍🚀 Ada"), "👩‍🚀 Ada");
  assert.equal(cleanName("x".repeat(500)).length, NAME_LENGTH);
  for (const none of ["", "\u200b", "\n", null, 7, {}]) assert.equal(cleanName(none), "");
});

test("initials are the first letters of the first and the last word", () => {
  assert.equal(initials("Ana Maria Silva"), "AS");
  assert.equal(initials("bo"), "B");
  assert.equal(initials("émile-zola"), "ÉZ");
  assert.equal(initials("李 小龙"), "李小");
  assert.equal(initials("👩‍🚀"), "👩‍🚀");
  assert.equal(initials("--- ..."), "");
});

test("what another page says is read only as far as it makes sense", () => {
  assert.deepEqual(readMessage({ type: "profile", name: " Bo\n" }), { type: "profile", name: "Bo" });
  assert.deepEqual(readMessage({ type: "profile" }), { type: "profile", name: "" });
  assert.deepEqual(readMessage({ type: "chat", id: "1", text: "hi", extra: 1 }), { type: "chat", id: "1", text: "hi" });
  assert.deepEqual(readMessage({ type: "got", id: "1" }), { type: "got", id: "1" });
  assert.deepEqual(readMessage({ type: "reception", audio: true, camera: "yes" }), {
    type: "reception",
    audio: true,
    camera: false,
  });
  const long = readMessage({ type: "chat", id: "1", text: "x".repeat(CHAT_LENGTH + 1) });
  assert.equal(long?.type === "chat" && long.text.length, CHAT_LENGTH);
  for (const nonsense of [
    null,
    "chat",
    7,
    [],
    {},
    { type: "chat", id: "1", text: " " },
    { type: "chat", text: "hi" },
  ]) {
    assert.equal(readMessage(nonsense), null);
  }
  assert.equal(readMessage({ type: "chat", id: "x".repeat(65), text: "hi" }), null);
});

test("a line of chat is sent again over every new connection until it was answered", () => {
  /** @type {unknown[]} */
  const sent = [];
  const undelivered = new Undelivered((message) => sent.push(message));
  const [one, two] = /** @type {const} */ ([
    { type: "chat", id: "1", text: "one" },
    { type: "chat", id: "2", text: "two" },
  ]);
  undelivered.post(one);
  undelivered.post(two);
  undelivered.settle("1");
  undelivered.again();
  assert.deepEqual(sent, [one, two, two]);
  undelivered.settle("2");
  undelivered.again();
  assert.deepEqual([sent.length, undelivered.size], [3, 0]);
});

test("a line that cannot be sent now is kept", () => {
  let full = true;
  const undelivered = new Undelivered(() => {
    if (full) throw new Error("full");
  });
  undelivered.post({ type: "chat", id: "1", text: "one" });
  assert.equal(undelivered.has("1"), true);
  full = false;
  undelivered.again();
  assert.equal(undelivered.size, 1);
});

test("a counter that stands still is noticed after the time of silence, and once it moves again", () => {
  const watch = new Watch();
  assert.equal(watch.look({ expected: true, count: 5 }, 0), false);
  assert.equal(watch.look({ expected: true, count: 5 }, SILENCE_MS - 1), false);
  assert.deepEqual([watch.look({ expected: true, count: 5 }, SILENCE_MS), watch.stuck], [true, true]);
  assert.deepEqual([watch.look({ expected: true, count: 5 }, SILENCE_MS + 1), watch.stuck], [false, true]);
  assert.deepEqual([watch.look({ expected: true, count: 6 }, SILENCE_MS + 2), watch.stuck], [true, false]);
});

test("what has not come while the machine slept is not missed before it has had its time", () => {
  const watch = new Watch();
  const night = 8 * 3_600_000;
  watch.look({ expected: true, count: 5 }, 0);
  assert.deepEqual([watch.look({ expected: true, count: 5 }, night), watch.stuck], [false, false]);
  assert.deepEqual([watch.look({ expected: true, count: 5 }, night + SILENCE_MS), watch.stuck], [true, true]);
});

test("what is switched off is not missed, and has its time when it is switched on", () => {
  const watch = new Watch();
  watch.look({ expected: false, count: 5 }, 0);
  assert.equal(watch.look({ expected: false, count: 5 }, SILENCE_MS * 2), false);
  assert.equal(watch.look({ expected: true, count: 5 }, SILENCE_MS * 3), false);
  assert.equal(watch.look({ expected: true, count: 5 }, SILENCE_MS * 4), true);
});

test("whoever is not heard or seen is told by whom, and only of what is switched on", () => {
  const both = { audio: true, camera: true };
  const person = (/** @type {string} */ name, audio = false, camera = false) => ({
    name,
    complaint: { audio, camera },
  });
  assert.equal(complaintsOf([person("Ana"), person("Bo")], both), null);
  assert.deepEqual(complaintsOf([person("Ana", true), person("Bo")], both), {
    kind: "audio",
    names: ["Ana"],
    all: false,
  });
  assert.deepEqual(complaintsOf([person("Ana", false, true)], both), { kind: "camera", names: ["Ana"], all: true });
  assert.deepEqual(complaintsOf([person("Ana", true, true), person("Bo", true, true)], both), {
    kind: "both",
    names: ["Ana", "Bo"],
    all: true,
  });
  assert.equal(complaintsOf([person("Ana", true, true)], { audio: false, camera: false }), null);
});

test("whoever does not hear or see others is told whom, and whether it is everybody", () => {
  const nothing = { audio: false, camera: false };
  const [ana, bo] = ["Ana", "Bo"].map((name) => ({ name, missing: { audio: true, camera: true } }));
  assert(ana !== undefined && bo !== undefined);
  assert.equal(missingOf([{ name: "Ana", missing: nothing }]), null);
  assert.deepEqual(missingOf([ana, { name: "Bo", missing: nothing }]), { kind: "both", names: ["Ana"], all: false });
  assert.deepEqual(missingOf([ana, bo]), { kind: "both", names: ["Ana", "Bo"], all: true });
});

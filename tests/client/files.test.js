import assert from "node:assert/strict";
import { test } from "node:test";
import {
  announcementOf,
  CHUNK_BYTES,
  FILE_BYTES,
  FILE_LABEL,
  HIGH_WATER_BYTES,
  INCOMING_FILES,
  safeName,
  Transfers,
} from "../../public/client/files.js";
import { PipeChannel, settle } from "./fakes.js";

/** @typedef {import("../../public/client/files.js").IncomingFile} IncomingFile */

/** @param {PipeChannel} pipe */
const channel = (pipe) => /** @type {RTCDataChannel} */ (/** @type {unknown} */ (pipe));

/** @param {number} size */
const fileOf = (size) => new File([Uint8Array.from({ length: size }, (_, at) => at % 251)], "a.bin", { type: "a/b" });

/**
 * A file on offer, from one end to the other.
 *
 * @param {Blob} file
 * @param {import("../../public/client/files.js").SendOptions} [options]
 */
function offer(file, options = {}) {
  const [near, far] = PipeChannel.pair(FILE_LABEL, announcementOf(file));
  const [from, to] = [new Transfers(), new Transfers()];
  const sent = from.send(channel(near), file, options);
  sent.catch(() => {});
  const incoming = /** @type {IncomingFile} */ (to.receive(channel(far)));
  return { near, far, from, to, sent, incoming };
}

/** What the receiver gets when a stranger's client announces something. @param {unknown} announced */
function announced(announced) {
  const text = typeof announced === "string" ? announced : JSON.stringify(announced);
  const [near, far] = PipeChannel.pair(FILE_LABEL, text);
  return { near, far, incoming: new Transfers().receive(channel(far)) };
}

test("a file arrives whole, with its name and type, and both sides hear of the progress", async () => {
  for (const size of [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3_000_000]) {
    /** @type {number[]} */
    const out = [];
    const file = fileOf(size);
    const { sent, incoming } = offer(file, { onProgress: ({ sent }) => out.push(sent) });
    assert.deepEqual([incoming.name, incoming.size, incoming.type], ["a.bin", size, "a/b"]);
    /** @type {number[]} */
    const into = [];
    incoming.addEventListener("progress", ({ received }) => into.push(received));
    const got = await incoming.accept();
    await sent;
    assert.deepEqual(new Uint8Array(await got.arrayBuffer()), new Uint8Array(await file.arrayBuffer()));
    assert.equal(got.type, "a/b");
    assert.equal(out.at(-1), size);
    assert.deepEqual(
      out,
      out.toSorted((a, b) => a - b),
    );
    assert.equal(into.at(-1), size === 0 ? undefined : size);
    assert.equal(into.length, Math.ceil(size / CHUNK_BYTES));
  }
});

test("nothing is sent before the file is accepted", async () => {
  const { near } = offer(fileOf(10));
  await settle();
  assert.equal(near.highest, 0);
});

test("the sender waits while the channel is full", async () => {
  const { near, sent, incoming } = offer(fileOf(5 * HIGH_WATER_BYTES));
  near.held = true;
  const got = incoming.accept();
  while (near.bufferedAmount < HIGH_WATER_BYTES) await settle();
  await settle();
  assert.equal(near.bufferedAmount, HIGH_WATER_BYTES);
  near.release();
  await Promise.all([got, sent]);
  assert(near.highest <= HIGH_WATER_BYTES);
});

test("a file that is refused, or given up on the way, is cancelled for the sender", async () => {
  for (const accepted of [false, true]) {
    const { sent, incoming } = offer(fileOf(3_000_000));
    if (accepted) {
      incoming.accept();
      await new Promise((resolve) => incoming.addEventListener("progress", resolve, { once: true }));
    }
    incoming.cancel();
    await assert.rejects(sent, { name: "FileError", code: "cancelled" });
    await assert.rejects(incoming.accept(), { code: "cancelled" });
  }
});

test("a sender that cancels rejects with the signal's reason, and the receiver is told", async () => {
  for (const accepted of [false, true]) {
    const control = new AbortController();
    const { sent, incoming } = offer(fileOf(3_000_000), { signal: control.signal });
    /** @type {unknown[]} */
    const ends = [];
    incoming.addEventListener("end", ({ error }) => ends.push(error?.code));
    const got = accepted ? incoming.accept() : null;
    if (accepted) await new Promise((resolve) => incoming.addEventListener("progress", resolve, { once: true }));
    control.abort(new Error("changed my mind"));
    await assert.rejects(sent, { message: "changed my mind" });
    while (ends.length === 0) await settle();
    assert.deepEqual(ends, ["cancelled"]);
    await assert.rejects(got ?? incoming.accept(), { code: "cancelled" });
  }
});

test("a signal that was aborted before sends nothing", async () => {
  const { sent } = offer(fileOf(10), { signal: AbortSignal.abort(new Error("too late")) });
  await assert.rejects(sent, { message: "too late" });
});

test("a connection that ends takes what is on its way with it, on both sides", async () => {
  const { from, to, sent, incoming } = offer(fileOf(10));
  from.end();
  to.end();
  await assert.rejects(sent, { code: "lost" });
  await assert.rejects(incoming.accept(), { code: "lost" });

  const other = offer(fileOf(10));
  other.near.close();
  await assert.rejects(other.sent, { code: "lost" });
  await assert.rejects(other.incoming.accept(), { code: "lost" });
});

test("a file that cannot be read any more is an error on both sides", async () => {
  const file = fileOf(10);
  Object.defineProperty(file, "slice", { value: () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }) });
  const { sent, incoming } = offer(file);
  await assert.rejects(incoming.accept(), { code: "cancelled" });
  await assert.rejects(sent, { code: "unreadable" });
});

test("a receiver never takes more than was announced, nothing before it accepts, and nothing but bytes", async () => {
  const early = announced({ name: "a", size: 5, type: "" });
  early.near.send(new Uint8Array(1));
  await settle();
  await assert.rejects(early.incoming?.accept() ?? Promise.resolve(), { name: "FileError", code: "broken" });

  for (const data of [new Uint8Array(6), new Uint8Array(0), "words"]) {
    const { near, incoming } = announced({ name: "a", size: 5, type: "" });
    const got = incoming?.accept() ?? Promise.resolve();
    near.send(data);
    await assert.rejects(got, { code: "broken" });
    assert.equal(near.readyState, "open");
    await settle();
    assert.equal(near.readyState, "closed");
  }
});

test("what announces no file, or too large a one, is closed", () => {
  for (const odd of [
    "no JSON",
    "null",
    {},
    { name: "a", size: -1 },
    { name: "a", size: 1.5 },
    { size: FILE_BYTES + 1 },
  ]) {
    const { far, incoming } = announced(odd);
    assert.equal(incoming, null, JSON.stringify(odd));
    assert.equal(far.readyState, "closed");
  }
  const [, stranger] = PipeChannel.pair("chat", announcementOf(fileOf(1)));
  assert.equal(new Transfers().receive(channel(stranger)), null);
});

test("a file that is too large is refused before anything is opened", () => {
  const file = Object.assign(new Blob([]), {});
  Object.defineProperty(file, "size", { value: FILE_BYTES + 1 });
  assert.throws(() => announcementOf(file), { name: "FileError", code: "too-large" });
});

test("only so many files may be on offer at a time", () => {
  const transfers = new Transfers();
  const take = () => transfers.receive(channel(PipeChannel.pair(FILE_LABEL, announcementOf(fileOf(1)))[1]));
  const files = Array.from({ length: INCOMING_FILES }, take);
  assert.equal(take(), null);
  files[0]?.cancel();
  assert.notEqual(take(), null);
});

test("a name is made harmless", () => {
  const names = {
    "photo.jpg": "photo.jpg",
    "../../etc/passwd": "_.._etc_passwd",
    "C:\\autoexec.bat": "C__autoexec.bat",
    ".bashrc": "bashrc",
    "a\u0000b\nc": "abc",
    "gpj.\u202Eexe.txt": "gpj.exe.txt",
    " . ": "file",
    "": "file",
    "naïve 文件.txt": "naïve 文件.txt",
  };
  for (const [name, harmless] of Object.entries(names)) assert.equal(safeName(name), harmless);
  assert.equal(safeName({}), "[object Object]");
  assert.equal(safeName(null), "file");
  const long = safeName(`${"🐢".repeat(5_000)}.tar.gz`);
  assert.equal(Array.from(long).length, 200);
  assert(long.endsWith(".tar.gz"));
});

test("a type is a plain media type or nothing", () => {
  /** @param {string} type */
  const typeOf = (type) => announced({ name: "a", size: 1, type }).incoming?.type;
  assert.equal(typeOf("Text/HTML; charset=utf-8"), "text/html");
  assert.equal(typeOf("image/svg+xml"), "image/svg+xml");
  assert.equal(typeOf("nonsense"), "");
  assert.equal(typeOf("a/b\r\nc"), "");
});

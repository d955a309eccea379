import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BUCKET_BYTES, fromBase64Url, KEY_BYTES, makeKey, Seal, toBase64Url } from "../../public/client/seal.js";
import { vectors } from "./seal-vectors.js";

/** @type {ReturnType<typeof vectors>} */
const fixtures = JSON.parse(readFileSync(new URL("../fixtures/seal.json", import.meta.url), "utf8"));

const direction = { from: "2222222222", fromSession: "one", to: "3333333333", toSession: "two" };

test("the vectors in the file are those that Node's crypto module makes", () => {
  assert.deepEqual(fixtures, vectors());
});

test("the library seals as the vectors say, and opens them", async () => {
  for (const { room, key, gate, counter, value, sealed, ...between } of fixtures) {
    const seal = await Seal.of(room, key);
    assert.equal(seal.gate, gate);
    const directed = await seal.directed(between);
    assert.equal(await directed.seal(counter, value), sealed);
    assert.deepEqual(await directed.open(counter, sealed), value);
  }
});

test("what is sealed opens for nobody else, in no other place and not when it was changed", async () => {
  const key = makeKey();
  const seal = await Seal.of("room", key);
  const sealed = await (await seal.directed(direction)).seal(7, { any: "thing" });
  const refuses = async (
    /** @type {Seal} */ other,
    /** @type {typeof direction} */ between,
    counter = 7,
    text = sealed,
  ) => {
    await assert.rejects(async () => (await other.directed(between)).open(counter, text), { code: "sealed" });
  };
  await refuses(await Seal.of("room", makeKey()), direction);
  await refuses(await Seal.of("Room", key), direction);
  await refuses(seal, direction, 8);
  for (const field of /** @type {const} */ (["from", "fromSession", "to", "toSession"])) {
    await refuses(seal, { ...direction, [field]: "4444444444" });
  }
  await refuses(seal, {
    from: direction.to,
    fromSession: direction.toSession,
    to: direction.from,
    toSession: direction.fromSession,
  });
  const bytes = fromBase64Url(sealed);
  assert(bytes);
  for (const at of [0, 100, bytes.length - 1]) {
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await refuses(seal, direction, 7, toBase64Url(changed));
  }
  for (const text of ["", "!", sealed.slice(0, -4), `${sealed}AAAA`]) await refuses(seal, direction, 7, text);
});

test("the length of what is sealed says little about what is in it", async () => {
  const directed = await (await Seal.of("room", makeKey())).directed(direction);
  const lengths = new Set();
  for (let length = 0; length <= 253; length += 11) {
    lengths.add(fromBase64Url(await directed.seal(length + 1, "x".repeat(length)))?.length);
  }
  assert.deepEqual([...lengths], [BUCKET_BYTES + 16]);
});

test("a key is 128 random bits, and a shorter one is said to be incomplete", async () => {
  assert.equal(fromBase64Url(makeKey())?.length, KEY_BYTES);
  assert.notEqual(makeKey(), makeKey());
  for (const key of ["", "short", "not base64url!", makeKey().slice(0, -1)]) {
    await assert.rejects(Seal.of("room", key), { code: "sealed", message: "the link's key is incomplete" });
  }
});

test("base64url reads back every byte, and reads nothing else", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  for (let end = 0; end <= 256; end += 1)
    assert.deepEqual(fromBase64Url(toBase64Url(bytes.slice(0, end))), bytes.slice(0, end));
  for (const text of ["A", "AAAAA", "AA==", "A+", "A/", "ü"]) assert.equal(fromBase64Url(text), null);
});

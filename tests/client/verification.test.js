import assert from "node:assert/strict";
import { test } from "node:test";
import { certificatesOf, fingerprintOf } from "../../public/client/certificates.js";
import { EMOJI, shortAuthentication, Verification } from "../../public/client/verification.js";

/** @typedef {import("../../public/client/verification.js").VerificationMessage} VerificationMessage */

/**
 * One side, whose messages go where the test says.
 *
 * @param {string} own
 * @param {string} other
 * @param {{ own: string, other: string }} prints
 */
function side(own, other, prints) {
  /** @type {VerificationMessage[]} */
  const sent = [];
  const verification = new Verification({
    room: "room",
    own,
    other,
    fingerprints: async () => prints,
    send: (message) => sent.push(message),
  });
  return { verification, sent };
}

/** Hands everything over until both are silent. @param {ReturnType<typeof side>} a @param {ReturnType<typeof side>} b */
async function converse(a, b) {
  for (;;) {
    const [fromA, fromB] = [a.sent.splice(0), b.sent.splice(0)];
    if (fromA.length + fromB.length === 0) return;
    for (const message of fromA) await b.verification.receive(message);
    for (const message of fromB) await a.verification.receive(message);
  }
}

test("two ends of one connection see the same, whoever starts", async () => {
  for (const starters of [["a"], ["b"], ["a", "b"]]) {
    const a = side("a", "b", { own: "sha-256 aa", other: "sha-256 bb" });
    const b = side("b", "a", { own: "sha-256 bb", other: "sha-256 aa" });
    if (starters.includes("a")) await a.verification.start();
    if (starters.includes("b")) await b.verification.start();
    await converse(a, b);
    const seen = await a.verification.result;
    assert.deepEqual(seen, await b.verification.result);
    assert.equal(seen.emoji.length, 7);
    assert.match(seen.digits, /^\d{13}$/);
  }
});

test("two that start at the same moment commit before they reveal", async () => {
  const a = side("a", "b", { own: "x", other: "y" });
  const b = side("b", "a", { own: "y", other: "x" });
  await b.verification.start();
  const starting = a.verification.start();
  // Theirs is here before ours has gone out.
  await a.verification.receive(b.sent[0] ?? {});
  await starting;
  assert.deepEqual(
    a.sent.map((message) => Object.keys(message).at(-1)),
    ["commitment", "value"],
  );
  b.sent.length = 0;
  await converse(a, b);
  assert.deepEqual(await a.verification.result, await b.verification.result);
});

test("with somebody in between who swapped the certificates, the two sides differ", async () => {
  const a = side("a", "b", { own: "sha-256 aa", other: "sha-256 evil" });
  const b = side("b", "a", { own: "sha-256 bb", other: "sha-256 evil" });
  await a.verification.start();
  await converse(a, b);
  assert.notDeepEqual(await a.verification.result, await b.verification.result);
});

test("nobody reveals a value before the other side has committed to one", async () => {
  const a = side("a", "b", { own: "x", other: "y" });
  await a.verification.start();
  await a.verification.start();
  assert.deepEqual(
    a.sent.map((message) => Object.keys(message)),
    [["type", "commitment"]],
  );
});

test("a value that was not committed to is found out", async () => {
  const a = side("a", "b", { own: "x", other: "y" });
  const b = side("b", "a", { own: "y", other: "x" });
  await a.verification.start();
  await b.verification.start();
  const [commitment] = b.sent;
  assert(commitment);
  await a.verification.receive(commitment);
  await a.verification.receive({ type: "verify", value: "another" });
  await assert.rejects(a.verification.result, { code: "unverified" });
});

test("a value without a commitment is found out, and so is a second commitment", async () => {
  const early = side("a", "b", { own: "x", other: "y" });
  await early.verification.receive({ type: "verify", value: "v" });
  await assert.rejects(early.verification.result, { code: "unverified" });
  const twice = side("a", "b", { own: "x", other: "y" });
  await twice.verification.receive({ type: "verify", commitment: "c" });
  await twice.verification.receive({ type: "verify", commitment: "d" });
  await assert.rejects(twice.verification.result, { code: "unverified" });
});

test("what is seen depends on the room, the ids, the values and the certificates, and not on the order of the ends", async () => {
  const [a, b] = [
    { id: "a", value: "1", fingerprint: "x" },
    { id: "b", value: "2", fingerprint: "y" },
  ];
  const seen = (await shortAuthentication("room", [a, b])).digits;
  assert.equal((await shortAuthentication("room", [b, a])).digits, seen);
  for (const [room, ends] of /** @type {const} */ ([
    ["other", [a, b]],
    ["room", [{ ...a, id: "c" }, b]],
    ["room", [{ ...a, value: "3" }, b]],
    ["room", [a, { ...b, fingerprint: "z" }]],
    [
      "room",
      [
        { ...a, fingerprint: "y" },
        { ...b, fingerprint: "x" },
      ],
    ],
  ])) {
    assert.notEqual((await shortAuthentication(room, [...ends])).digits, seen);
  }
});

test("there are 64 pictures, each with a name of its own", () => {
  assert.equal(EMOJI.length, 64);
  assert.equal(new Set(EMOJI.map(([emoji]) => emoji)).size, 64);
  assert.equal(new Set(EMOJI.map(([, name]) => name)).size, 64);
});

test("a session description names exactly one certificate, or none is believed", () => {
  const line = "a=fingerprint:sha-256 AB:CD\r\n";
  assert.equal(fingerprintOf(`v=0\r\n${line}m=audio\r\n${line}`), "sha-256 ab:cd");
  for (const sdp of [undefined, "", "v=0\r\n", `${line}a=fingerprint:sha-256 AB:CE\r\n`]) {
    assert.throws(() => fingerprintOf(sdp), { code: "unverified" });
  }
});

/** @param {{ stats?: object[], local?: string, remote?: string }} parts */
function connectionWith({ stats = [], local = "AA:01", remote = "AA:02" }) {
  const described = (/** @type {string} */ print) => ({ sdp: `v=0\r\na=fingerprint:sha-256 ${print}\r\n` });
  const entries = stats.map((entry, at) => /** @type {const} */ ([/** @type {any} */ (entry).id ?? String(at), entry]));
  return /** @type {RTCPeerConnection} */ (
    /** @type {unknown} */ ({
      currentLocalDescription: described(local),
      currentRemoteDescription: described(remote),
      getStats: async () => new Map(entries),
    })
  );
}

test("the certificates in use are those of the applied descriptions", async () => {
  assert.deepEqual(await certificatesOf(connectionWith({})), { own: "sha-256 aa:01", other: "sha-256 aa:02" });
});

test("a browser that shows other certificates than were agreed on is believed", async () => {
  const transport = { type: "transport", localCertificateId: "own", remoteCertificateId: "other" };
  const own = { id: "own", type: "certificate", fingerprint: "AA:01", fingerprintAlgorithm: "sha-256" };
  const other = { ...own, id: "other", fingerprint: "AA:02" };
  assert.equal((await certificatesOf(connectionWith({ stats: [transport, own, other] }))).other, "sha-256 aa:02");
  const swapped = { ...other, fingerprint: "AA:66" };
  await assert.rejects(certificatesOf(connectionWith({ stats: [transport, own, swapped] })), { code: "unverified" });
});

test("what goes wrong on this side is an error of the verification, and not of nobody", async () => {
  const broken = () => {
    throw new TypeError("no channel");
  };
  const fingerprints = async () => ({ own: "x", other: "y" });
  const verification = new Verification({ room: "room", own: "a", other: "b", fingerprints, send: broken });
  await verification.receive({ commitment: "theirs" });
  await assert.rejects(verification.result, { name: "VerificationError", code: "unverified" });
});

// Makes tests/fixtures/seal.json with Node's crypto module, which shares no code with the library: `node
// tests/client/seal-vectors.js` prints it. The tests compare both with the file, so that it cannot drift.

import { createCipheriv, createHash, hkdfSync } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** @param {string[]} parts each behind its length in bytes, 16 bits, big-endian */
function joined(...parts) {
  return Buffer.concat(
    parts.map((part) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(Buffer.byteLength(part));
      return Buffer.concat([length, Buffer.from(part)]);
    }),
  );
}

/** @param {string} room @param {Buffer} key @param {Buffer} info */
function derived(room, key, info) {
  const salt = createHash("sha256").update(joined("switchboard/1", room)).digest();
  return Buffer.from(hkdfSync("sha256", key, salt, info, 32));
}

/** @param {Buffer} plaintext */
function padded(plaintext) {
  const length = Math.ceil((plaintext.length + 1) / 256) * 256;
  return Buffer.concat([plaintext, Buffer.from([0x80])], length);
}

const cases = [
  {
    room: "k7m2-9qxw-3fzt",
    key: "AAECAwQFBgcICQoLDA0ODw",
    counter: 1,
    value: { description: { type: "offer", sdp: "v=0\r\n" } },
  },
  { room: "Room_of-1", key: "_____________________w", counter: 2, value: { candidates: [] } },
  { room: "a", key: "Qm9va3MgYXJlIHRoZSBtaXJyb3JzIG9mIHRoZSBzb3Vs", counter: 4294967296, value: "ü".repeat(300) },
  { room: "x".repeat(64), key: "AAAAAAAAAAAAAAAAAAAAAA", counter: 9007199254740991, value: "y".repeat(253) },
];

export function vectors() {
  return cases.map(({ room, key, counter, value }, index) => {
    const bytes = Buffer.from(key, "base64url");
    const direction = {
      from: "2222222222",
      fromSession: createHash("md5").update(`from ${index}`).digest("hex"),
      to: "3333333333",
      toSession: createHash("md5").update(`to ${index}`).digest("hex"),
    };
    const { from, fromSession, to, toSession } = direction;
    const aesKey = derived(room, bytes, joined("signal", from, fromSession, to, toSession));
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64BE(BigInt(counter), 4);
    const cipher = createCipheriv("aes-256-gcm", aesKey, nonce);
    cipher.setAAD(joined("switchboard/1", room, from, to, fromSession, toSession, String(counter)));
    const sealed = Buffer.concat([
      cipher.update(padded(Buffer.from(JSON.stringify(value)))),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    const gate = derived(room, bytes, joined("gate")).toString("base64url");
    return { room, key, gate, ...direction, counter, value, sealed: sealed.toString("base64url") };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(vectors(), null, 2));
}

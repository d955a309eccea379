import assert from "node:assert/strict";
import { test } from "node:test";
import { LinkError } from "../../public/client/errors.js";
import { makeLink, parseLink, socketUrl } from "../../public/client/link.js";

test("a link is taken apart into server, room and fragment", () => {
  assert.deepEqual(parseLink("https://call.example/r/k7m2-9qxw-3fzt"), {
    origin: "https://call.example",
    room: "k7m2-9qxw-3fzt",
    fragment: "",
  });
});

test("a fragment survives being taken apart and put together untouched", () => {
  const link = "https://call.example/r/standup#Qm_x-%41=~!'()*";
  assert.equal(makeLink(parseLink(link)), link);
});

test("a join token at the end of a link is taken off, and no link that is made has one", () => {
  const link = parseLink("https://call.example/r/standup#Qm_x-41&token=eyJh.eyJy.s_g-n");
  assert.deepEqual(link, {
    origin: "https://call.example",
    room: "standup",
    fragment: "Qm_x-41",
    token: "eyJh.eyJy.s_g-n",
  });
  assert.equal(makeLink(link), "https://call.example/r/standup#Qm_x-41");
  assert.deepEqual(parseLink("https://call.example/r/standup#&token=a.b.c").fragment, "");
});

test("spaces around a pasted link do not matter", () => {
  assert.equal(parseLink("  https://call.example/r/standup\n").room, "standup");
});

test("a link without a scheme is one to a secure server", () => {
  assert.equal(makeLink(parseLink("call.example/r/standup")), "https://call.example/r/standup");
});

test("a bare name is a room on the server of the page", () => {
  assert.equal(makeLink(parseLink("standup", "http://127.0.0.1:8787/r/other")), "http://127.0.0.1:8787/r/standup");
});

test("a bare name means nothing without a server", () => {
  assert.throws(() => parseLink("standup"), LinkError);
});

test("names of 1 and of 64 characters are possible", () => {
  for (const room of ["a", "A-z_9".padEnd(64, "x")]) {
    assert.equal(parseLink(`https://call.example/r/${room}`).room, room);
  }
});

const impossible = [
  "https://call.example/r/",
  `https://call.example/r/${"x".repeat(65)}`,
  "https://call.example/r/two%20words",
  "https://call.example/r/caf\u00e9",
  "https://call.example/r/one/two",
  "https://call.example/",
  "https://call.example/x/standup",
  "javascript:alert(1)//r/standup",
  "file:///r/standup",
  "two words",
  "",
];
for (const link of impossible) {
  test(`${JSON.stringify(link)} is no link to a room, and the error has a code`, () => {
    assert.throws(() => parseLink(link, "https://call.example/"), { name: "LinkError", code: "bad-link" });
  });
}

test("no link is made for a name that is not possible", () => {
  assert.throws(() => makeLink({ origin: "https://call.example", room: "two words", fragment: "" }), LinkError);
});

test("the socket is as secure as the page, and the fragment is not part of its address", () => {
  assert.equal(socketUrl(parseLink("https://call.example/r/a#key")), "wss://call.example/api/rooms/a/socket");
  assert.equal(socketUrl(parseLink("http://127.0.0.1:8787/r/a")), "ws://127.0.0.1:8787/api/rooms/a/socket");
});

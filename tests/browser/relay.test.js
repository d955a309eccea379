/// <reference path="./globals.d.ts" />
// Calls that go through a real TURN server, coturn, with the credentials that members get.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, afterEach, before, describe, test } from "node:test";
import { startServer } from "../support/server.js";
import { until } from "../worker/support.js";
import { startChromium } from "./browsers.js";
import { startCoturn } from "./coturn.js";
import { Member } from "./member.js";

const SECRET = "a secret of the relay's and the worker's";

/** The shortest life that credentials may have, in seconds. */
const LIFE = 60;

/** So many more frames of video have to be decoded before a picture counts as moving. */
const MOVING = 3;

let rooms = 0;

describe("a call through a relay", { timeout: 600_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startCoturn>>} */
  let relay;
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;

  before(async () => {
    relay = await startCoturn(SECRET);
    const vars = { TURN_URLS: relay.url, TURN_SECRET: SECRET, TURN_TTL_SECONDS: String(LIFE), ICE_SERVERS: "[]" };
    server = await startServer({ vars });
    chromium = await startChromium();
  });
  after(() => Promise.allSettled([chromium?.close(), relay?.stop()]).then(() => server?.stop()));
  afterEach(async () => {
    // The first tab stays: without one, a browser ends.
    for (const page of (await chromium.pages()).slice(1)) await page.close();
  });

  const call = async () => {
    rooms += 1;
    const link = `${server.url}/r/relay-${process.pid}-${rooms}#AAECAwQFBgcICQoLDA0ODw`;
    const one = await Member.in(chromium, link, { media: true, relayOnly: true });
    const two = await Member.in(chromium, link, { media: true, relayOnly: true });
    await Promise.all([one.isConnected(), two.isConnected()]);
    return [one, two];
  };

  /** Each of them sees the other move, from relay to relay. @param {Member[]} members */
  const seeEachOther = async (members) => {
    for (const member of members) {
      const { frames } = await member.does(look);
      await until(async () => (await member.does(look)).frames > frames + MOVING);
      assert.deepEqual((await member.does(look)).pair, ["relay", "relay"]);
    }
  };

  test("two that may use relays only see each other move, with the credentials of their welcomes", async () => {
    const members = await call();
    await seeEachOther(members);
    for (const person of members) {
      const users = await person.does(usersInUse);
      assert.match(String(users), new RegExp(`^\\d+:${await person.does(() => member.room.self)}$`));
      assert(relay.log().includes(`user <${users}>`), relay.log());
    }
  });

  test("credentials that have expired are refused by the relay, and those that have not are not", async () => {
    const page = new Member(await chromium.newPage());
    await page.page.goto(`${server.url}/nowhere`);
    for (const [life, expected] of /** @type {const} */ ([
      [600, ["relay"]],
      [-1, []],
    ])) {
      const username = `${Math.floor(Date.now() / 1000) + life}:3333333333`;
      const credential = createHmac("sha1", SECRET).update(username).digest("base64");
      assert.deepEqual(await page.does(gather, { urls: relay.url, username, credential }), expected);
    }
    const wrong = { urls: relay.url, username: "9999999999:3333333333", credential: "d3Jvbmc=" };
    assert.deepEqual(await page.does(gather, wrong), []);
  });

  test("once the first credentials have expired, a restart goes on with those that came in time", async () => {
    const members = await call();
    const users = () => Promise.all(members.map((member) => member.does(usersInUse)));
    const first = await users();
    const expires = Math.max(...first.flat().map((user) => Number(user?.split(":")[0]))) * 1000;
    for (const person of members) {
      person.page.setDefaultTimeout(2 * LIFE * 1000);
      await person.until((expires) => Date.now() > expires, expires + 1_000);
      // It has asked by itself, and for the restart it need not.
      assert.deepEqual(await person.does(() => member.frames.filter((text) => text === '{"type":"ice"}').length), 1);
    }
    const [one, other] = members;
    assert(one && other);
    const fragment = () => /a=ice-ufrag:(\S+)/.exec(member.connections[0]?.currentLocalDescription?.sdp ?? "")?.[1];
    const before = await one.does(fragment);
    await one.does(() => dispatchEvent(new Event("online")));
    await one.until((before) => {
      const sdp = member.connections[0]?.currentLocalDescription?.sdp ?? "";
      return !sdp.includes(`a=ice-ufrag:${before}`) && member.connections[0]?.signalingState === "stable";
    }, before);
    const [now] = await users();
    assert.notDeepEqual(now, first[0]);
    await relay.says(`user <${now}>`);
    await seeEachOther(members);
    assert.deepEqual(await Promise.all(members.map((one) => one.does(() => member.connections.length))), [1, 1]);
  });
});

/** Runs in the page: the user names of the connections' relays. */
function usersInUse() {
  return member.connections.flatMap((one) => one.getConfiguration().iceServers?.map(({ username }) => username) ?? []);
}

/** Runs in the page: how many frames have come, and by what kind of way. */
async function look() {
  const [connection] = member.connections;
  /** @type {any[]} */
  const stats = Array.from((await connection?.getStats())?.values() ?? []);
  const video = stats.filter(({ type, kind }) => type === "inbound-rtp" && kind === "video");
  const transport = stats.find(({ type }) => type === "transport");
  const pair = stats.find(({ id }) => id === transport?.selectedCandidatePairId);
  const kindOf = (/** @type {string} */ wanted) => stats.find(({ id }) => id === wanted)?.candidateType;
  return {
    frames: Math.max(0, ...video.map(({ framesDecoded }) => framesDecoded ?? 0)),
    pair: [kindOf(pair?.localCandidateId), kindOf(pair?.remoteCandidateId)],
  };
}

/**
 * Runs in the page: the kinds of candidates that a relay gives.
 *
 * @param {RTCIceServer} iceServer
 */
async function gather(iceServer) {
  const connection = new RTCPeerConnection({ iceServers: [iceServer], iceTransportPolicy: "relay" });
  connection.createDataChannel("any");
  /** @type {Set<string>} */
  const types = new Set();
  const complete = new Promise((resolve) => {
    connection.onicecandidate = ({ candidate }) => {
      if (candidate === null) resolve(undefined);
      else if (candidate.type) types.add(candidate.type);
    };
  });
  await connection.setLocalDescription();
  await complete;
  connection.close();
  return [...types];
}

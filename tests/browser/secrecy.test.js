import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { startServer } from "../support/server.js";
import { startChromium, startFirefox } from "./browsers.js";
import { Member } from "./member.js";
import { Middle } from "./network.js";

const KEY = "AAECAwQFBgcICQoLDA0ODw";
const NAME = "the name of a user";

const PAIRS = /** @type {const} */ ([
  ["Chromium and Chromium", "chromium", "chromium"],
  ["Chromium and Firefox", "chromium", "firefox"],
]);

let rooms = 0;

describe("what whoever runs the server can see and change", { timeout: 600_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {Middle} */
  let middle;
  /** @type {Record<"chromium" | "firefox", import("puppeteer-core").Browser>} */
  let browsers;

  before(async () => {
    server = await startServer();
    middle = await Middle.before(server.url);
    browsers = { chromium: await startChromium(), firefox: await startFirefox() };
  });
  after(async () => {
    await Promise.allSettled([browsers?.chromium.close(), browsers?.firefox.close()]);
    middle?.stop();
    await server?.stop();
  });
  afterEach(async () => {
    middle.tamper = (data) => data;
    for (const browser of Object.values(browsers)) {
      // The first tab stays: without one, a browser ends.
      for (const page of (await browser.pages()).slice(1)) await page.close();
    }
  });

  /** @param {string} [key] */
  const freshLink = (key = "") => {
    rooms += 1;
    return `${middle.url}/r/secrecy-${process.pid}-${rooms}${key && `#${key}`}`;
  };

  /**
   * @param {string} link
   * @param {"chromium" | "firefox"} first
   * @param {"chromium" | "firefox"} second
   * @returns {Promise<[Member, Member]>}
   */
  const both = async (link, first, second) => [
    await Member.in(browsers[first], link, { media: true }),
    await Member.in(browsers[second], link, { media: true }),
  ];

  /**
   * A call with all that a call can have, and every signal of it through the server.
   *
   * @param {string} key
   * @param {"chromium" | "firefox"} first
   * @param {"chromium" | "firefox"} second
   * @returns {Promise<string[]>} what of it can be found in what passed
   */
  const eavesdrop = async (key, first, second) => {
    middle.passed.length = 0;
    const [one, two] = await both(freshLink(key), first, second);
    for (const each of [one, two]) await each.receives();
    /** @type {string[]} */
    const descriptions = [];
    const keepDescriptions = async () => {
      for (const each of [one, two]) descriptions.push(...(await each.does(ownDescriptions)));
    };
    await keepDescriptions();
    for (const each of [one, two]) await each.does(avoidConnection);
    const passed = middle.passed.length;
    await one.does(() => member.connections.at(-1)?.restartIce());
    for (const each of [one, two]) await each.until(hasAnotherFragment, descriptions);
    assert(middle.passed.length > passed);
    await keepDescriptions();
    await two.does((name) => member.room.broadcast({ name }), NAME);
    await one.until((name) => member.messages.some((message) => /** @type {any} */ (message).name === name), NAME);
    await two.does(async () => member.room.setTrack("screen", await member.picture()));
    await one.until(() => [...member.room.peers.values()].every(({ media }) => media.screen));
    for (const each of [one, two]) await each.does(() => member.states.splice(0));
    middle.drop();
    for (const each of [one, two]) await each.until(() => member.states.at(-1) === "room joined");
    // A new connection, with all that belongs to it.
    await two.does(() => {
      for (const peer of member.room.peers.values()) peer.renew();
    });
    for (const each of [one, two]) await each.until(() => member.connections.length > 1);
    for (const each of [one, two]) await each.receives();
    await keepDescriptions();
    return found(middle, secretsIn(descriptions));
  };

  for (const [name, first, second] of PAIRS) {
    test(`with a key in the link nothing of a call between ${name} can be read on the way`, async () => {
      assert.deepEqual(await eavesdrop(KEY, first, second), []);
    });

    test(`without a key the same search finds what ${name} tell each other`, async () => {
      const everything = ["candidate", "description", "fingerprint", "IPv4 address", "password", "user name fragment"];
      const seen = await eavesdrop("", first, second);
      assert.deepEqual(
        seen.filter((kind) => kind !== "IPv6 address"),
        everything,
      );
    });

    test(`without a key, ${name} see different pictures if somebody sits in the middle of their call`, async () => {
      const spy = await Spy.in(browsers.chromium, middle.url);
      middle.tamper = (data) => spy.tamper(data);
      const pair = await both(freshLink(), first, second);
      for (const each of pair) await each.receives();
      assert.equal(await spy.connected(), 2);
      const seen = await Promise.all(pair.map((each) => each.does(verify)));
      const [one, two] = seen;
      assert.equal(one?.emoji.length, 7);
      assert.equal(two?.emoji.length, 7);
      assert.notEqual(one?.digits, two?.digits);
      assert.notDeepEqual(one?.emoji, two?.emoji);
    });

    test(`without a key, swapped fingerprints leave ${name} without a connection, and without a flood of tries`, async () => {
      middle.tamper = swapFingerprints;
      const pair = await both(freshLink(), first, second);
      const passed = middle.passed.length;
      // The second failure has come after the wait that follows the first.
      for (const each of pair) await each.until(() => member.failures > 1);
      assert(middle.passed.length - passed < 100, `${middle.passed.length - passed} messages`);
      for (const each of pair) assert.equal(await each.does(() => member.states.includes("peer connected")), false);
      middle.tamper = (data) => data;
      for (const each of pair) await each.receives();
    });
  }

  for (const [what, change, refusal, [name, first, second]] of /** @type {const} */ ([
    ["changed", breakSeal, "SealError sealed", PAIRS[0]],
    ["replaced", replaceSealed, "CourierError plain", PAIRS[1]],
  ])) {
    test(`with a key, ${name} refuse what was ${what} on the way, and connect when nothing is any more`, async () => {
      middle.tamper = change;
      const pair = await both(freshLink(KEY), first, second);
      // The one who was there offers; the other refuses it.
      await pair[1].until((refusal) => member.errors.includes(refusal), refusal);
      middle.tamper = (data) => data;
      for (const each of pair) await each.receives();
      const [one, two] = await Promise.all(pair.map((each) => each.does(verify)));
      assert.equal(one?.digits, two?.digits);
      const errors = await Promise.all(pair.map((each) => each.does(() => member.errors)));
      assert.deepEqual([...new Set(errors.flat())], [refusal]);
    });
  }

  test("the search finds each thing, as it is and in base64", () => {
    const secrets = secretsIn([
      "v=0\r\na=ice-ufrag:aB3d\r\na=ice-pwd:secretsecretsecretsecret\r\na=fingerprint:sha-256 AA:BB:CC\r\n",
    ]);
    /** @type {[string, string[]][]} */
    const texts = [
      [KEY, ["key"]],
      [NAME, ["user name"]],
      ["from 192.0.2.7", ["IPv4 address"]],
      ["from 2001:db8:0:1::7 to ::1", ["IPv6 address"]],
      ["candidate:1 1 udp", ["candidate"]],
      ["a=mid:0\\r\\nm=audio", ["description"]],
      ['"aB3d"', ["user name fragment"]],
      ["secretsecretsecretsecret", ["password"]],
      ["aa:bb:cc", ["fingerprint"]],
    ];
    for (const [text, kinds] of texts) {
      assert.deepEqual(found({ url: "http://127.0.0.1:1", passed: [text] }, secrets), kinds);
      const wrapped = Buffer.from(`some text before it, ${text}, and some behind it`).toString("base64url");
      assert.deepEqual(found({ url: "http://127.0.0.1:1", passed: [`{"c":"${wrapped}"}`] }, secrets), kinds);
    }
  });
});

/**
 * What is to stay between the pages.
 *
 * @param {string[]} descriptions theirs
 */
function secretsIn(descriptions) {
  const all = (/** @type {RegExp} */ pattern) =>
    descriptions.flatMap((sdp) => Array.from(sdp.matchAll(pattern), ([, value]) => value ?? ""));
  return {
    fragments: all(/^a=ice-ufrag:(\S+)/gm),
    passwords: all(/^a=ice-pwd:(\S+)/gm),
    fingerprints: all(/^a=fingerprint:\S+ (\S+)/gm),
  };
}

/**
 * What can be read in what passed, as it is or after base64 is undone.
 *
 * @param {{ url: string, passed: string[] }} middle
 * @param {ReturnType<typeof secretsIn>} secrets
 * @returns {string[]} sorted
 */
function found({ url, passed }, { fragments, passwords, fingerprints }) {
  const own = new URL(url).host;
  const texts = passed.flatMap((text) => {
    // The server's own address and the browser's version are no secrets.
    const plain = text
      .replaceAll(own, "")
      .replace(/\b(Chrome|Chromium|HeadlessChrome|Firefox|Gecko|rv)[/:"][\d.]+/g, "");
    const runs = plain.match(/[\w+/-]{40,}/g) ?? [];
    return [plain, ...runs.map((run) => Buffer.from(run, "base64url").toString("latin1"))];
  });
  const has = (/** @type {string[]} */ values) =>
    values.some((value) => texts.some((text) => text.toLowerCase().includes(value.toLowerCase())));
  const matches = (/** @type {RegExp} */ pattern) => texts.some((text) => pattern.test(text));
  // So short that it could be there by chance, in the midst of something else.
  const alone = fragments.map((fragment) => {
    const escaped = fragment.replace(/[+/]/g, "\\$&");
    return new RegExp(`(?<![\\w+/-])${escaped}(?![\\w+/-])`);
  });
  const checks = {
    candidate: () => has(["candidate:"]),
    description: () => has(["v=0\\r\\n", "v=0\r\n", "\\r\\na=", "\r\na=", "\\r\\nm=", "\r\nm="]),
    fingerprint: () => has(["fingerprint:", ...fingerprints]),
    "IPv4 address": () => matches(/(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/),
    // Of three groups or more: sealed bytes look like a shorter one now and then.
    "IPv6 address": () =>
      matches(/(?<![\w:])(?:(?:[\da-f]{1,4}:){2,6}(?::[\da-f]{1,4}){1,5}|(?:[\da-f]{1,4}:){7}[\da-f]{1,4})(?![\w:])/i),
    key: () => has([KEY]),
    password: () => has(["ice-pwd", ...passwords]),
    "user name": () => has([NAME]),
    "user name fragment": () => has(["ufrag"]) || alone.some(matches),
  };
  return Object.entries(checks)
    .filter(([, check]) => check())
    .map(([kind]) => kind);
}

/** Runs in the page. @returns {string[]} */
function ownDescriptions() {
  // Firefox does not speak of a connection that is closed.
  const open = member.connections.filter(({ signalingState }) => signalingState !== "closed");
  return open.flatMap(({ localDescription }) => localDescription?.sdp ?? []);
}

/** Runs in the page: from now on signals go through the server, and not over the connection. */
function avoidConnection() {
  for (const peer of member.room.peers.values()) peer.sendSignal = () => false;
}

/**
 * Runs in the page: whether the newest connection has agreed on another user name fragment than any before.
 *
 * @param {string[]} descriptions
 */
function hasAnotherFragment(descriptions) {
  const connection = member.connections.at(-1);
  const fragment = /a=ice-ufrag:\S+/.exec(connection?.localDescription?.sdp ?? "")?.[0] ?? "";
  return connection?.signalingState === "stable" && descriptions.every((sdp) => !sdp.includes(`${fragment}\r`));
}

/** Runs in the page. */
function verify() {
  const [peer] = member.room.peers.values();
  return peer?.verify();
}

/** @param {any} data */
function swapFingerprints(data) {
  const { description } = data;
  if (description === undefined) return data;
  const sdp = description.sdp.replace(/^(a=fingerprint:\S+) \S+/gm, `$1 ${Array(32).fill("AB").join(":")}`);
  return { ...data, description: { ...description, sdp } };
}

/** @param {any} data */
function breakSeal(data) {
  if (data.c === undefined) return data;
  const place = Math.floor(data.c.length / 2);
  return { ...data, c: data.c.slice(0, place) + (data.c[place] === "A" ? "B" : "A") + data.c.slice(place + 1) };
}

/** @param {any} data */
function replaceSealed({ c, ...data }) {
  if (c === undefined) return data;
  return { ...data, session: "theirs", first: true, description: { type: "offer", sdp: "v=0\r\n" } };
}

/**
 * Somebody who runs the server and sits in the middle of calls: a page with two connections for each, one to either side,
 * which hands over sound, pictures and messages.
 */
class Spy {
  /** What became of each signal, since some come twice. @type {Map<string, Promise<object>>} */
  #signals = new Map();

  /** @param {import("puppeteer-core").Page} page */
  constructor(page) {
    this.page = page;
  }

  /**
   * @param {import("puppeteer-core").Browser} browser
   * @param {string} url
   */
  static async in(browser, url) {
    const page = await browser.newPage();
    await page.goto(`${url}/nowhere`);
    await page.evaluate(spy);
    return new Spy(page);
  }

  /** How many of its connections are up. @returns {Promise<number>} */
  connected() {
    return this.page.evaluate(
      () =>
        /** @type {any} */ (globalThis).ends.filter(
          (/** @type {RTCPeerConnection} */ end) => end.connectionState === "connected",
        ).length,
    );
  }

  /** @param {any} data */
  tamper(data) {
    if (data.session === undefined) return data;
    const name = `${data.s} ${data.t} ${data.n}`;
    const changed =
      this.#signals.get(name) ??
      this.page
        .evaluate((data) => /** @type {any} */ (globalThis).change(data), data)
        .then((part) => ({ ...data, ...part }));
    this.#signals.set(name, changed);
    return changed;
  }
}

/** Runs in the spy's page. */
async function spy() {
  // Without it, the browser hides its addresses.
  await navigator.mediaDevices.getUserMedia({ audio: true });
  /** @type {RTCPeerConnection[]} */
  const ends = [];
  /** @type {HTMLAudioElement[]} */
  const sounds = [];
  /** @type {Map<string, { from: string, near: RTCPeerConnection, far: RTCPeerConnection }>} */
  const calls = new Map();

  /** @param {RTCPeerConnection} end */
  const describe = async (end) => {
    await end.setLocalDescription();
    while (end.iceGatheringState !== "complete") {
      await new Promise((resolve) => end.addEventListener("icegatheringstatechange", resolve, { once: true }));
    }
    const { type, sdp } = /** @type {RTCSessionDescription} */ (end.localDescription);
    return { type, sdp };
  };

  /**
   * @param {RTCPeerConnection} from
   * @param {RTCPeerConnection} to
   */
  const passTracks = (from, to) => {
    from.ontrack = ({ transceiver, track }) => {
      const place = from.getTransceivers().indexOf(transceiver);
      to.getTransceivers()[place]?.sender.replaceTrack(track);
      if (track.kind !== "audio") return;
      // Chromium passes on no sound that nobody plays.
      const sound = Object.assign(new Audio(), { srcObject: new MediaStream([track]), muted: true });
      sounds.push(sound);
      sound.play();
    };
  };

  /**
   * @param {RTCPeerConnection} near
   * @param {RTCPeerConnection} far
   */
  const passMessages = (near, far) => {
    for (const id of [0, 1]) {
      const channels = [near, far].map((end) => end.createDataChannel("", { negotiated: true, id }));
      for (const [place, channel] of channels.entries()) {
        const other = channels[1 - place];
        channel.onmessage = ({ data }) => {
          if (other?.readyState === "open") other.send(data);
          else other?.addEventListener("open", () => other.send(data), { once: true });
        };
      }
    }
  };

  /**
   * @param {string} session
   * @param {string} from
   * @param {RTCSessionDescriptionInit} description
   */
  const begin = async (session, from, description) => {
    const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection({ bundlePolicy: "max-bundle" })];
    ends.push(near, far);
    calls.set(session, { from, near, far });
    for (const kind of ["audio", "video", "video"]) far.addTransceiver(kind);
    passTracks(near, far);
    passTracks(far, near);
    passMessages(near, far);
    await near.setRemoteDescription(description);
    for (const transceiver of near.getTransceivers()) transceiver.direction = "sendrecv";
    return { description: await describe(far) };
  };

  /**
   * What the other side is told instead.
   *
   * @param {any} data
   */
  const change = async ({ s, session, description, candidates }) => {
    const call = calls.get(session);
    if (description?.type === "offer") return begin(session, s, description);
    if (call === undefined) return {};
    const { from, near, far } = call;
    if (description?.type === "answer") {
      await far.setRemoteDescription(description);
      return { description: await describe(near) };
    }
    for (const candidate of candidates) await (s === from ? near : far).addIceCandidate(candidate).catch(() => {});
    return { candidates: [] };
  };
  Object.assign(globalThis, { ends, change });
}

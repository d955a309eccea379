import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Deployment } from "../chaos/deployment.js";
import { runGlare } from "../chaos/glare.js";
import { startChromium, startFirefox } from "./browsers.js";
import { Member } from "./member.js";
import { Middle, Relay } from "./network.js";

/** Media that stands still this long has been interrupted, in milliseconds of the page's clock. */
const INTERRUPTED_MS = 2_000;

/** Looks are a tenth of a second apart; so much, in milliseconds, counts of a longer time between two. */
const LOOK_MS = 300;

/** How long the network is away, and how soon after its return media has to flow again, in milliseconds. */
const OUTAGE_MS = 10_000;
const RETURN_MS = 5_000;

/** How often both sides offer at once; `npm run chaos -- --glare 50` does it more often. */
const GLARES = 5;

const PAIRS = /** @type {const} */ ([
  ["Chromium and Chromium", "chromium", "chromium"],
  ["Chromium and Firefox", "chromium", "firefox"],
]);

let rooms = 0;

describe("media through failures", { timeout: 600_000 }, () => {
  /** @type {Deployment} */
  let deployment;
  /** @type {Record<"chromium" | "firefox", import("puppeteer-core").Browser>} */
  let browsers;

  before(async () => {
    deployment = await Deployment.start();
    browsers = { chromium: await startChromium(), firefox: await startFirefox() };
  });
  after(() =>
    Promise.allSettled([browsers?.chromium.close(), browsers?.firefox.close()]).then(() => deployment?.stop()),
  );
  afterEach(async () => {
    for (const browser of Object.values(browsers)) {
      // The first tab stays: without one, a browser ends.
      for (const page of (await browser.pages()).slice(1)) await page.close();
    }
  });

  const freshRoom = () => {
    rooms += 1;
    return `resilience-${rooms}`;
  };

  /**
   * Two that hear and see each other, and keep looking.
   *
   * @param {string} link
   * @param {"chromium" | "firefox"} first
   * @param {"chromium" | "firefox"} second
   * @param {{ relay?: Relay }} [options]
   */
  const call = async (link, first, second, { relay } = {}) => {
    const options = { media: true, relay: relay ?? null };
    const both = [await Member.in(browsers[first], link, options), await Member.in(browsers[second], link, options)];
    for (const member of both) await member.receives();
    for (const member of both) await member.watches();
    return /** @type {[Member, Member]} */ (both);
  };

  for (const [name, first, second] of PAIRS) {
    test(`between ${name} no media is lost when every object restarts and all sockets are closed`, async () => {
      const room = freshRoom();
      const both = await call(`${deployment.url}/r/${room}#AAECAwQFBgcICQoLDA0ODw`, first, second);
      for (const one of both) await one.does(() => member.states.splice(0));
      await deployment.evict(room, "close");
      for (const member of both) await isBack(member);
      await goesOn(both);
      await sharesScreen(both[0], both[1]);
      await isUninterrupted(both);
    });

    test(`between ${name} no media is lost while the server is dead, and a screen can be shared`, async () => {
      const both = await call(`${deployment.url}/r/${freshRoom()}#AAECAwQFBgcICQoLDA0ODw`, first, second);
      for (const one of both) await one.does(() => member.states.splice(0));
      await deployment.kill();
      try {
        for (const one of both) await one.until(() => member.states.includes("room reconnecting"));
        await sharesScreen(both[0], both[1]);
        await goesOn(both);
      } finally {
        await deployment.start();
      }
      for (const member of both) await isBack(member);
      await sharesScreen(both[1], both[0]);
      await goesOn(both);
      await isUninterrupted(both);
    });

    test(`between ${name} media is back within ${RETURN_MS / 1000} s after the network was away for ${OUTAGE_MS / 1000} s`, async (context) => {
      const middle = await Middle.before(deployment.url);
      const relay = new Relay();
      try {
        const both = await call(`${middle.url}/r/${freshRoom()}#AAECAwQFBgcICQoLDA0ODw`, first, second, { relay });
        assert(relay.packets > 0);
        middle.cut();
        relay.cut();
        await pause(OUTAGE_MS);
        const stood = await Promise.all(both.map((member) => member.does(noteReturn)));
        middle.mend();
        relay.mend();
        for (const member of both) await member.until(hasReturned);
        const took = await Promise.all(
          both.map((member) => member.does(() => /** @type {any} */ (globalThis).returned.took)),
        );
        context.diagnostic(`back after ${took.map((time) => Math.round(time)).join(" and ")} ms`);
        for (const time of stood) assert(time > OUTAGE_MS / 2, `the picture stood still for ${time} ms`);
        for (const time of took) assert(time <= RETURN_MS, `${time} ms`);
        for (const member of both) await member.receives();
      } finally {
        middle.stop();
        await relay.stop();
      }
    });
  }

  test(`Chromium and Firefox connect ${GLARES} times out of ${GLARES} while both always offer at once`, async () => {
    for (let time = 0; time < GLARES; time += 1) {
      const [first, second] =
        time % 2 === 0 ? [browsers.chromium, browsers.firefox] : [browsers.firefox, browsers.chromium];
      await runGlare(`${deployment.url}/r/${freshRoom()}#AAECAwQFBgcICQoLDA0ODw`, first, second);
    }
  });
});

/**
 * Waits until the room was lost, and is reached again.
 *
 * @param {Member} one
 */
async function isBack(one) {
  await one.until(() => {
    const lost = member.states.indexOf("room reconnecting");
    return lost !== -1 && member.states.indexOf("room joined", lost) !== -1;
  });
}

/**
 * Looks on for longer than an interruption takes.
 *
 * @param {Member[]} both
 */
async function goesOn(both) {
  for (const one of both) {
    const since = await one.does(() => performance.now());
    await one.until((end) => (member.samples.at(-1)?.at ?? 0) > end, since + INTERRUPTED_MS);
  }
}

/**
 * One shares a screen, the other sees it.
 *
 * @param {Member} from
 * @param {Member} to
 */
async function sharesScreen(from, to) {
  const before = await to.does(async () => (await member.look())?.screen ?? 0);
  await from.does(async () => member.room.setTrack("screen", await member.picture()));
  await to.until(() => [...member.room.peers.values()].every(({ media }) => media.screen));
  await to.until(async (before) => ((await member.look())?.screen ?? 0) > before + 3, before);
  await from.does(() => member.room.setTrack("screen", null));
  await to.until(() => [...member.room.peers.values()].every(({ media }) => !media.screen));
}

/**
 * Sound and picture have never stood still, over the one connection there ever was.
 *
 * @param {Member[]} both
 */
async function isUninterrupted(both) {
  for (const one of both) {
    const samples = await one.does(() => member.samples);
    const states = await one.does(() => member.states);
    assert(samples.length > 2);
    for (const kind of /** @type {const} */ (["audio", "camera"])) {
      const stood = standstill(samples, kind);
      assert(stood < INTERRUPTED_MS, `${kind} stood still for ${stood} ms`);
    }
    assert.deepEqual([...new Set(samples.map(({ connections }) => connections))], [1]);
    assert.deepEqual([...new Set(samples.map(({ state }) => state))], ["connected"]);
    assert.deepEqual(
      states.filter((state) => state.startsWith("peer")),
      [],
    );
  }
}

/**
 * The longest time for which it is certain that nothing arrived. A page that was itself at a standstill between two looks
 * says nothing about the time between.
 *
 * @param {import("./member.js").Sample[]} samples
 * @param {"audio" | "camera"} kind
 */
function standstill(samples, kind) {
  let [longest, current] = [0, 0];
  for (const [place, sample] of samples.entries()) {
    const former = samples[place - 1];
    if (former?.[kind] === sample[kind]) current += Math.min(sample.at - former.at, LOOK_MS);
    else current = 0;
    longest = Math.max(longest, current);
  }
  return longest;
}

/**
 * Runs in the page, right before the network returns.
 *
 * @returns {number} how long the picture has been standing still, in milliseconds
 */
function noteReturn() {
  const now = performance.now();
  const last = member.samples.at(-1);
  const first = member.samples.find(({ camera }) => camera === last?.camera);
  Object.assign(globalThis, { returned: { at: now, camera: last?.camera ?? 0, connections: last?.connections ?? 0 } });
  return now - (first?.at ?? now);
}

/** Runs in the page: whether the picture has gone on since the network returned; keeps how long that took. */
function hasReturned() {
  const { returned } = /** @type {any} */ (globalThis);
  const sample = member.samples.find(({ at, state, camera, connections }) => {
    const before = connections === returned.connections ? returned.camera : 0;
    return at > returned.at && state === "connected" && camera > before;
  });
  returned.took = sample === undefined ? null : sample.at - returned.at;
  return sample !== undefined;
}

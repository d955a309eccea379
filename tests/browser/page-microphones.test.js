// Microphones and speakers of a real sound server, which come and go as plugs do. What the browsers make up by themselves, the other
// tests use, can neither be pulled out nor plugged in.

import process from "node:process";
import { after, afterEach, before, describe, test } from "node:test";
import { makeKey } from "../../public/client/seal.js";
import { startServer } from "../support/server.js";
import { startChromium, startFirefox } from "./browsers.js";
import { Person } from "./person.js";
import { missing, startPulseAudio } from "./pulseaudio.js";

/** How often a page is looked at while a test waits, in milliseconds. */
const POLLING = 50;

let rooms = 0;

describe("microphones that are plugged in and pulled out", { timeout: 300_000, skip: missing() }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("./pulseaudio.js").PulseAudio} */
  let pulseaudio;
  /** @type {import("puppeteer-core").Browser[]} */
  let browsers = [];
  /** @type {import("./pulseaudio.js").Unplug[]} */
  let plugged = [];

  before(async () => {
    server = await startServer({ vars: { ICE_SERVERS: "[]" } });
    pulseaudio = await startPulseAudio();
  });
  after(() => Promise.allSettled([pulseaudio?.stop(), server?.stop()]));
  afterEach(async () => {
    await Promise.allSettled(browsers.map((browser) => browser.close()));
    browsers = [];
    for (const unplug of plugged) unplug();
    plugged = [];
  });

  const freshLink = () => {
    rooms += 1;
    return `${server.url}/r/microphones-${process.pid}-${rooms}#${makeKey()}`;
  };

  /** @param {string} name @param {number} hertz */
  const plugIn = (name, hertz) => {
    const unplug = pulseaudio.plugInHeadset(name, hertz);
    plugged.push(unplug);
    return () => {
      plugged = plugged.filter((other) => other !== unplug);
      unplug();
    };
  };

  /** @param {(options: { devices: boolean, env: Record<string, string> }) => Promise<import("puppeteer-core").Browser>} start */
  const open = async (start) => {
    const browser = await start({ devices: false, env: pulseaudio.env });
    browsers.push(browser);
    return browser;
  };

  test("a headset is offered by its name and heard when it is used; pulled out, another one takes its place, or nobody is heard until it is back", async () => {
    plugged.push(pulseaudio.plugInSpeaker("Built-in speaker"));
    const pullOld = plugIn("Old headset", 440);
    const link = freshLink();
    const browser = await open(startChromium);
    const ana = await Person.at(browser, link, { watched: true });
    await ana.press("join");
    await ana.isIn();
    const bo = await Person.inCall(browser, link);
    await hears(bo);

    const pullNew = plugIn("New headset", 880);
    await hasListed(ana, "New headset");
    await ana.sees("stage-notice", "New headset is connected.");
    await ana.pressNamed("Use it");
    await ana.page.waitForFunction(sendsFrom, { polling: POLLING }, "New headset");
    await hears(bo);

    pullNew();
    await hasListed(ana, "New headset", false);
    await ana.sees("stage-notice", "The microphone is gone. You are heard through Old headset.");
    await ana.finds("#audio[aria-pressed=true]");
    await hears(bo);

    pullOld();
    await hasListed(ana, "Old headset", false);
    await ana.sees("stage-notice", "The microphone is gone. The call goes on; the others cannot hear you.");
    await ana.noLongerSees("stage-notice", "You are heard through");
    await ana.finds("#audio[aria-pressed=false]");
    await bo.finds(".tile:not(.own).no-audio");

    const pullAgain = plugIn("New headset", 880);
    await hasListed(ana, "New headset");
    await ana.sees("stage-notice", "New headset is connected.");
    pullAgain();
    await hasListed(ana, "New headset", false);
    await ana.noLongerSees("stage-notice", "New headset is connected.");
    plugIn("New headset", 880);
    await hasListed(ana, "New headset");
    await ana.sees("stage-notice", "New headset is connected.");
    await ana.pressNamed("Use it");
    await ana.finds("#audio[aria-pressed=true]");
    await ana.noLongerSees("stage-notice", "cannot hear you");
    await bo.finds(".tile:not(.own):not(.no-audio)");
    await hears(bo);
  });

  test("who speaks into a real microphone is seen to, in Chromium and in Firefox", async () => {
    plugged.push(pulseaudio.plugInSpeaker("Built-in speaker"));
    plugIn("Old headset", 440);
    const link = freshLink();
    const ana = await Person.inCall(await open(startChromium), link);
    const bo = await Person.inCall(await open(startFirefox), link);
    await Promise.all([hears(ana), hears(bo)]);
    for (const person of [ana, bo]) {
      await person.page.bringToFront();
      await person.finds(".tile.own.speaking");
      await person.finds(".tile:not(.own).speaking");
    }
  });
});

/**
 * Has a browser look what there is, until it has seen something, or no longer sees it. Chromium is told of plugs by udev, which
 * knows nothing of these; but it looks whenever it is asked for a list, and then tells the page of what has changed as ever.
 *
 * @param {Person} person
 * @param {string} label
 * @param {boolean} [isThere]
 */
async function hasListed({ page }, label, isThere = true) {
  const lists = async (/** @type {string} */ label, /** @type {boolean} */ isThere) => {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.some((device) => device.label === label) === isThere;
  };
  await page.waitForFunction(lists, { polling: POLLING }, label, isThere);
}

/**
 * Waits until more than silence comes from the only other.
 *
 * @param {Person} person
 */
async function hears(person) {
  const before = await person.page.waitForFunction(loudness, { polling: POLLING }, -1);
  await person.page.waitForFunction(loudness, { polling: POLLING }, Number(await before.jsonValue()) + 0.001);
}

/**
 * Runs in the page: the energy of all the sound that has come from the only other, once it is more than so much.
 *
 * @param {number} before
 */
async function loudness(before) {
  const [peer] = /** @type {any} */ (globalThis).switchboard.room.peers.values();
  const stats = [...((await peer?.getStats())?.values() ?? [])];
  const inbound = stats.find(({ type, kind }) => type === "inbound-rtp" && kind === "audio");
  const energy = inbound?.totalAudioEnergy ?? -1;
  return energy > before ? String(energy) : false;
}

/**
 * Runs in a page whose connections are watched: whether a microphone of that name is what is sent.
 *
 * @param {string} label
 */
function sendsFrom(label) {
  const [connection] = /** @type {any} */ (globalThis).connections;
  return connection.getSenders().some((/** @type {RTCRtpSender} */ { track }) => track?.label === label);
}

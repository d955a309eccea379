import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { startServer } from "../support/server.js";
import { startChromium, startFirefox } from "./browsers.js";
import { Person } from "./person.js";

/** How long a closed tab may be seen by the others, in milliseconds. */
const GONE_MS = 1_000;

let rooms = 0;

describe("a call between browsers", { timeout: 600_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;
  /** @type {import("puppeteer-core").Browser} */
  let firefox;
  let room = "";
  let link = "";

  before(async () => {
    server = await startServer();
    chromium = await startChromium();
    firefox = await startFirefox();
  });
  after(() => Promise.allSettled([chromium?.close(), firefox?.close()]).then(() => server?.stop()));

  const freshLink = () => {
    rooms += 1;
    room = `call-${process.pid}-${rooms}`;
    link = `${server.url}/r/${room}`;
    return link;
  };
  afterEach(async () => {
    for (const browser of [chromium, firefox]) {
      // The first tab stays: without one, a browser ends.
      for (const page of (await browser.pages()).slice(1)) await page.close();
    }
  });

  test("Chromium and Chromium see each other, and a third that joins", async () => {
    freshLink();
    const one = await Person.inCall(chromium, link);
    await one.sees("status", "Waiting for others");
    const two = await Person.inCall(chromium, link);
    await Promise.all([one.seesMoving(1), two.seesMoving(1)]);
    await one.sees("status", "Connected with 1 person");
    const three = await Person.inCall(chromium, link);
    await Promise.all([one.seesMoving(2), two.seesMoving(2), three.seesMoving(2)]);
    await three.sees("status", "Connected with 2 people");
  });

  test("Firefox and Chromium see each other, whoever comes first", async () => {
    for (const [first, second] of /** @type {const} */ ([
      [firefox, chromium],
      [chromium, firefox],
    ])) {
      freshLink();
      const one = await Person.inCall(first, link);
      const two = await Person.inCall(second, link);
      await Promise.all([one.seesMoving(1), two.seesMoving(1)]);
    }
  });

  test("a room that hibernates in the middle of a call lets somebody else in, and everybody sees everybody", async () => {
    freshLink();
    const people = [await Person.inCall(chromium, link), await Person.inCall(chromium, link)];
    people.push(await Person.inCall(chromium, link));
    await Promise.all(people.map((person) => person.seesMoving(2)));
    await server.evict(room, "hibernate");
    people.push(await Person.inCall(chromium, link));
    await Promise.all(people.map((person) => person.seesMoving(3)));
  });

  test("a server that restarts in the middle of a call stops no picture, and somebody else still gets in", async () => {
    freshLink();
    const one = await Person.inCall(chromium, link);
    const two = await Person.inCall(chromium, link);
    await Promise.all([one.seesMoving(1), two.seesMoving(1)]);
    const ids = await Promise.all([one.id(), two.id()]);
    await server.evict(room, "close");
    await Promise.all([one.seesMoving(1), two.seesMoving(1)]);
    const three = await Person.inCall(chromium, link);
    await Promise.all([one.seesMoving(2), two.seesMoving(2), three.seesMoving(2)]);
    assert.deepEqual(await Promise.all([one.id(), two.id()]), ids);
  });

  for (const [name, leaver] of /** @type {const} */ ([
    ["Chromium", () => chromium],
    ["Firefox", () => firefox],
  ])) {
    test(`a closed tab of ${name} is gone for the others within a second`, async () => {
      freshLink();
      const stays = await Person.inCall(chromium, link);
      const goes = await Person.inCall(leaver(), link);
      await Promise.all([stays.seesMoving(1), goes.seesMoving(1)]);
      const gone = stays.isWith(0, GONE_MS);
      await Promise.all([goes.page.close(), gone]);
    });

    test(`a reload of ${name} comes back into the call as the same peer`, async () => {
      freshLink();
      const stays = await Person.inCall(chromium, link);
      const reloads = await Person.inCall(leaver(), link);
      await Promise.all([stays.seesMoving(1), reloads.seesMoving(1)]);
      const before = await reloads.id();
      await reloads.page.reload();
      await reloads.isIn();
      await Promise.all([stays.seesMoving(1), reloads.seesMoving(1)]);
      assert.equal(await reloads.id(), before);
    });
  }

  for (const [name, browser] of /** @type {const} */ ([
    ["Chromium", () => chromium],
    ["Firefox", () => firefox],
  ])) {
    test(`the way back in the history of ${name} comes back into the call`, async () => {
      freshLink();
      const stays = await Person.inCall(chromium, link);
      const returns = await Person.inCall(browser(), link);
      await Promise.all([stays.seesMoving(1), returns.seesMoving(1)]);
      await returns.page.goto(server.url);
      await stays.isWith(0);
      await returns.page.goBack();
      await Promise.all([stays.seesMoving(1), returns.seesMoving(1)]);
    });
  }

  test("a camera that is switched off stops, and its picture comes back without negotiation", async () => {
    freshLink();
    const one = await Person.inCall(chromium, link);
    const two = await Person.inCall(chromium, link);
    await Promise.all([one.seesMoving(1), two.seesMoving(1)]);
    await one.press("camera");
    await two.finds(".tile:not(.own).no-camera");
    await one.finds("#camera[aria-pressed=false]");
    await one.press("camera");
    await two.finds(".tile:not(.own):not(.no-camera)");
    await two.seesMoving(1);
    await one.press("audio");
    await two.finds(".tile:not(.own).no-audio");
  });

  test("somebody without camera and microphone sees the others", async () => {
    freshLink();
    const one = await Person.inCall(chromium, link);
    const watcher = await Person.at(chromium, link);
    await watcher.press("want-audio");
    await watcher.press("want-camera");
    await watcher.sees("lobby-hint", "You will see and hear the others");
    await watcher.press("join");
    await watcher.seesMoving(1);
    await one.finds(".tile:not(.own).no-camera.no-audio");
  });

  for (const [name, other] of /** @type {const} */ ([
    ["Chromium", () => chromium],
    ["Firefox", () => firefox],
  ])) {
    test(`a network that changes for Chromium and ${name} at once stops no picture`, async () => {
      freshLink();
      const one = await Person.inCall(chromium, link);
      const two = await Person.inCall(other(), link);
      await Promise.all([one.seesMoving(1), two.seesMoving(1)]);
      await Promise.all([one, two].map(({ page }) => page.evaluate(() => dispatchEvent(new Event("online")))));
      await Promise.all([one.seesMoving(1), two.seesMoving(1)]);
      assert.deepEqual([...one.complaints, ...two.complaints], []);
    });

    test(`a connection that breaks on the side of ${name} is replaced`, async () => {
      freshLink();
      const one = await Person.inCall(chromium, link);
      const two = await Person.at(other(), link, { watched: true });
      await two.press("join");
      await Promise.all([one.seesMoving(1), two.seesMoving(1)]);
      await two.breaksConnections();
      await one.finds('.tile[data-state="reconnecting"]');
      await Promise.all([one.seesMoving(1), two.seesMoving(1)]);
    });
  }

  test("a browser that dies in the middle of a call is let in again as the same peer", async () => {
    freshLink();
    const stays = await Person.inCall(chromium, link);
    const doomed = await startChromium();
    const dies = await Person.inCall(doomed, link);
    await Promise.all([stays.seesMoving(1), dies.seesMoving(1)]);
    const self = await dies.id();
    const kept = await dies.page.evaluate(() => JSON.stringify(sessionStorage));
    doomed.process()?.kill("SIGKILL");
    const revived = await Person.at(firefox, `${server.url}/nowhere`);
    await revived.remembers(kept);
    await revived.page.goto(link);
    await revived.press("join");
    await Promise.all([stays.seesMoving(1), revived.seesMoving(1)]);
    assert.equal(await revived.id(), self);
  });
});

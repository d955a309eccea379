import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { makeKey } from "../../public/client/seal.js";
import { startServer } from "../support/server.js";
import { startChromium, startDenyingChromium, startFirefox } from "./browsers.js";
import { Person } from "./person.js";

describe("the pages", { timeout: 600_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;
  /** @type {import("puppeteer-core").Browser} */
  let firefox;

  before(async () => {
    server = await startServer({ vars: { ROOM_CAPACITY: "2" } });
    chromium = await startChromium();
    firefox = await startFirefox();
  });
  after(() => Promise.allSettled([chromium?.close(), firefox?.close()]).then(() => server?.stop()));
  afterEach(async () => {
    for (const browser of [chromium, firefox]) {
      // The first tab stays: without one, a browser ends.
      for (const page of (await browser.pages()).slice(1)) await page.close();
    }
  });

  for (const [name, browser] of /** @type {const} */ ([
    ["Chromium", () => chromium],
    ["Firefox", () => firefox],
  ])) {
    test(`normal use from the start page to the end of the call gives ${name} nothing to complain about`, async () => {
      const host = await Person.at(browser(), server.url);
      await host.press("new-call");
      await host.press("join");
      await host.sees("invite", "You are the first one here");
      const guest = await Person.at(browser(), server.url);
      await guest.page.locator("#join-input").fill(host.page.url());
      await guest.pressNamed("Join");
      await guest.press("join");
      await Promise.all([host.seesMoving(1), guest.seesMoving(1)]);
      await guest.press("camera");
      await guest.press("camera");
      await guest.press("audio");
      await guest.press("people");
      await guest.press("invite-more-copy");
      await guest.press("leave");
      await guest.seesScreen("left");
      await host.isWith(0);
      await guest.pressNamed("Rejoin");
      await guest.press("join");
      await host.seesMoving(1);
      assert.deepEqual([...host.complaints, ...guest.complaints], []);
    });
  }

  test("what is no link to a call is said to be none", async () => {
    const person = await Person.at(chromium, server.url);
    await person.page.locator("#join-input").fill("not a link");
    await person.pressNamed("Join");
    await person.sees("problem", "not a link to a call");
  });

  test("a start page whose server is gone says so", async () => {
    const person = await Person.at(chromium, server.url);
    await person.page.setOfflineMode(true);
    await person.press("new-call");
    await person.sees("problem", "cannot be reached");
  });

  test("a name that no call can have has a screen of its own", async () => {
    const person = await Person.at(chromium, `${server.url}/r/two%20words`);
    await person.seesScreen("bad-link");
    assert.deepEqual(person.complaints, []);
  });

  test("whoever comes by a link without a key is told at the door what it lacks, and by one with a key what that is for", async () => {
    const link = `${server.url}/r/key-${process.pid}`;
    const person = await Person.at(chromium, link);
    await person.sees("lobby-key", "This link has no key, so whoever runs the server could listen in.");
    const other = await Person.at(chromium, `${link}#${makeKey()}`);
    await other.sees("lobby-key", "its key never reaches the server");
  });

  test("a full call says so, and lets in when somebody has left", async () => {
    const link = `${server.url}/r/full-${process.pid}`;
    const one = await Person.inCall(chromium, link);
    const two = await Person.inCall(chromium, link);
    const three = await Person.at(chromium, link);
    await three.press("join");
    await three.seesScreen("full");
    await two.press("leave");
    await one.isWith(0);
    await three.pressNamed("Try again");
    await three.press("join");
    await three.isIn();
    await one.isWith(1);
  });

  test("a call that was opened in another tab goes on there, and the first tab says so", async () => {
    const link = `${server.url}/r/twice-${process.pid}`;
    const one = await Person.inCall(chromium, link);
    const self = await one.id();
    const kept = await one.page.evaluate(() => JSON.stringify(sessionStorage));
    const copy = await Person.at(chromium, `${server.url}/nowhere`);
    await copy.remembers(kept);
    await copy.page.goto(link);
    await copy.press("join");
    await one.seesScreen("replaced");
    await copy.isIn();
    assert.equal(await copy.id(), self);
  });

  test("somebody without internet is told so, and is back at the door when it is there again", async () => {
    const person = await Person.at(chromium, `${server.url}/r/offline-${process.pid}`);
    await person.page.setOfflineMode(true);
    await person.press("join");
    await person.seesScreen("offline");
    await person.page.setOfflineMode(false);
    await person.press("join");
    await person.isIn();
  });

  test("a start without a connection is told what is the matter, and goes on with the link when there is one", async () => {
    const own = await startServer();
    const person = await Person.at(chromium, `${own.url}/r/start-${process.pid}#AAECAwQFBgcICQoLDA0ODw`);
    await person.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    const link = person.page.url();
    await own.stop();
    await person.page.reload();
    await person.page.waitForFunction(() => document.querySelector("h1")?.textContent === "You are offline", {
      polling: 50,
    });
    assert.equal(person.page.url(), link);
  });

  test("a call whose server cannot be reached says so, and works when it can be again", async () => {
    const person = new Person(await chromium.newPage());
    // As where the network is up and the server is not.
    await person.page.evaluateOnNewDocument(() => Object.defineProperty(navigator, "onLine", { get: () => true }));
    await person.page.goto(`${server.url}/r/unreachable-${process.pid}`);
    await person.page.setOfflineMode(true);
    await person.press("join");
    await person.seesScreen("unreachable");
    await person.page.setOfflineMode(false);
    await person.pressNamed("Try again");
    await person.press("join");
    await person.isIn();
  });

  test("a refused camera and microphone are explained, and the call works without", async () => {
    const denying = await startDenyingChromium();
    try {
      const link = `${server.url}/r/denied-${process.pid}`;
      const other = await Person.inCall(chromium, link);
      const person = await Person.at(denying, link);
      await person.press("join");
      await person.sees("lobby-notice", "does not let this page use the camera and microphone");
      await person.press("join-without");
      await person.isIn();
      await Promise.all([person.seesMoving(1), other.isWith(1)]);
    } finally {
      await denying.close();
    }
  });

  test("a browser without a camera joins with the microphone, and is told so", async () => {
    const bare = await startChromium({ flags: ["--use-fake-device-for-media-stream=device-count=0"] });
    try {
      const person = await Person.at(bare, `${server.url}/r/bare-${process.pid}`);
      await person.press("join");
      await person.isIn();
      await person.sees("stage-notice", "No camera was found");
      await person.finds("#audio[aria-pressed=true]");
      await person.finds("#camera[aria-pressed=false]");
    } finally {
      await bare.close();
    }
  });

  test("the way in is in sight, and what the lobby learns only later does not move it, on a desktop or a phone however it is held", async () => {
    const bare = await startChromium({ flags: ["--use-fake-device-for-media-stream=device-count=0"] });
    try {
      for (const viewport of [
        { width: 1_280, height: 720 },
        { width: 390, height: 844 },
        { width: 844, height: 390 },
        { width: 800, height: 600 },
      ]) {
        const person = new Person(await bare.newPage());
        await person.page.setViewport(viewport);
        await person.page.evaluateOnNewDocument(noteWhereJoinIs);
        await person.page.goto(`${server.url}/r/still-${process.pid}`);
        await person.sees("lobby-notice", "No camera was found");
        await person.sees("inside", "Nobody is in the call yet");
        await person.finds(".pickers select");
        const places = await person.page.evaluate(() => [.../** @type {any} */ (globalThis).places]);
        assert.equal(places.length, 1, places.join(" and "));
        assert(await person.page.$eval("#join", (join) => join.getBoundingClientRect().bottom <= innerHeight));
      }
    } finally {
      await bare.close();
    }
  });

  test("an address that leads nowhere is a real 404 in the look of the pages", async () => {
    const response = await fetch(`${server.url}/nowhere`);
    assert.equal(response.status, 404);
    assert.match(await response.text(), /There is nothing here/);
  });

  test("every page carries one strict content security policy", async () => {
    for (const path of ["/", "/r/any", "/app/call.js", "/client/room.js"]) {
      const { headers, status } = await fetch(server.url + path);
      assert.equal(status, 200, path);
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, /^default-src 'none'; script-src 'self';/, path);
      assert.doesNotMatch(policy, /unsafe|\*|,/, path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.equal(headers.get("referrer-policy"), "no-referrer", path);
    }
  });
});

/** Runs in the page, before its own scripts: keeps every place that the button has, once it has one. */
function noteWhereJoinIs() {
  /** @type {Set<string>} */
  const places = new Set();
  Object.assign(globalThis, { places });
  const look = () => {
    const box = document.getElementById("join")?.getBoundingClientRect();
    if (box !== undefined && box.height > 0) places.add(`${Math.round(box.x)},${Math.round(box.y)}`);
    requestAnimationFrame(look);
  };
  look();
}

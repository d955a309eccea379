import process from "node:process";
import { after, afterEach, before, describe, test } from "node:test";
import { makeKey } from "../../public/client/seal.js";
import { startServer } from "../support/server.js";
import { startChromium, startDenyingChromium } from "./browsers.js";
import { Middle } from "./network.js";
import { Person } from "./person.js";

let rooms = 0;

describe("the way on from what keeps somebody out of a call", { timeout: 600_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;

  before(async () => {
    server = await startServer({ vars: { ICE_SERVERS: "[]" } });
    chromium = await startChromium();
  });
  after(() => Promise.allSettled([chromium?.close()]).then(() => server?.stop()));
  afterEach(async () => {
    // The first tab stays: without one, the browser ends.
    for (const page of (await chromium.pages()).slice(1)) await page.close();
  });

  const freshPath = () => {
    rooms += 1;
    return `/r/door-${process.pid}-${rooms}#${makeKey()}`;
  };

  test("whoever has denied the camera only comes in with the microphone, is told how to allow it, and is seen once it is", async () => {
    const denying = await startDenyingChromium();
    try {
      const context = denying.defaultBrowserContext();
      await context.overridePermissions(server.url, ["microphone"]);
      const link = server.url + freshPath();
      const other = await Person.inCall(chromium, link);
      const person = await Person.at(denying, link);
      await person.press("join");
      await person.isIn();
      await person.sees("stage-notice", "does not let this page use the camera");
      await person.sees("stage-notice", "Click the icon left of the address");
      await person.finds("#audio[aria-pressed=true]");
      await person.finds("#camera[aria-pressed=false]");
      await person.seesMoving(1);
      await context.overridePermissions(server.url, ["microphone", "camera"]);
      await person.pressNamed("Try again");
      await person.finds("#camera[aria-pressed=true]");
      await person.noLongerSees("stage-notice", "does not let this page use the camera");
      await other.seesMoving(1);
    } finally {
      await denying.close();
    }
  });

  test("whoever has denied the camera only is told at the door, tries again there, and is not without the microphone meanwhile", async () => {
    const denying = await startDenyingChromium();
    try {
      const context = denying.defaultBrowserContext();
      await context.overridePermissions(server.url, ["microphone"]);
      const person = await Person.at(denying, server.url + freshPath());
      await person.press("check");
      await person.sees("lobby-notice", "does not let this page use the camera");
      await person.sees("lobby-notice", "Press Try again");
      await person.finds("#want-audio[aria-pressed=true]");
      await person.finds("#want-camera[aria-pressed=false]");
      await person.pressNamed("Try again");
      await person.finds("#check:not(:disabled)");
      await person.finds("#lobby-notice:not([hidden]) button:focus");
      await context.overridePermissions(server.url, ["microphone", "camera"]);
      await person.pressNamed("Try again");
      await person.finds("#lobby-notice[hidden]");
      await person.finds("#want-camera[aria-pressed=true]");
      await person.finds(".preview video:not([hidden])");
    } finally {
      await denying.close();
    }
  });

  test("whoever has denied both is told at the door, and comes in with both after allowing them there", async () => {
    const denying = await startDenyingChromium();
    try {
      const link = server.url + freshPath();
      const other = await Person.inCall(chromium, link);
      const person = await Person.at(denying, link);
      await person.press("join");
      await person.sees("lobby-notice", "does not let this page use the camera and microphone");
      await denying.defaultBrowserContext().overridePermissions(server.url, ["microphone", "camera"]);
      await person.pressNamed("Try again");
      await person.isIn();
      await Promise.all([person.seesMoving(1), other.seesMoving(1)]);
    } finally {
      await denying.close();
    }
  });

  test("a machine without any device is told so, and its owner comes in without", async () => {
    const bare = await startChromium({ devices: false });
    try {
      const link = server.url + freshPath();
      const other = await Person.inCall(chromium, link);
      const person = new Person(await bare.newPage());
      await person.page.goto(server.url);
      const own = await person.page.evaluate(async () => (await navigator.mediaDevices.enumerateDevices()).length);
      // Those of the machine that tests, which may have some.
      if (own > 0) await person.page.evaluateOnNewDocument(unplugAll);
      await person.page.goto(link);
      await person.press("join");
      await person.sees("lobby-notice", "No camera or microphone was found");
      await person.press("join-without");
      await person.isIn();
      await person.finds("#audio[aria-pressed=false]");
      await person.finds("#camera[aria-pressed=false]");
      await person.seesMoving(1);
      await other.finds(".tile:not(.own).no-camera.no-audio");
      // The controls try again, and say the same.
      await person.press("camera");
      await person.sees("stage-notice", "No camera was found");
      await person.press("audio");
      await person.sees("stage-notice", "No microphone was found");
      await person.seesMoving(1);
    } finally {
      await bare.close();
    }
  });

  test("a browser that could not show the menu of a call is said to be too old", async () => {
    const person = new Person(await chromium.newPage());
    await person.page.evaluateOnNewDocument(() => Reflect.deleteProperty(HTMLElement.prototype, "popover"));
    await person.page.goto(server.url + freshPath());
    await person.seesScreen("unsupported");
  });

  test("a start without a connection leads into the call once there is one", async () => {
    const middle = await Middle.before(server.url);
    const { port, origin } = new URL(middle.url);
    const person = await Person.at(chromium, origin + freshPath());
    await person.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    middle.stop();
    await person.page.reload();
    await person.page.waitForFunction(() => document.querySelector("h1")?.textContent === "You are offline", {
      polling: 50,
    });
    const again = await Middle.before(server.url, { port: Number(port) });
    try {
      await person.press("again");
      await person.press("join");
      await person.isIn();
    } finally {
      again.stop();
    }
  });

  test("a key that opens another call leads to a call of one’s own, or in once the right one is pasted", async () => {
    const path = freshPath();
    const link = server.url + path;
    const ana = await Person.inCall(chromium, link);
    const bo = await Person.at(chromium, link.replace(/#.*/, `#${makeKey()}`));
    await bo.seesScreen("unauthorized");
    await bo.pressNamed("New call");
    await bo.press("join");
    await bo.isIn();
    await bo.sees("invite", "You are the first one here");
    await bo.page.goto("about:blank");
    await bo.page.goto(link);
    await bo.press("join");
    await Promise.all([ana.isWith(1), bo.isWith(1)]);
  });

  test("somebody who waits at a locked call may go away and come back, and one who is turned away opens another", async () => {
    const locked = server.url + freshPath();
    const host = await Person.inCall(chromium, locked);
    await host.press("people");
    await host.press("lock");
    await host.sees("lock-note", "The call is locked");
    const guest = await Person.at(chromium, locked);
    await guest.press("join");
    await guest.seesScreen("waiting");
    await host.sees("stage-notice", "Somebody wants to come in");
    await guest.pressNamed("Cancel");
    await guest.finds("#lobby:not([hidden])");
    await host.page.waitForFunction(
      () => !document.getElementById("stage-notice")?.textContent?.includes("Somebody wants to come in"),
      { polling: 50 },
    );
    await guest.press("join");
    await guest.seesScreen("waiting");
    await host.sees("stage-notice", "Somebody wants to come in");
    await host.pressNamed("Turn away");
    await guest.seesScreen("denied");
    await guest.pressNamed("New call");
    await guest.press("join");
    await guest.isIn();
  });
});

/** Runs in the page, before its own scripts. */
function unplugAll() {
  navigator.mediaDevices.enumerateDevices = async () => [];
  navigator.mediaDevices.getUserMedia = async () => {
    throw new DOMException("Requested device not found", "NotFoundError");
  };
}

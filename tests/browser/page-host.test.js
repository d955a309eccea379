import assert from "node:assert/strict";
import process from "node:process";
import { after, afterEach, before, describe, test } from "node:test";
import { startServer } from "../support/server.js";
import { jwt, seconds } from "../support/tokens.js";
import { startChromium } from "./browsers.js";
import { Person } from "./person.js";

const SECRET = "a secret of the operator";

let rooms = 0;

describe("who may come into a call", { timeout: 600_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;

  before(async () => {
    server = await startServer();
    chromium = await startChromium();
  });
  after(() => Promise.allSettled([chromium?.close()]).then(() => server?.stop()));
  afterEach(async () => {
    // The first tab stays: without one, the browser ends.
    for (const page of (await chromium.pages()).slice(1)) await page.close();
  });

  const freshLink = (url = server.url) => {
    rooms += 1;
    return `${url}/r/host-${process.pid}-${rooms}#AAECAwQFBgcICQoLDA0ODw`;
  };

  /** A call whose host has locked it. */
  const locked = async () => {
    const link = freshLink();
    const host = await Person.inCall(chromium, link);
    await host.press("people");
    await host.press("lock");
    await host.sees("lock-note", "The call is locked");
    return { link, host };
  };

  test("somebody who knocks waits, is let in, and sees and is seen", async () => {
    const { link, host } = await locked();
    const guest = await Person.at(chromium, link);
    await guest.press("join");
    await guest.seesScreen("waiting");
    await host.sees("stage-notice", "Somebody wants to come in");
    await host.pressNamed("Let in");
    await guest.isIn();
    await Promise.all([host.seesMoving(1), guest.seesMoving(1)]);
    assert.deepEqual([...host.complaints, ...guest.complaints], []);
  });

  test("the time in front of the door is no part of the call", async () => {
    const { link, host } = await locked();
    const guest = await Person.at(chromium, link);
    await guest.press("join");
    await guest.seesScreen("waiting");
    await host.sees("stage-notice", "Somebody wants to come in");
    await guest.page.evaluate(waitAnHour);
    await host.pressNamed("Let in");
    await guest.isIn();
    await guest.page.bringToFront();
    await guest.finds("#stage:not([hidden])");
    await guest.page.waitForFunction(() => /^0:(?!00)\d\d$/.test(document.querySelector(".clock")?.textContent ?? ""), {
      polling: 50,
    });
    await guest.press("leave");
    await guest.seesScreen("left");
    await guest.sees("screen", "less than a minute");
  });

  test("somebody who is turned away is told, and can ask again", async () => {
    const { link, host } = await locked();
    const guest = await Person.at(chromium, link);
    await guest.press("join");
    await guest.seesScreen("waiting");
    await host.sees("stage-notice", "Somebody wants to come in");
    await host.pressNamed("Turn away");
    await guest.seesScreen("denied");
    await guest.pressNamed("Try again");
    await guest.press("join");
    await guest.seesScreen("waiting");
    await host.sees("stage-notice", "Somebody wants to come in");
    await host.press("lock");
    await guest.isIn();
  });

  test("somebody who is removed is told and stays out, and the others are told", async () => {
    const link = freshLink();
    const host = await Person.inCall(chromium, link);
    const guest = await Person.inCall(chromium, link);
    await host.isWith(1);
    await host.press("people");
    await host.finds("#persons summary");
    await host.page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector("#persons summary")).click());
    await host.pressNamed("Remove from the call");
    await host.page.locator("dialog[open] .danger").click();
    await guest.seesScreen("removed");
    await host.isWith(0);
    assert.deepEqual([...host.complaints, ...guest.complaints], []);
  });

  test("the host ends the call for everybody", async () => {
    const link = freshLink();
    const host = await Person.inCall(chromium, link);
    const guest = await Person.inCall(chromium, link);
    await host.isWith(1);
    await host.press("more");
    await host.press("end");
    await host.page.locator("dialog[open] .danger").click();
    await Promise.all([host.seesScreen("ended"), guest.seesScreen("ended")]);
  });

  test("with a join token in the link one gets in, and neither the address nor the link that is shown has it", async () => {
    const closed = await startServer({ vars: { JOIN_SECRET: SECRET } });
    try {
      const link = freshLink(closed.url);
      const token = jwt({ room: "*", exp: seconds() + 600, host: true }, { secret: SECRET });
      const person = await Person.inCall(chromium, `${link}&token=${token}`);
      assert.equal(await person.page.evaluate(() => location.href), link);
      const shown = () => /** @type {HTMLInputElement} */ (document.getElementById("invite-link")).value;
      assert.equal(await person.page.evaluate(shown), link);
      await person.page.reload();
      await person.isIn();
      await person.press("people");
      await person.press("lock");
      await person.sees("lock-note", "The call is locked");
      const stranger = await Person.at(chromium, link);
      await stranger.press("join");
      await stranger.seesScreen("unauthorized");
    } finally {
      await closed.stop();
    }
  });
});

/** Runs in the page: an hour goes by. */
function waitAnHour() {
  const { now } = Date;
  Date.now = () => now() + 3_600_000;
}

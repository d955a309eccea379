import assert from "node:assert/strict";
import process from "node:process";
import { after, afterEach, before, describe, test } from "node:test";
import { makeKey, Seal } from "../../public/client/seal.js";
import { Peer } from "../support/peer.js";
import { startServer } from "../support/server.js";
import { startChromium } from "./browsers.js";
import { Company } from "./company.js";
import { Person } from "./person.js";

/** How often a page is looked at while a test waits, in milliseconds. */
const POLLING = 50;

/** On a page this small a panel is a sheet, and nothing else can be reached. */
const PHONE = { width: 390, height: 844 };

let rooms = 0;

describe("where the focus goes in a call, and what is read out", { timeout: 600_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;
  /** @type {(() => unknown)[]} */
  const undo = [];

  before(async () => {
    server = await startServer({ vars: { ICE_SERVERS: "[]" } });
    chromium = await startChromium();
  });
  after(() => Promise.allSettled([chromium?.close()]).then(() => server?.stop()));
  afterEach(async () => {
    for (const act of undo.splice(0)) await act();
  });

  const freshLink = () => {
    rooms += 1;
    return `${server.url}/r/focus-${process.pid}-${rooms}#${makeKey()}`;
  };

  /** @param {{ link?: string, before?: () => void }} [options] `before` runs in the page, before its own scripts */
  const join = async ({ link = freshLink(), before: prepare } = {}) => {
    const context = await chromium.createBrowserContext();
    undo.push(() => context.close());
    const person = new Person(await context.newPage());
    if (prepare !== undefined) await person.page.evaluateOnNewDocument(prepare);
    await person.page.goto(link);
    await person.press("join");
    await person.isIn();
    return person;
  };

  /**
   * Somebody with others, who are connected.
   *
   * @param {...string} names
   */
  const joinWith = async (...names) => {
    const link = freshLink();
    const person = await join({ link });
    const company = await Company.from(chromium, server.url);
    undo.push(() => company.close());
    const comes = async (/** @type {string} */ name) => {
      await company.join(link, [name]);
      await person.finds(`.tile[aria-label="${name}"][data-state="connected"]`);
    };
    for (const name of names) await comes(name);
    await person.page.bringToFront();
    return { person, company, comes, link };
  };

  /**
   * Somebody who keeps the door of a call and has locked it, and those who knock at it.
   *
   * @param {Person} host
   * @param {string} link
   */
  const lock = async (host, link) => {
    await host.page.keyboard.press("p");
    await host.press("lock");
    await host.sees("lock-note", "The call is locked");
    const room = new URL(link).pathname.slice("/r/".length);
    const { gate } = await Seal.of(room, new URL(link).hash.slice(1));
    return async () => {
      const peer = await Peer.open(server, room, { gate });
      undo.push(() => peer.lose());
      await peer.expect({ type: "waiting" });
      return peer;
    };
  };

  test("what was put away stays away, until it says something else or was over in between", async () => {
    const { person, company, comes } = await joinWith("Amal");
    await company.does("Amal", "complain", { audio: true, camera: false });
    await person.sees("stage-notice", "Amal cannot hear you");
    await person.page.locator(".banner .dismiss").click();
    await person.noLongerSees("stage-notice", "cannot hear you");
    // The page looks at everybody anew.
    await comes("Björn");
    assert.equal(await person.page.$(".banner"), null);
    await company.does("Amal", "complain", { audio: true, camera: true });
    await person.sees("stage-notice", "Amal can neither hear nor see you");
    await person.page.locator(".banner .dismiss").click();
    await person.noLongerSees("stage-notice", "hear");
    await company.does("Amal", "complain", { audio: false, camera: false });
    await company.does("Amal", "complain", { audio: true, camera: true });
    await person.sees("stage-notice", "Amal can neither hear nor see you");
  });

  test("what is told of a press is told again of the next one, though it was put away", async () => {
    const person = await join();
    for (let time = 0; time < 2; time += 1) {
      await person.press("more");
      await person.press("diagnostics");
      await person.finds(".banner .dismiss");
      await person.page.locator(".banner .dismiss").click();
      await person.page.waitForFunction(() => document.querySelector(".banner") === null, { polling: POLLING });
    }
  });

  test("the button that opens the menu closes it, by pointer and by key", async () => {
    const person = await join();
    const isOpen = () => person.page.evaluate(() => document.querySelector(".menu")?.matches(":popover-open"));
    await person.press("more");
    await person.finds("#more[aria-expanded=true]");
    await person.finds(".menu .menu-item:focus");
    await person.press("more");
    await person.finds("#more[aria-expanded=false]");
    assert.equal(await isOpen(), false);
    const { keyboard } = person.page;
    for (const key of /** @type {const} */ (["Enter", "Space"])) {
      await person.page.focus("#more");
      await keyboard.press(key);
      await person.finds(".menu .menu-item:focus");
      await person.page.focus("#more");
      await keyboard.press(key);
      await person.finds("#more[aria-expanded=false]");
      assert.equal(await isOpen(), false);
    }
    await person.press("more");
    await person.finds(".menu .menu-item:focus");
    await keyboard.press("Escape");
    await person.finds("#more[aria-expanded=false]:focus");
  });

  test("a notice that goes hands the focus to the next one, or back to where it came from", async () => {
    const { person, company } = await joinWith("Amal");
    const { keyboard } = person.page;
    await company.does("Amal", "complain", { audio: true, camera: false });
    await person.sees("stage-notice", "Amal cannot hear you");
    await person.press("more");
    await person.press("diagnostics");
    await person.finds(".banner:nth-child(2)");
    await person.page.focus("#chat");
    await person.page.focus(".banner:first-child .dismiss");
    await keyboard.press("Enter");
    await person.finds(".banner:only-child .dismiss:focus");
    await keyboard.press("Enter");
    await person.finds("#chat:focus");
    // One that says something else meanwhile, and one that goes by itself.
    await company.does("Amal", "complain", { audio: false, camera: true });
    await person.sees("stage-notice", "Amal cannot see you");
    await person.page.focus(".banner .dismiss");
    await company.does("Amal", "complain", { audio: true, camera: true });
    await person.sees("stage-notice", "Amal can neither");
    await person.finds(".banner .dismiss:focus");
    await company.does("Amal", "complain", { audio: false, camera: false });
    await person.finds("#chat:focus");
  });

  test("the rows of those who wait keep the focus while others come, and hand it on when they go", async () => {
    const link = freshLink();
    const host = await join({ link });
    const knock = await lock(host, link);
    const [first, , third] = [await knock(), await knock(), await knock()];
    await host.finds("#waiting-list li:nth-child(3)");
    await host.page.focus("#waiting-list li:nth-child(2) button:last-child");
    await knock();
    await host.finds("#waiting-list li:nth-child(4)");
    first.lose();
    await host.finds("#waiting-list li:last-child:nth-child(3)");
    await host.finds("#waiting-list li:first-child button:last-child:focus");
    await host.page.keyboard.press("Enter");
    await host.finds("#waiting-list li:first-child:focus");
    await host.finds("#waiting-list li:last-child:nth-child(2)");
    third.lose();
    await host.finds("#waiting-list li:only-child:focus");
    await host.page.focus("#waiting-list button");
    await host.page.keyboard.press("Enter");
    await host.finds("#people-panel .panel-head button:focus");
  });

  test("a camera that is being turned on keeps the focus on its button, which can be pressed once", async () => {
    const person = await join({ before: holdPermission });
    const { keyboard } = person.page;
    await person.page.focus("#camera");
    await keyboard.press("Enter");
    await person.finds("#camera[aria-pressed=false]");
    await person.page.evaluate(() => /** @type {any} */ (globalThis).permission.hold());
    await keyboard.press("Enter");
    await person.finds("#camera[aria-disabled=true]:focus");
    await keyboard.press("Enter");
    await person.page.evaluate(() => /** @type {any} */ (globalThis).permission.give());
    await person.finds("#camera[aria-pressed=true][aria-disabled=false]:focus");
    assert.equal(await person.page.evaluate(() => /** @type {any} */ (globalThis).permission.asked), 1);
  });

  test("over a sheet on a phone it is read out there who comes, writes and knocks", async () => {
    const { person, company, comes, link } = await joinWith();
    await person.page.setViewport(PHONE);
    await person.press("chat");
    await person.finds("#chat-panel:modal");
    await comes("Amal");
    const hears = (/** @type {string} */ text) =>
      person.page.waitForFunction(
        (text) =>
          Array.from(document.querySelectorAll("dialog:modal [aria-live=polite] > *"), (line) => line.textContent).some(
            (line) => line?.includes(text),
          ),
        { polling: POLLING },
        text,
      );
    await hears("Amal joined");
    await company.does("Amal", "say", "Can you hear me?");
    await hears("Amal: Can you hear me?");
    await company.does("Amal", "complain", { audio: true, camera: false });
    await hears("Amal cannot hear you");
    await person.page.keyboard.press("Escape");
    const knock = await lock(person, link);
    await person.finds("#people-panel:modal");
    await knock();
    await hears("Somebody wants to come in");
    await company.does("Amal", "leave");
    await hears("Amal left");
    await hears("Waiting for others to join");
  });

  test("where the link cannot be copied, that is seen, and it is selected to be copied by hand", async () => {
    const person = await join({ before: refuseClipboard });
    await person.press("invite-copy");
    await person.sees("invite", "copy it by hand");
    await person.hears("copy it by hand");
    const selected = await person.page.$eval("input:focus", ({ value, selectionStart, selectionEnd }) =>
      value.slice(selectionStart ?? 0, selectionEnd ?? 0),
    );
    assert.equal(selected, person.page.url());
  });
});

/** Runs in the page, before its own scripts: the person takes their time to allow a device. */
function holdPermission() {
  const { mediaDevices } = navigator;
  const { getUserMedia } = mediaDevices;
  let held = Promise.resolve();
  const permission = {
    asked: 0,
    give: () => {},
    hold() {
      permission.asked = 0;
      held = new Promise((resolve) => {
        permission.give = () => resolve();
      });
    },
  };
  Object.assign(globalThis, { permission });
  mediaDevices.getUserMedia = async (constraints) => {
    permission.asked += 1;
    await held;
    return getUserMedia.call(mediaDevices, constraints);
  };
}

/** Runs in the page, before its own scripts. */
function refuseClipboard() {
  navigator.clipboard.writeText = async () => {
    throw new DOMException("Write permission denied.", "NotAllowedError");
  };
}

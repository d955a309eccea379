import assert from "node:assert/strict";
import process from "node:process";
import { after, afterEach, before, describe, test } from "node:test";
import { makeKey } from "../../public/client/seal.js";
import { startServer } from "../support/server.js";
import { startChromium } from "./browsers.js";
import { Company } from "./company.js";
import { Person } from "./person.js";

/** How often a page is looked at while a test waits, in milliseconds. */
const POLLING = 50;

let rooms = 0;

describe("the chat of a call", { timeout: 600_000 }, () => {
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

  /** Somebody with the chat open, and the others, of whom each is a company of one: names are not unique. */
  const open = async () => {
    rooms += 1;
    const link = `${server.url}/r/chat-${process.pid}-${rooms}#${makeKey()}`;
    const context = await chromium.createBrowserContext();
    undo.push(() => context.close());
    const person = await Person.at(context, link);
    await person.press("join");
    await person.isIn();
    await person.press("chat");
    let count = 0;
    const comes = async (/** @type {string} */ name) => {
      const company = await Company.from(chromium, server.url);
      undo.push(() => company.close());
      await company.join(link, [name]);
      count += 1;
      await person.page.waitForFunction(
        (name, count) =>
          document.querySelectorAll(`.tile:not(.own)[data-state="connected"]`).length === count &&
          document.querySelector(`.tile[aria-label="${name}"]`) !== null,
        { polling: POLLING },
        name,
        count,
      );
      await person.page.bringToFront();
      return company;
    };
    const says = async (/** @type {string} */ text) => {
      await person.page.locator("#message").fill(text);
      await person.press("send");
    };
    return { person, comes, says };
  };

  test("while nobody can be reached, a line is said to wait, and a file not to go; nobody is said to be gone", async () => {
    const { person, comes, says } = await open();
    await says("Hello?");
    await person.sees("messages", "Nobody else is here to read it");
    const company = await comes("Amal");
    await company.does("Amal", "cut");
    await person.finds('.tile[data-state="reconnecting"]');
    await says("Are you there?");
    await person.finds(".message:last-child .message-note:not(:empty)");
    await person.page.evaluate(dropFile);
    await person.finds('.message:last-child .file[data-state="failed"]');
    const notes = await person.page.$$eval(".message-note, .file-words .small", (all) =>
      all.map(({ textContent }) => textContent),
    );
    assert.deepEqual(notes, [
      "Nobody else is here to read it.",
      "It goes out as soon as there is a connection.",
      "not sent: no connection",
    ]);
    await company.does("Amal", "leave");
    await person.sees("messages", "Not delivered to Amal");
  });

  test("lines are put together by who has said them, whatever they are called", async () => {
    const { person, comes, says } = await open();
    const one = await comes("Amal");
    const other = await comes("Amal");
    const namedYou = await comes("You");
    await one.does("Amal", "say", "The first");
    await person.sees("messages", "The first");
    await one.does("Amal", "say", "Of the same");
    await person.sees("messages", "Of the same");
    await other.does("Amal", "say", "Of another");
    await person.sees("messages", "Of another");
    await says("Ours");
    await namedYou.does("You", "say", "Not ours");
    await person.sees("messages", "Not ours");
    const lines = await person.page.$$eval(".message", (all) =>
      all.map((line) => ["strong", ".message-text"].map((part) => line.querySelector(part)?.textContent ?? null)),
    );
    assert.deepEqual(lines, [
      ["Amal", "The first"],
      [null, "Of the same"],
      ["Amal", "Of another"],
      ["You", "Ours"],
      ["You", "Not ours"],
    ]);
  });
});

/** Runs in the page: somebody lets go of a file over it. */
function dropFile() {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(["…"], "plan.pdf"));
  const stage = document.getElementById("stage");
  for (const type of ["dragover", "drop"]) {
    stage?.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }
}

import assert from "node:assert/strict";
import { once } from "node:events";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { Room } from "../../public/client/room.js";
import { startServer } from "../support/server.js";
import { startChromium } from "./browsers.js";
import { Member } from "./member.js";

describe("a program and a page", { timeout: 300_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;

  before(async () => {
    server = await startServer();
    chromium = await startChromium();
  });
  after(() => Promise.allSettled([chromium?.close()]).then(() => server?.stop()));

  for (const [who, fragment] of [
    ["who share a key", "#AAECAwQFBgcICQoLDA0ODw"],
    ["without a key", ""],
  ]) {
    test(`exchange messages through the room, ${who}, also over a restart of it`, async () => {
      const name = `program-${process.pid}-${fragment?.length}`;
      const link = `${server.url}/r/${name}${fragment}`;
      const page = await Member.in(chromium, link);
      const room = new Room(link);
      /** @type {unknown[]} */
      const heard = [];
      const heardAll = new Promise((resolve) => {
        room.addEventListener("peerjoined", ({ peer }) => {
          peer.addEventListener("message", ({ message }) => {
            heard.push(message);
            if (heard.length === 3) resolve(undefined);
          });
        });
      });
      await Promise.all([room.join(), once(room, "peerjoined")]);
      const [peer] = room.peers.values();
      peer?.send("from the program");
      await page.until(() => member.messages.includes("from the program"));
      assert.deepEqual(
        await page.does(() =>
          [...member.room.peers.values()].map(({ state, signalingOnly }) => [state, signalingOnly]),
        ),
        [["connected", true]],
      );
      await page.does(() => member.room.broadcast("from the page"));

      await server.evict(name, "close");
      peer?.send("after the restart");
      await page.does(() => member.room.broadcast("also after the restart"));
      await page.until(() => member.messages.includes("after the restart"));
      await heardAll;
      assert.deepEqual(heard, ["hello", "from the page", "also after the restart"]);
      assert.deepEqual(await page.does(() => member.messages), ["from the program", "after the restart"]);
      // Not one connection is left that nobody wants.
      assert.deepEqual(await page.does(() => member.connections.map(({ connectionState }) => connectionState)), [
        "closed",
      ]);

      room.leave();
      await page.until(() => member.room.peers.size === 0);
    });
  }
});

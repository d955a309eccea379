import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { CAMERA_BPS, SMALL_BPS, SMALL_LINES } from "../../public/client/budget.js";
import { ICE_FRESH_MS } from "../../public/client/ice.js";
import { startServer } from "../support/server.js";
import { startChromium, startFirefox } from "./browsers.js";
import { Member } from "./member.js";

/** What it may cost to set up a call of two with sound and picture: messages from both to the server, until both are quiet. */
const CALL_FRAMES = 8;

let rooms = 0;

describe("the library between browsers", { timeout: 600_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let chromium;
  /** @type {import("puppeteer-core").Browser} */
  let firefox;

  before(async () => {
    server = await startServer();
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

  const freshLink = () => {
    rooms += 1;
    return `${server.url}/r/library-${process.pid}-${rooms}#AAECAwQFBgcICQoLDA0ODw`;
  };

  /**
   * Two that are connected.
   *
   * @param {import("puppeteer-core").Browser} first
   * @param {import("puppeteer-core").Browser} second
   */
  const connected = async (first, second) => {
    const link = freshLink();
    const one = await Member.in(first, link);
    const two = await Member.in(second, link);
    await Promise.all([one.isConnected(), two.isConnected()]);
    return { one, two };
  };

  test("a connection that looks for a new way late in a call asks for fresh ICE servers first, and finds it", async () => {
    const { one, two } = await connected(chromium, chromium);
    const fragment = () => /a=ice-ufrag:(\S+)/.exec(member.connections[0]?.currentLocalDescription?.sdp ?? "")?.[1];
    const before = await one.does(fragment);
    await one.does((later) => {
      member.later = later;
      dispatchEvent(new Event("online"));
    }, ICE_FRESH_MS);
    await one.until(() => member.frames.includes('{"type":"ice"}'));
    await one.until((before) => {
      const [connection] = member.connections;
      const now = /a=ice-ufrag:(\S+)/.exec(connection?.currentLocalDescription?.sdp ?? "")?.[1];
      return now !== before && connection?.connectionState === "connected";
    }, before);
    await two.does(() => member.room.broadcast("still here"));
    await one.until(() => member.messages.includes("still here"));
  });

  for (const [name, sides] of /** @type {const} */ ([
    ["Chromium and Chromium", [() => chromium, () => chromium]],
    ["Firefox and Chromium", [() => firefox, () => chromium]],
    ["Chromium and Firefox", [() => chromium, () => firefox]],
  ])) {
    const pair = () => connected(sides[0](), sides[1]());
    test(`a screen is shared between ${name} without any negotiation`, async () => {
      const { one, two } = await pair();
      const agreed = () => member.connections.map((connection) => connection.currentLocalDescription?.sdp.length);
      const before = await one.does(agreed);
      await one.does(async () => member.room.setTrack("screen", await member.picture()));
      await two.until(() => [...member.room.peers.values()].every(({ media }) => media.screen));
      await two.until(async () => {
        const [peer] = member.room.peers.values();
        const stats = [...((await peer?.getStats())?.values() ?? [])];
        return stats.some(({ type, framesDecoded }) => type === "inbound-rtp" && framesDecoded > 3);
      });
      await one.does(() => member.room.setTrack("screen", null));
      await two.until(() => [...member.room.peers.values()].every(({ media }) => !media.screen));
      assert.deepEqual(await one.does(agreed), before);
    });

    test(`a call between ${name} costs the server no more than ${CALL_FRAMES} messages`, async (context) => {
      const link = freshLink();
      const one = await Member.in(sides[0](), link, { media: true });
      const two = await Member.in(sides[1](), link, { media: true });
      await Promise.all([one.isConnected(), two.isConnected()]);
      const frames = [one, two].map(async (member) => await member.frames());
      const kinds = (await Promise.all(frames)).flat();
      context.diagnostic(`${kinds.length} messages: ${kinds.join(", ")}`);
      assert(kinds.length <= CALL_FRAMES, kinds.join(", "));
    });

    test(`a picture that is shown small between ${name} is sent small, and one that is hidden is not sent`, async () => {
      const link = freshLink();
      const one = await Member.in(sides[0](), link, { media: true });
      const two = await Member.in(sides[1](), link, { media: true });
      await Promise.all([one.isConnected(), two.isConnected()]);
      for (const [near, far] of [
        [one, two],
        [two, one],
      ]) {
        const wants = (/** @type {import("../../public/client/budget.js").Size} */ size) => {
          for (const peer of member.room.peers.values()) peer.want("camera", size);
        };
        const isLimited = (/** @type {number} */ bps, /** @type {boolean} */ active) => {
          const sender = member.connections[0]?.getTransceivers()[1]?.sender;
          const [encoding] = sender?.getParameters().encodings ?? [];
          return encoding?.maxBitrate === bps && encoding.active === active;
        };
        await far?.until(isLimited, CAMERA_BPS, true);
        await near?.does(wants, "small");
        await far?.until(isLimited, SMALL_BPS, true);
        await near?.until(async (lines) => {
          const [peer] = member.room.peers.values();
          const stats = [...((await peer?.getStats())?.values() ?? [])];
          return stats.some(
            ({ type, frameHeight }) => type === "inbound-rtp" && frameHeight > 0 && frameHeight <= lines,
          );
        }, SMALL_LINES);
        await near?.does(wants, "none");
        await far?.until((active) => {
          const sender = member.connections[0]?.getTransceivers()[1]?.sender;
          return sender?.getParameters().encodings[0]?.active === active;
        }, false);
        await near?.does(wants, "full");
        await far?.until(isLimited, CAMERA_BPS, true);
      }
    });

    test(`messages go both ways between ${name}, also those sent before there is a connection`, async () => {
      const { one, two } = await pair();
      await one.does(() => member.room.broadcast({ from: "one" }));
      await two.does(() => {
        for (let number = 0; number < 500; number += 1) member.room.broadcast(number);
      });
      await two.until(() => member.messages.length === 2);
      await one.until(() => member.messages.length === 501);
      assert.deepEqual(await two.does(() => member.messages), ["hello", { from: "one" }]);
      const numbers = Array.from({ length: 500 }, (_, number) => number);
      assert.deepEqual(await one.does(() => member.messages), ["hello", ...numbers]);
    });

    test(`${name} see the same pictures when they verify their connection, and others after a new one`, async () => {
      const { one, two } = await pair();
      await two.does(() => {
        for (const peer of member.room.peers.values()) {
          peer.addEventListener("verification", ({ result }) => Object.assign(globalThis, { told: result }));
        }
      });
      const verify = () => [...member.room.peers.values()][0]?.verify();
      const seen = await one.does(verify);
      assert.equal(seen?.emoji.length, 7);
      assert.deepEqual(await two.does(() => /** @type {any} */ (globalThis).told), seen);
      await one.does(() => {
        for (const connection of member.connections) connection.close();
      });
      await two.until(() => /** @type {any} */ (globalThis).told === null);
      // Verification needs the new connection, and its channel.
      await two.until(async () => {
        const [peer] = member.room.peers.values();
        const result = await peer?.verify().catch(() => null);
        Object.assign(globalThis, { told: result });
        return result;
      });
      const again = await two.does(() => /** @type {any} */ (globalThis).told);
      assert.notEqual(again?.digits, seen?.digits);
      assert.deepEqual(await one.does(verify), again);
    });

    test(`a file gets from one to the other between ${name}, and one that is not wanted does not`, async () => {
      const { one, two } = await pair();
      await one.does(() => {
        const bytes = Uint8Array.from({ length: 5_000_001 }, (_, at) => (at * 7 + (at >> 8)) % 256);
        const [peer] = member.room.peers.values();
        /** @type {{ sent?: number, outcome?: string }} */
        const kept = {};
        Object.assign(globalThis, { kept, bytes });
        peer
          ?.sendFile(new File([bytes], "../some.bin", { type: "application/x-some" }), {
            onProgress: ({ sent }) => Object.assign(kept, { sent }),
          })
          .then(() => Object.assign(kept, { outcome: "done" }));
      });
      await two.until(() => member.files.length === 1);
      const got = await two.does(async () => {
        const [file] = member.files;
        const blob = await file?.accept();
        const bytes = new Uint8Array((await blob?.arrayBuffer()) ?? []);
        const wrong = bytes.findIndex((byte, at) => byte !== (at * 7 + (at >> 8)) % 256);
        return { name: file?.name, type: blob?.type, size: bytes.length, wrong };
      });
      assert.deepEqual(got, { name: "_some.bin", type: "application/x-some", size: 5_000_001, wrong: -1 });
      await one.until(() => /** @type {any} */ (globalThis).kept.outcome === "done");
      assert.equal(await one.does(() => /** @type {any} */ (globalThis).kept.sent), 5_000_001);

      const refused = one.does(async () => {
        const [peer] = member.room.peers.values();
        return peer?.sendFile(new Blob(["unwanted"])).catch(({ code }) => code);
      });
      await two.until(() => member.files.length === 2);
      await two.does(() => member.files.at(-1)?.cancel());
      assert.equal(await refused, "cancelled");

      const withdrawn = one.does(async () => {
        const [peer] = member.room.peers.values();
        const control = new AbortController();
        const bytes = new Uint8Array(50_000_000);
        const onProgress = () => control.abort(new Error("enough"));
        return peer
          ?.sendFile(new Blob([bytes]), { signal: control.signal, onProgress })
          .catch(({ message }) => message);
      });
      await two.until(() => member.files.length === 3);
      const outcome = await two.does(() =>
        member.files
          .at(-1)
          ?.accept()
          .catch(({ code }) => code),
      );
      assert.equal(outcome, "cancelled");
      assert.equal(await withdrawn, "enough");
    });
  }
});

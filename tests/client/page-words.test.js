import assert from "node:assert/strict";
import { test } from "node:test";
import { duration } from "../../public/app/bar.js";
import { loudness, SPEECH_HOLD_MS, SPEECH_LEVEL, Speech } from "../../public/app/meter.js";
import { platformOf } from "../../public/app/platform.js";
import { wordsFor } from "../../public/app/problem-words.js";
import { unblockSteps } from "../../public/app/strings.js";
import { fileSize } from "../../public/app/transfer.js";

const AGENTS = /** @type {const} */ ([
  [
    "chrome-desktop",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
  ],
  [
    "chrome-android",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
  ],
  ["firefox-desktop", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"],
  ["firefox-android", "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"],
  [
    "safari-mac",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
  ],
  [
    "safari-ios",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
  ],
  [
    "other-ios",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130.0.0.0 Mobile/15E148 Safari/604.1",
  ],
  ["other", "Something/1.0"],
]);

test("a browser is told apart by where its switches are", () => {
  for (const [platform, agent] of AGENTS) assert.equal(platformOf(agent), platform, agent);
  const mac = AGENTS[4][1];
  assert.equal(platformOf(mac, 5), "safari-ios");
});

test("a refusal is explained with the steps of the browser, everything else without", () => {
  assert.equal(wordsFor({}, "other"), null);
  for (const [platform] of AGENTS) {
    assert.deepEqual(wordsFor({ audio: "denied", camera: "denied" }, platform)?.steps, unblockSteps[platform]);
  }
  assert.match(wordsFor({ camera: "busy" }, "other")?.title ?? "", /camera is in use/);
  assert.deepEqual(wordsFor({ camera: "busy" }, "other")?.steps, []);
  assert.match(wordsFor({ audio: "none" }, "other")?.title ?? "", /No microphone/);
  assert.match(wordsFor({ audio: "none", camera: "none" }, "other")?.title ?? "", /No camera or microphone/);
  const different = wordsFor({ audio: "denied", camera: "none" }, "other");
  assert.match(
    different?.title ?? "",
    /^No camera was found\. Your browser does not let this page use the microphone$/,
  );
  assert.deepEqual(different?.steps, unblockSteps.other);
});

test("the length of a call is told as a clock tells it", () => {
  assert.deepEqual([0, 59.9, 60, 725, 3725].map(duration), ["0:00", "0:59", "1:00", "12:05", "1:02:05"]);
});

test("the size of a file is told in the unit that fits", () => {
  assert.deepEqual([0, 999, 1_000, 2_340_000, 99_600_000, 4_294_967_296].map(fileSize), [
    "0 B",
    "999 B",
    "1.0 kB",
    "2.3 MB",
    "100 MB",
    "4.3 GB",
  ]);
});

test("somebody speaks from the first loud moment until a while after the last", () => {
  const speech = new Speech();
  assert.equal(speech.hears(0, 0), false);
  assert.equal(speech.hears(SPEECH_LEVEL * 2, 100), true);
  assert.equal(speech.hears(0, 99 + SPEECH_HOLD_MS), true);
  assert.equal(speech.hears(null, 100 + SPEECH_HOLD_MS), false);
});

test("a meter shows nothing for silence, all for the loudest, and rises in between", () => {
  assert.deepEqual([loudness(null), loudness(0), loudness(1)], [0, 0, 1]);
  assert.ok(loudness(0.01) > 0 && loudness(0.01) < loudness(0.1) && loudness(0.1) < 1);
});

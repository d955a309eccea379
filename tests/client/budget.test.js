import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AUDIO_BPS,
  CAMERA_BPS,
  divide,
  EVERYTHING,
  LEAST_BPS,
  limitSender,
  readWants,
  SCREEN_BPS,
  SMALL_BPS,
  SMALL_LINES,
} from "../../public/client/budget.js";

/** @typedef {import("../../public/client/budget.js").Wants} Wants */

const CAMERA = { camera: true, screen: false };
const BOTH = { camera: true, screen: true };

test("sound has its share before all pictures, however little there is", () => {
  for (const bps of [0, 30_000, 1_000_000, 50_000_000]) {
    assert.deepEqual(divide(bps, BOTH, EVERYTHING).audio, { maxBitrate: AUDIO_BPS, active: true });
  }
  assert.equal(divide(0, CAMERA, EVERYTHING).camera.maxBitrate, LEAST_BPS);
});

test("a camera gets what is left, up to what is seen", () => {
  assert.equal(divide(640_000, CAMERA, EVERYTHING).camera.maxBitrate, 600_000);
  assert.equal(divide(50_000_000, CAMERA, EVERYTHING).camera.maxBitrate, CAMERA_BPS);
});

test("all that goes to one peer stays within its part, and the screen gets the more of it", () => {
  const { audio, camera, screen } = divide(1_040_000, BOTH, EVERYTHING);
  assert.deepEqual([camera.maxBitrate, screen.maxBitrate], [300_000, 700_000]);
  assert.equal(audio.maxBitrate + camera.maxBitrate + screen.maxBitrate, 1_040_000);
  assert.equal(divide(50_000_000, BOTH, EVERYTHING).screen.maxBitrate, SCREEN_BPS);
});

test("a picture that is shown small costs little, and one that is not shown nothing", () => {
  const { camera, screen } = divide(2_000_000, BOTH, { camera: "small", screen: "full" });
  assert.deepEqual(camera, { maxBitrate: SMALL_BPS, active: true, maxLines: SMALL_LINES });
  assert.equal(screen.active, true);
  assert.equal(divide(2_000_000, CAMERA, { camera: "none", screen: "full" }).camera.active, false);
  // A screen that is hardly shown leaves the room to the camera.
  assert.equal(divide(1_040_000, BOTH, { camera: "full", screen: "none" }).camera.maxBitrate, 1_000_000);
});

test("a wish that is not understood is one for everything", () => {
  assert.deepEqual(readWants({ camera: "small", screen: "huge" }), { camera: "small", screen: "full" });
  assert.deepEqual(readWants({ camera: { evil: true } }), EVERYTHING);
});

/** @param {Partial<Record<keyof RTCRtpSender, unknown>>} parts */
const sender = (parts) => /** @type {RTCRtpSender} */ (/** @type {unknown} */ ({ track: null, ...parts }));

test("a small picture is scaled down to its lines, and not up", async () => {
  for (const [height, scale] of [
    [720, 4],
    [90, 1],
  ]) {
    /** @type {any} */
    let set = null;
    const limited = sender({
      track: { getSettings: () => ({ height }) },
      getParameters: () => ({ encodings: [{ rid: "kept" }] }),
      setParameters: async (/** @type {unknown} */ parameters) => {
        set = parameters;
      },
    });
    await limitSender(limited, "camera", { maxBitrate: 1, active: true, maxLines: SMALL_LINES });
    assert.deepEqual(set.encodings, [
      { rid: "kept", maxBitrate: 1, active: true, priority: "low", scaleResolutionDownBy: scale },
    ]);
  }
});

test("a browser that does not let itself be limited breaks nothing", async () => {
  const limit = { maxBitrate: 1, active: true };
  const refuse = async () => {
    throw new Error("InvalidModificationError");
  };
  await limitSender(sender({ getParameters: () => ({ encodings: [{}] }), setParameters: refuse }), "audio", limit);
  await limitSender(sender({ getParameters: () => ({ encodings: [] }) }), "audio", limit);
  await limitSender(sender({}), "camera", limit);
});

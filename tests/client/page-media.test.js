import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { openDevices, problemOf } from "../../public/app/media.js";

const BOTH = { audio: true, camera: true };
const ANY = { audio: "", camera: "" };

/** What the browser thinks of each device. @type {Record<"microphone" | "camera", PermissionState>} */
let permissions;
/** What it answers when it asks. @type {"granted" | "denied" | "dismissed"} */
let answer;
/** What it was asked for. @type {string[]} */
let requests;
/** @type {PropertyDescriptor | undefined} */
let navigatorBefore;

class Stream {
  /** @param {MediaStreamConstraints} constraints */
  constructor({ audio, video }) {
    this.getAudioTracks = () => (audio ? [{ kind: "audio" }] : []);
    this.getVideoTracks = () => (video ? [{ kind: "video" }] : []);
  }
}

beforeEach(() => {
  permissions = { microphone: "prompt", camera: "prompt" };
  answer = "granted";
  requests = [];
  navigatorBefore = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  const value = {
    permissions: { query: async (/** @type {any} */ { name }) => ({ state: /** @type {any} */ (permissions)[name] }) },
    mediaDevices: { getUserMedia },
  };
  Object.defineProperty(globalThis, "navigator", { value, configurable: true });
  Object.assign(globalThis, { MediaStream: Stream });
});

afterEach(() => {
  if (navigatorBefore !== undefined) Object.defineProperty(globalThis, "navigator", navigatorBefore);
  Reflect.deleteProperty(globalThis, "MediaStream");
});

/**
 * As browsers do it: what was refused for good is refused again, and what is asked for with it.
 *
 * @param {MediaStreamConstraints} constraints
 */
async function getUserMedia(constraints) {
  const names = /** @type {const} */ (["microphone", "camera"]).filter(
    (name) => constraints[name === "camera" ? "video" : "audio"],
  );
  requests.push(names.join(" and "));
  const isAsked = names.every((name) => permissions[name] !== "denied");
  if (isAsked && answer !== "dismissed") for (const name of names) permissions[name] = answer;
  if (!isAsked || names.some((name) => permissions[name] !== "granted")) {
    throw new DOMException("Permission denied", "NotAllowedError");
  }
  return new Stream(constraints);
}

test("whoever has refused the camera for good is still asked for the microphone, once", async () => {
  permissions.camera = "denied";
  const { tracks, problems } = await openDevices(BOTH, ANY);
  assert.deepEqual([tracks.audio?.kind, tracks.camera], ["audio", null]);
  assert.deepEqual(problems, { camera: "denied" });
  assert.deepEqual(requests, ["microphone", "camera"]);
});

test("whoever is asked for both is asked once, and not again after saying no or nothing", async () => {
  for (const no of /** @type {const} */ (["dismissed", "denied"])) {
    permissions = { microphone: "prompt", camera: "prompt" };
    answer = no;
    requests = [];
    const { problems } = await openDevices(BOTH, ANY);
    assert.deepEqual(problems, { audio: "denied", camera: "denied" });
    assert.deepEqual(requests, ["microphone and camera"], no);
  }
});

test("an error tells whether it was the person who refused or the system", () => {
  assert.equal(problemOf(new DOMException("Permission denied", "NotAllowedError")), "denied");
  assert.equal(problemOf(new DOMException("Permission denied by system", "NotAllowedError")), "system");
  assert.equal(problemOf(new DOMException("Could not start video source", "NotReadableError")), "busy");
  assert.equal(problemOf(new TypeError("system")), "failed");
});

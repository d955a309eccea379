// Calls with the client library, without the call page. Parameters of the address:
//   link   to the room
//   first  joins at once, and waits

import { openMedia, tellReady } from "./media.js";

const parameters = new URLSearchParams(location.search);
const [own, other] = /** @type {HTMLVideoElement[]} */ (["own", "other"].map((id) => document.getElementById(id)));
const link = parameters.get("link") ?? "";
const { Room } = await import(new URL("/client/room.js", link).href);
const stream = await openMedia();
if (own) own.srcObject = stream;

const room = new Room(link);
const remote = new MediaStream();
room.addEventListener("peerjoined", (/** @type {any} */ { peer }) => {
  peer.addEventListener("track", (/** @type {any} */ { kind, track }) => {
    if (kind === "screen") return;
    remote.addTrack(track);
    if (other && kind === "camera") other.srcObject = remote;
  });
});
const join = () => room.join({ audio: stream.getAudioTracks()[0], camera: stream.getVideoTracks()[0] });
if (parameters.has("first")) await join();
document.getElementById("join")?.addEventListener("click", join);
tellReady();

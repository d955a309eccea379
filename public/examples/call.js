import { makeKey, Room } from "../client/room.js";

// The address carries the room and its key behind the #, so whoever opens the same address is in the same room.
if (location.hash === "") location.hash = `${makeKey()}.${makeKey()}`;
const [name, key] = location.hash.slice(1).split(".");
const room = new Room(`/r/${name}#${key}`);
const videos = document.getElementById("videos");
const join = document.getElementById("join");

/** @param {MediaStream} stream @param {boolean} muted */
function show(stream, muted) {
  const video = Object.assign(document.createElement("video"), {
    srcObject: stream,
    autoplay: true,
    playsInline: true,
    muted,
  });
  videos?.append(video);
  return video;
}

room.addEventListener("peerjoined", ({ peer }) => {
  const stream = new MediaStream();
  const video = show(stream, false);
  peer.addEventListener("track", ({ track }) => stream.addTrack(track));
  room.addEventListener("peerleft", (left) => left.peer === peer && video.remove());
});

join?.addEventListener("click", async () => {
  join.remove();
  const own = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  show(own, true);
  await room.join({ audio: own.getAudioTracks()[0] ?? null, camera: own.getVideoTracks()[0] ?? null });
});
addEventListener("pagehide", () => room.leave());

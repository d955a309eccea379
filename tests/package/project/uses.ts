import {
  CourierError,
  FileError,
  type IncomingFile,
  LinkError,
  type MediaState,
  MessageError,
  makeKey,
  makeLink,
  type Peer,
  type PeerState,
  parseLink,
  Room,
  RoomError,
  type RoomState,
  SealError,
  type ShortAuthentication,
  type TrackKind,
  VerificationError,
} from "switchboard-client";

const { origin, room: name } = parseLink("https://call.example/r/some");
const room = new Room(makeLink({ origin, room: name, fragment: makeKey() }), { token: null, uploadBps: 2_000_000 });

const states: RoomState[] = [];
room.addEventListener("state", ({ state }) => states.push(state));
room.addEventListener("error", ({ error }) => console.log(error.code satisfies string));
room.addEventListener("peerleft", ({ peer, reason }) => console.log(peer.id, reason satisfies string));
room.addEventListener("peerjoined", ({ peer }) => void meet(peer), { once: true });

async function meet(peer: Peer): Promise<void> {
  peer.addEventListener("state", ({ state }) => console.log(state satisfies PeerState));
  peer.addEventListener("media", ({ media }) => console.log(media satisfies MediaState));
  peer.addEventListener("track", ({ kind, track }) => play(kind, track));
  peer.addEventListener("message", ({ message }) => console.log(message satisfies unknown));
  peer.addEventListener("file", ({ file }) => void save(file));
  peer.send({ any: "json" });
  peer.want("camera", "small");
  await peer.sendFile(new Blob(["text"]), { onProgress: ({ sent }) => console.log(sent satisfies number) });
  const { emoji, digits }: ShortAuthentication = await peer.verify();
  console.log(emoji.length, digits, peer.signalingOnly satisfies boolean);
}

function play(kind: TrackKind, track: MediaStreamTrack): void {
  console.log(kind, track.id);
}

async function save(file: IncomingFile): Promise<Blob> {
  return await file.accept();
}

try {
  await room.join({ audio: null });
  await room.setTrack("screen", null);
  room.broadcast([1, 2, 3]);
} catch (error) {
  if (error instanceof RoomError && error.code === "full") console.log("full");
  if (error instanceof MessageError && error.code === "overflow") console.log("later");
  for (const kind of [CourierError, FileError, LinkError, SealError, VerificationError])
    console.log(error instanceof kind);
} finally {
  room.leave();
}

// Calls with PeerJS as its documentation shows them. Parameters of the address:
//   port       of the PeerServer
//   id         who to be: whoever has one is there first, and answers
//   call       who to call when the button is pressed
//   connected  the server is connected to before the press, not at it

import { openMedia, tellReady } from "./media.js";

const { Peer } = /** @type {any} */ (globalThis);
const parameters = new URLSearchParams(location.search);
const [own, other] = /** @type {HTMLVideoElement[]} */ (["own", "other"].map((id) => document.getElementById(id)));
const options = {
  host: location.hostname,
  port: Number(parameters.get("port")),
  path: "/",
  config: { iceServers: [] },
};
const stream = await openMedia();
if (own) own.srcObject = stream;

/** @param {any} call */
function show(call) {
  call.on("stream", (/** @type {MediaStream} */ remote) => {
    if (other) other.srcObject = remote;
  });
}

/** @param {() => void} act */
function onJoin(act) {
  document.getElementById("join")?.addEventListener("click", act);
  tellReady();
}

const id = parameters.get("id");
if (id !== null) {
  const peer = new Peer(id, options);
  peer.on("call", (/** @type {any} */ call) => {
    show(call);
    call.answer(stream);
  });
  peer.on("open", tellReady);
} else if (parameters.has("connected")) {
  const peer = new Peer(options);
  peer.on("open", () => onJoin(() => show(peer.call(parameters.get("call"), stream))));
} else {
  onJoin(() => {
    const peer = new Peer(options);
    peer.on("open", () => show(peer.call(parameters.get("call"), stream)));
  });
}

import { makeKey, Room } from "../client/room.js";

// The address carries the room and its key behind the #, so whoever opens the same address is in the same room.
if (location.hash === "") location.hash = `${makeKey()}.${makeKey()}`;
const [name, key] = location.hash.slice(1).split(".");
const room = new Room(`/r/${name}#${key}`);

room.addEventListener("peerjoined", ({ peer }) => {
  const cursor = document.createElement("div");
  cursor.className = "cursor";
  cursor.textContent = "➤";
  peer.addEventListener("message", ({ message }) => {
    const { x, y } = /** @type {{ x: number, y: number }} */ (message);
    cursor.style.translate = `${x * innerWidth}px ${y * innerHeight}px`;
    document.body.append(cursor);
  });
  room.addEventListener("peerleft", (left) => left.peer === peer && cursor.remove());
});

await room.join();
addEventListener("pointermove", ({ clientX, clientY }) => {
  room.broadcast({ x: clientX / innerWidth, y: clientY / innerHeight });
});
addEventListener("pagehide", () => room.leave());

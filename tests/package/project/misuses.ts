import { Room } from "switchboard-client";

const room = new Room("https://call.example/r/some");
// @ts-expect-error: there is no such event
room.addEventListener("nothing", () => {});
// @ts-expect-error: a state has no such value
if (room.state === "flying") room.leave();
// @ts-expect-error: there is no such kind of track
await room.setTrack("smell", null);
// @ts-expect-error: an event of this name carries no message
room.addEventListener("state", ({ message }) => console.log(message));

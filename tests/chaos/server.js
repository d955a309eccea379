// A deployment that can be killed: the built worker on workerd, in a process of its own, on a fixed port, with its storage in
// a folder. Told over the channel to its parent, it takes objects out of memory.

import process from "node:process";
import { Miniflare } from "miniflare";
import { workerdOptions } from "./workerd.js";

const [port, folder = "", vars = "{}"] = process.argv.slice(2);
// What is to be found out is whether signals survive, not how many are let through in a second. Without a log, since workerd waits for
// somebody to read it, and miniflare for workerd while it evicts an object.
const differing = { MESSAGES_PER_SECOND: "100000", LOG_EVENTS: "off", ...JSON.parse(vars) };
const miniflare = new Miniflare(workerdOptions({ port: Number(port), folder, vars: differing }));
await miniflare.ready;

process.on("message", async (/** @type {{ id: number, room: string, sockets: "hibernate" | "close" }} */ message) => {
  const { id, room, sockets } = message;
  try {
    await miniflare.unsafeEvictDurableObject("switchboard", "Room", { name: room, webSockets: sockets });
  } catch {
    // An object that is not in memory need not be taken out of it.
  }
  process.send?.({ id });
});
process.send?.({ id: 0 });

// A panic in Rust ends in a trap that spoils the memory of every room of the isolate. Here a module between worker.js and
// the wasm traps on demand: see panicking/module.js.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { freshRoom, Peer } from "../support/peer.js";
import { startServer } from "../support/server.js";

/** @type {import("../support/server.js").Server} */
let server;

before(async () => {
  server = await startServer({ config: "tests/worker/panicking/wrangler.toml" });
});

after(() => server.stop());

test("a panic costs nobody a seat: every room of the isolate goes on as after hibernation", async () => {
  const rooms = [freshRoom(), freshRoom()];
  const pairs = await Promise.all(
    rooms.map(async (room) => {
      const [a, b] = [await Peer.join(server, room), await Peer.join(server, room)];
      await a.expect({ type: "joined", peer: b.id });
      return { a, b };
    }),
  );
  pairs[0]?.a.send("panic");
  for (const { a, b } of pairs) {
    a.send({ type: "signal", to: b.id, data: 1 });
    await b.expect({ type: "signal", from: a.id, data: 1 });
    b.send({ type: "signal", data: 2 });
    await a.expect({ type: "signal", from: b.id, data: 2 });
  }
  assert.match(server.logs(), /unreachable/);
});

test("a request that panics is answered, and the next one is served", async () => {
  const room = freshRoom();
  const peer = await Peer.join(server, room);
  const panicked = await fetch(`${server.url}/api/rooms/${room}?panic`);
  assert.equal(panicked.status, 500);
  assert.deepEqual(await panicked.json(), {
    error: { code: "internal", message: "something went wrong here; it has been logged" },
  });
  const served = await fetch(`${server.url}/api/rooms/${room}`);
  assert.deepEqual(await served.json(), { room, present: 1, capacity: 8, locked: false });
  await peer.expectNothing();
});

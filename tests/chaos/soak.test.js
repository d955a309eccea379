// A short run of what `npm run soak` does at length.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runSoak } from "./soak.js";

test("everybody sees what is so, whatever happens to the rooms and the server, and nothing is left over", async () => {
  const { rooms, checks, left, wrong } = await runSoak({
    rooms: 20,
    seconds: 12,
    seed: 7,
    killEvery: 6,
  });
  assert.deepEqual(wrong, []);
  assert(rooms > 0 && checks > 0, `${checks} checks in ${rooms} rooms`);
  assert.deepEqual(left, { connections: 0, rows: 0, seats: 0, alarms: 0 });
});

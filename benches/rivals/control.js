// A worker beside the one that is measured, in the same process: takes a room's object out of memory, as hibernation does, which
// the runtime offers to tests.

import unsafe from "workerd:unsafe";

export default {
  async fetch(request, env) {
    const room = new URL(request.url).searchParams.get("room");
    await unsafe.evict(env.ROOM.getByName(room), { webSockets: "hibernate" });
    return new Response("asleep");
  },
};

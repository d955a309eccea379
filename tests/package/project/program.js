// Two in one room: each sends the other numbers, and when both have got five they leave, which ends the program.

import { Room } from "switchboard-client";

const [link = ""] = process.argv.slice(2);

/**
 * @param {string} name
 * @returns {Promise<{ room: Room, outcome: string }>}
 */
async function takePart(name) {
  const room = new Room(link);
  /** @type {Promise<string>} */
  const done = new Promise((resolve) => {
    room.addEventListener("peerjoined", ({ peer }) => {
      for (const number of [1, 2, 3, 4, 5]) peer.send({ name, number });
      peer.addEventListener("message", ({ message }) => {
        const { name: from, number } = /** @type {{ name: string, number: number }} */ (message);
        if (number === 5) resolve(`${name} got ${number} from ${from}`);
      });
    });
  });
  await room.join();
  return { room, outcome: await done };
}

for (const { room, outcome } of await Promise.all([takePart("one"), takePart("two")])) {
  console.log(outcome);
  room.leave();
}

import { setTimeout as pause } from "node:timers/promises";
import { makeKey } from "../../public/client/seal.js";
import { chance } from "./chance.js";
import { Deployment } from "./deployment.js";
import { Line } from "./line.js";

/**
 * @typedef {object} CourierRun
 * @property {number} signals how many arrived
 * @property {Record<string, number>} faults how often each was inflicted
 * @property {string[]} wrong what was lost, came twice or out of order: empty, or the run has failed
 */

/**
 * Passes signals between four peers on real workerd, with the server's sockets cut, its objects hibernated and restarted, and
 * the server itself killed and started again, all at random.
 *
 * @param {{ signals: number, seed: number, kills?: boolean, say?: (text: string) => void }} options
 * @returns {Promise<CourierRun>}
 */
export async function runCourier({ signals, seed, kills = true, say = () => {} }) {
  const random = chance(seed);
  const deployment = await Deployment.start();
  const room = `courier-${seed}`;
  const link = `${deployment.url}/r/${room}#${makeKey()}`;
  /** @type {Line[]} */
  const lines = [];
  /** @type {Record<string, number>} */
  const faults = { cut: 0, hibernate: 0, restart: 0, kill: 0 };
  const arrived = () => lines.flatMap(({ received }) => [...received.values()]).reduce((sum, count) => sum + count, 0);
  const posted = () => lines.flatMap(({ sent }) => [...sent.values()]).reduce((sum, count) => sum + count, 0);
  const wrong = () => lines.flatMap((line) => line.faults);
  try {
    // One after the other, so that the server does not have to choose who is first.
    for (let peer = 0; peer < 4; peer += 1) {
      const line = new Line(link);
      lines.push(line);
      await line.join();
    }
    let inflicting = true;
    const trouble = (async () => {
      while (inflicting) {
        await pause(20 + random() * 300);
        const fate = random();
        if (fate < 0.6) {
          faults.cut = (faults.cut ?? 0) + 1;
          lines[Math.floor(random() * lines.length)]?.cut();
        } else if (fate < 0.85) {
          faults.hibernate = (faults.hibernate ?? 0) + 1;
          await deployment.evict(room, "hibernate");
        } else if (fate < 0.98 || !kills) {
          faults.restart = (faults.restart ?? 0) + 1;
          await deployment.evict(room, "close");
        } else {
          faults.kill = (faults.kill ?? 0) + 1;
          await deployment.kill();
          await deployment.start();
        }
        // Waiting longer after each failure is right for a server in trouble. Here it would leave nobody to talk to, so the
        // network comes back now and then.
        for (const line of lines) if (random() < 0.4) line.nudge();
      }
    })();
    let told = 0;
    while (posted() < signals && wrong().length === 0) {
      let sent = 0;
      for (const line of lines) {
        const receivedBy = (/** @type {string} */ id) =>
          lines.find(({ self }) => self === id)?.received.get(line.self) ?? 0;
        sent += line.post(64, receivedBy);
      }
      await (sent === 0 ? pause(5) : pause(0));
      if (arrived() - told >= signals / 10) {
        told = arrived();
        say(`${told} of ${signals} signals have arrived`);
      }
    }
    inflicting = false;
    await trouble;
    for (const line of lines) line.nudge();
    const deadline = Date.now() + 90_000;
    while (arrived() < posted() && wrong().length === 0 && Date.now() < deadline) await pause(20);
    const missing = posted() - arrived();
    return { signals: arrived(), faults, wrong: missing === 0 ? wrong() : [...wrong(), `${missing} signals are lost`] };
  } finally {
    for (const line of lines) line.leave();
    await deployment.stop();
  }
}

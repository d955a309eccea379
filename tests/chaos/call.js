import { setTimeout as pause } from "node:timers/promises";
import { makeKey } from "../../public/client/seal.js";
import { Person } from "../browser/person.js";
import { chance } from "./chance.js";

/** How long the trouble lasts, in milliseconds. */
const TROUBLE_MS = 4_000;

/** How long somebody may take to get in afterwards, in milliseconds. */
const PATIENCE_MS = 45_000;

/**
 * People call each other while everything around them fails; then there is quiet, and everybody has to see everybody.
 *
 * @param {object} options
 * @param {number} options.seed fixes how many people there are and what happens to them
 * @param {import("./deployment.js").Deployment} options.deployment
 * @param {import("puppeteer-core").Browser} options.chromium
 * @param {import("puppeteer-core").Browser} options.firefox takes part in every fourth call
 * @returns {Promise<{ faults: Record<string, number>, seconds: number }>} how often each fault was inflicted, and how long
 *   after the last one everybody saw everybody
 * @throws {Error} if two of them do not see each other in the end
 */
export async function runCall({ seed, deployment, chromium, firefox }) {
  const random = chance(seed);
  const count = seed % 2 === 0 ? 2 : 4;
  const room = `chaos-${seed}`;
  const link = `${deployment.url}/r/${room}#${makeKey()}`;
  const faults = { cut: 0, hibernate: 0, restart: 0, kill: 0, renegotiate: 0 };
  /** @type {Person[]} */
  const people = [];
  try {
    for (let place = 0; place < count; place += 1) {
      const browser = place === 1 && seed % 4 === 0 ? firefox : chromium;
      const person = new Person(await browser.newPage());
      people.push(person);
      await person.page.evaluateOnNewDocument(watchSockets);
      await person.page.goto(link);
    }
    const end = Date.now() + TROUBLE_MS;
    const trouble = (async () => {
      while (Date.now() < end) {
        await pause(random() * 400);
        await inflict({ random, people, deployment, room, faults });
      }
    })();
    for (const person of people) await person.press("join");
    await trouble;
    const quiet = performance.now();
    for (const person of people) await getIn(person);
    for (const person of people) await person.seesMoving(count - 1);
    return { faults, seconds: (performance.now() - quiet) / 1000 };
  } finally {
    for (const { page } of people) await page.close();
  }
}

/**
 * Somebody who came while the server was down was told so, and tries again, as the screen offers.
 *
 * @param {Person} person
 */
async function getIn(person) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await person.page.evaluate(isInOrPress))) {
    if (Date.now() > end) throw new Error("somebody does not get in");
    await pause(100);
  }
}

/** Runs in the page: whether it is in the call. If it is not, presses what is there to be pressed. */
function isInOrPress() {
  const { switchboard } = /** @type {any} */ (globalThis);
  if (switchboard?.room.state === "joined") return true;
  const again = document.querySelector("#screen:not([hidden]) button");
  const join = document.getElementById("join");
  for (const button of [again, join]) {
    if (button instanceof HTMLButtonElement && button.checkVisibility() && !button.disabled) button.click();
  }
  return false;
}

/**
 * @param {object} scene
 * @param {() => number} scene.random
 * @param {Person[]} scene.people
 * @param {import("./deployment.js").Deployment} scene.deployment
 * @param {string} scene.room
 * @param {{ cut: number, hibernate: number, restart: number, kill: number, renegotiate: number }} scene.faults
 */
async function inflict({ random, people, deployment, room, faults }) {
  const fate = random();
  const person = people[Math.floor(random() * people.length)];
  if (fate < 0.4) {
    faults.cut += 1;
    await person?.page.evaluate(cutSockets);
  } else if (fate < 0.6) {
    faults.hibernate += 1;
    await deployment.evict(room, "hibernate");
  } else if (fate < 0.75) {
    faults.restart += 1;
    await deployment.evict(room, "close");
  } else if (fate < 0.8) {
    faults.kill += 1;
    await deployment.kill();
    await deployment.start();
  } else {
    faults.renegotiate += 1;
    await person?.page.evaluate(renegotiate);
  }
}

/** Runs in the page, before its own scripts: keeps the sockets that they open. */
function watchSockets() {
  const Platform = WebSocket;
  /** @type {WebSocket[]} */
  const sockets = [];
  Object.assign(globalThis, {
    sockets,
    WebSocket: class extends Platform {
      /**
       * @param {string} url
       * @param {string[]} protocols
       */
      constructor(url, protocols) {
        super(url, protocols);
        sockets.push(this);
      }
    },
  });
}

/** Runs in the page: its connection to the server is lost, which is no goodbye. */
function cutSockets() {
  for (const socket of /** @type {any} */ (globalThis).sockets.splice(0)) socket.close(4999);
}

/** Runs in the page: every connection looks for a new way. */
function renegotiate() {
  for (const peer of /** @type {any} */ (globalThis).switchboard?.room?.peers.values() ?? []) peer.restart();
}

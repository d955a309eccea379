import { setTimeout as pause } from "node:timers/promises";
import { makeKey } from "../../public/client/seal.js";
import { chance } from "./chance.js";
import { Deployment } from "./deployment.js";
import { leftovers } from "./soak-leftovers.js";
import { Member } from "./soak-member.js";

/** The most that are in a room. */
const CROWD = 4;

/** So many rooms have something happen to them at the same time. */
const AT_ONCE = 24;

/**
 * How long after something has happened everybody may take to see it, in milliseconds, beside the seconds for which a seat is kept:
 * long, since a server that was killed takes everybody with it, and this machine may be busy.
 */
const PATIENCE_MS = 60_000;

/** How often what must come to be is looked for, in milliseconds: at first, and at the least. */
const [LOOK_MS, LOOK_RARELY_MS] = [10, 250];

/**
 * @typedef {object} SoakRun
 * @property {number} rooms how many were used
 * @property {Record<string, number>} happened how often everything was done and inflicted
 * @property {number} signals how many arrived
 * @property {number} checks how often everybody's view was compared with the model
 * @property {string[]} wrong empty, or the run has failed
 * @property {{ connections: number, seats: number, rows: number, alarms: number }} left what is left over in the end
 */

/**
 * Rooms in which people come, talk, lose their connections, reload, lock, knock, are removed and go, on real workerd, while objects
 * hibernate and restart and the server is killed. Each room is a model of who is in it and what was said; after everything that
 * happens, everybody has to come to see just that.
 *
 * @param {object} options
 * @param {number} options.rooms
 * @param {number} options.seconds how long things go on happening
 * @param {number} options.seed what happens in each room, and in which order
 * @param {number} [options.graceSeconds] how long the seats of lost connections are kept
 * @param {number} [options.killEvery] how many seconds after the server was started it is killed, on average; 0 for never
 * @param {(text: string) => void} [options.say]
 * @returns {Promise<SoakRun>}
 */
export async function runSoak({ rooms, seconds, seed, graceSeconds = 30, killEvery = 60, say = () => {} }) {
  const deployment = await Deployment.start({ GRACE_SECONDS: String(graceSeconds) });
  const world = new World(deployment, graceSeconds);
  const scenes = Array.from(
    { length: rooms },
    (_, number) => new Scene(world, `soak-${seed}-${number}`, seed + number * 7919),
  );
  const random = chance(seed);
  const end = Date.now() + seconds * 1000;
  const goesOn = () => Date.now() < end && world.wrong.length === 0;
  try {
    const idle = [...scenes];
    const players = Array.from({ length: Math.min(AT_ONCE, rooms) }, async () => {
      while (goesOn()) {
        const [scene] = idle.splice(Math.floor(random() * idle.length), 1);
        if (scene === undefined) return;
        await scene.play();
        idle.push(scene);
      }
    });
    const killer = (async () => {
      while (killEvery > 0 && goesOn()) {
        const next = Date.now() + killEvery * (500 + random() * 1000);
        while (goesOn() && Date.now() < next) await pause(100);
        if (goesOn()) await world.kill();
      }
    })();
    let told = Date.now();
    const teller = (async () => {
      while (goesOn()) {
        await pause(100);
        if (Date.now() - told < 15_000) continue;
        told = Date.now();
        say(world.summary(scenes));
      }
    })();
    await Promise.all([...players, killer, teller]);
    let left = { connections: 0, rows: 0, seats: 0, alarms: 0 };
    if (world.wrong.length === 0) {
      say(`${world.summary(scenes)}; everybody leaves`);
      await inTurn(scenes, (scene) => scene.end());
    }
    if (world.wrong.length === 0) {
      left = await leftovers({ deployment, seconds: graceSeconds + PATIENCE_MS / 1000, say });
      for (const [what, count] of Object.entries(left)) if (count > 0) world.wrong.push(`${count} ${what} left over`);
    }
    const used = scenes.filter(({ used }) => used).length;
    return {
      rooms: used,
      happened: world.happened,
      signals: world.signals,
      checks: world.checks,
      wrong: world.wrong,
      left,
    };
  } finally {
    for (const scene of scenes) for (const member of scene.members) member.leave();
    await deployment.stop();
  }
}

/** @param {Scene[]} scenes @param {(scene: Scene) => Promise<void>} what */
async function inTurn(scenes, what) {
  const rest = [...scenes];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let scene = rest.pop(); scene !== undefined; scene = rest.pop()) await what(scene);
    }),
  );
}

/** What all rooms have in common. */
class World {
  /** @type {Record<string, number>} */
  happened = {};
  /** @type {string[]} */
  wrong = [];
  signals = 0;
  checks = 0;
  /** How often the server was killed. */
  deaths = 0;

  /**
   * @param {Deployment} deployment
   * @param {number} graceSeconds
   */
  constructor(deployment, graceSeconds) {
    this.deployment = deployment;
    this.graceSeconds = graceSeconds;
  }

  /** @param {string} what */
  note(what) {
    this.happened[what] = (this.happened[what] ?? 0) + 1;
  }

  async kill() {
    this.note("kill");
    this.deaths += 1;
    const started = Date.now();
    await this.deployment.kill();
    await this.deployment.start();
    this.deaths += 1;
    const took = (Date.now() - started) / 1000;
    // A room in which nobody is connected, and every seat has run out meanwhile, is rightly forgotten.
    if (took > this.graceSeconds * 0.7) {
      this.wrong.push(`this machine took ${took.toFixed(0)} s to start the server: keep the seats for longer`);
    }
  }

  /** @param {Scene[]} scenes */
  summary(scenes) {
    const open = scenes.filter(({ members }) => members.length > 0);
    const people = open.reduce((sum, { members }) => sum + members.length, 0);
    const happened = Object.entries(this.happened)
      .sort()
      .map(([what, count]) => `${what} ${count}`);
    return `${people} people in ${open.length} rooms; ${this.checks} checks, ${this.signals} signals; ${happened.join(", ")}`;
  }
}

/** A room, and what is so in it. */
class Scene {
  /** Who is in it. @type {Member[]} */
  members = [];
  locked = false;
  used = false;
  /** Whether a restart may have caught the room between its last people, who then cannot tell it that they are gone. */
  deserted = false;
  /** What was done last, for whoever has to find out what went wrong. @type {string[]} */
  #history = [];
  #restarts = 0;
  /** Whether somebody goes in what happens now. */
  #departs = false;
  /** How often the room had been restarted before what happens now, and before what happened last. */
  #now = { deaths: 0, restarts: 0 };
  #last = { deaths: 0, restarts: 0 };
  #world;
  #name;
  #link;
  #random;

  /**
   * @param {World} world
   * @param {string} name
   * @param {number} seed
   */
  constructor(world, name, seed) {
    this.#world = world;
    this.#name = name;
    this.#random = chance(seed);
    // In some rooms signals are sealed, and a gate keeps others out.
    const key = this.#random() < 0.25 ? `#${makeKey()}` : "";
    this.#link = `${world.deployment.url}/r/${name}${key}`;
  }

  /** Something happens, and everybody comes to see it. */
  async play() {
    this.used = true;
    const [what, deed] = this.#choose();
    // Nothing else happens while the last one leaves: who is cut off then cannot say so.
    const isLast = what === "leave" && this.members.length === 1;
    const trouble = this.#random() < 0.5 && !isLast ? this.#trouble() : null;
    this.#history.push(trouble === null ? what : `${what} with ${trouble.name}`);
    if (this.#history.length > 8) this.#history.shift();
    this.#world.note(what);
    this.#departs = ["leave", "vanish", "reload", "remove", "end"].includes(what);
    this.#last = this.#now;
    this.#now = { deaths: this.#world.deaths, restarts: this.#restarts };
    try {
      const inflicted = trouble?.inflict();
      await deed();
      await inflicted;
      await this.#settle();
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** Everybody goes. */
  async end() {
    try {
      await this.#settle();
      const { deaths } = this.#world;
      const restarts = this.#restarts;
      for (const member of this.members.splice(0)) member.leave();
      this.#mayBeDeserted(deaths, restarts);
      // A room that its last people could not take leave of is cleared an hour after somebody looks, or a day after nobody does;
      // and at once by the next who leaves it.
      if (!this.deserted) return;
      this.#world.note("return to a deserted room");
      const member = await this.#enter();
      await this.#until("who returned to be in", () => member.isIn);
      member.leave();
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {string} what */
  #fail(what) {
    this.#world.wrong.push(`${this.#name}: ${what}; before that: ${this.#history.join(", ")}`);
  }

  /** @returns {[string, () => Promise<void>]} */
  #choose() {
    const dice = this.#random();
    const { length } = this.members;
    if (length === 0 || (dice < 0.25 && length < CROWD)) return ["join", () => this.#join()];
    if (dice < 0.55) return ["talk", () => this.#talk()];
    if (dice < 0.63) return ["leave", () => this.#leave()];
    if (dice < 0.68) return ["reload", () => this.#reload()];
    if (dice < 0.7 && length > 1) return ["vanish", () => this.#vanish()];
    if (dice < 0.8) return [this.locked ? "unlock" : "lock", () => this.#lock(!this.locked)];
    if (dice < 0.85 && length > 1) return ["remove", () => this.#remove()];
    if (dice < 0.87) return ["end", () => this.#finish()];
    if (dice < 0.92 && this.#link.includes("#")) return ["stranger", () => this.#stranger()];
    return ["rest", async () => {}];
  }

  /** What goes wrong meanwhile. */
  #trouble() {
    const dice = this.#random();
    const wait = this.#random() * 100;
    const victim = this.#random();
    const cut = async (/** @type {Member[]} */ members) => {
      await pause(wait);
      for (const member of members) member.cut();
      await pause(wait);
      for (const member of members) member.nudge();
    };
    const evict = async (/** @type {"hibernate" | "close"} */ sockets) => {
      await pause(wait);
      if (sockets === "close") this.#restarts += 1;
      await this.#world.deployment.evict(this.#name, sockets);
      if (sockets === "close") this.#restarts += 1;
      for (const member of this.members) if (member.isCut) member.nudge();
    };
    const named = (/** @type {string} */ name, /** @type {() => Promise<void>} */ inflict) => ({
      name,
      inflict: () => {
        this.#world.note(name);
        return inflict();
      },
    });
    if (dice < 0.35) return named("cut", () => cut([this.#one(victim)].filter((member) => member !== undefined)));
    if (dice < 0.45) return named("cut all", () => cut([...this.members]));
    if (dice < 0.8) return named("hibernate", () => evict("hibernate"));
    return named("restart", () => evict("close"));
  }

  /** @param {number} dice */
  #one(dice) {
    return this.members[Math.floor(dice * this.members.length)];
  }

  get #host() {
    const [member] = this.members;
    return this.members.find(({ id }) => id === member?.room.host && id !== "");
  }

  /** Somebody who tries until the server is there. @returns {Promise<Member>} */
  async #enter(resume = /** @type {string | null} */ (null)) {
    for (;;) {
      const member = new Member(this.#link, resume);
      const joined = member.room.join();
      joined.catch(() => {});
      await this.#until(
        "a join to come to something",
        () => member.room.state !== "idle" && member.room.state !== "joining",
      );
      if (member.room.state !== "left") return member;
      // Nobody answered, three times.
      await joined.catch((error) => {
        if (error?.code !== "unreachable") throw error;
      });
    }
  }

  async #join() {
    const fate = this.#random();
    const member = await this.#enter();
    if (!this.locked || this.members.length === 0) {
      // In an empty room there is nobody to ask. It is another room now, if there was a lock.
      await this.#until("somebody to be in who need not wait", () => member.isIn);
      this.members.push(member);
      return;
    }
    if (fate < 0.6) {
      this.#world.note("admit");
      await this.#moderate(
        "a knock to be let in",
        () => member.isIn,
        (room, knock) => room.admit(knock),
      );
      this.members.push(member);
    } else if (fate < 0.8) {
      this.#world.note("deny");
      await this.#moderate(
        "a knock to be turned away",
        () => member.room.state === "left",
        (room, knock) => room.deny(knock),
      );
    } else {
      this.#world.note("give up");
      member.leave();
    }
  }

  /**
   * The host does it for as long as it is not so: what it says may be lost with its connection.
   *
   * @param {string} what
   * @param {() => boolean} isSo
   * @param {(room: Member["room"], knock: string) => void} act
   */
  async #moderate(what, isSo, act) {
    let next = 0;
    await this.#until(what, () => {
      if (isSo()) return true;
      if (Date.now() < next) return false;
      next = Date.now() + 500;
      const room = this.#host?.room;
      for (const knock of room?.knocks ?? []) act(/** @type {Member["room"]} */ (room), knock);
      return false;
    });
  }

  async #talk() {
    const rounds = 1 + Math.floor(this.#random() * 8);
    const gap = this.#random() * 30;
    for (let round = 0; round < rounds; round += 1) {
      for (const member of this.members) this.#world.signals += member.post();
      await pause(gap);
    }
  }

  async #leave() {
    // Nobody could let anybody in who knocks before the seat of somebody who could not say goodbye has run out.
    if (this.members.length === 1 && this.locked) await this.#lock(false);
    const { deaths } = this.#world;
    const restarts = this.#restarts;
    const member = this.#take();
    member.leave();
    this.#mayBeDeserted(deaths, restarts, member);
  }

  async #vanish() {
    this.#take().vanish();
  }

  async #reload() {
    const member = this.#take();
    const { id } = member;
    const { resume } = member.room;
    member.vanish();
    for (const other of this.members) other.forget(id);
    const reloaded = await this.#enter(resume);
    await this.#until("a reloaded page to be in", () => reloaded.isIn);
    if (reloaded.id !== id) throw new Error(`${id} was reloaded and came back as ${reloaded.id}`);
    this.members.push(reloaded);
    // What somebody sends before it knows of the new page is for the former one, and rightly lost. Whoever has heard from the new
    // page knows of it.
    await this.#settle();
    this.#world.signals += reloaded.post();
  }

  /** @param {boolean} locked */
  async #lock(locked) {
    let next = 0;
    await this.#until(locked ? "the lock" : "the end of the lock", () => {
      if (this.members.every(({ room }) => room.locked === locked)) return true;
      if (Date.now() < next) return false;
      next = Date.now() + 500;
      this.#host?.room.setLocked(locked);
      return false;
    });
    this.locked = locked;
  }

  async #remove() {
    const host = this.#host ?? this.members[0];
    const others = this.members.filter((member) => member !== host);
    const victim = others[Math.floor(this.#random() * others.length)];
    if (victim === undefined) return;
    let next = 0;
    await this.#until("somebody to be removed", () => {
      if (victim.ended !== null) return true;
      if (Date.now() < next) return false;
      next = Date.now() + 500;
      const host = this.#host;
      if (host !== victim) host?.room.remove(victim.id);
      return false;
    });
    if (victim.ended !== "removed") throw new Error(`who was removed was told: ${victim.ended}`);
    this.members.splice(this.members.indexOf(victim), 1);
    this.#keep(victim);
  }

  /**
   * The host ends the call. Whoever is cut off at that moment cannot be told: it comes back to a room that is another one, as
   * somebody else, and goes then.
   */
  async #finish() {
    const before = new Map(this.members.map((member) => [member, member.id]));
    const isOver = (/** @type {Member} */ member) => member.ended !== null || member.id !== before.get(member);
    let next = 0;
    await this.#until("everybody to be told that it has ended", () => {
      if (this.members.every(isOver)) return true;
      if (Date.now() < next || this.members.some(isOver)) return false;
      next = Date.now() + 500;
      this.#host?.room.end();
      return false;
    });
    const { deaths } = this.#world;
    const restarts = this.#restarts;
    for (const member of this.members.splice(0)) {
      if (member.ended === null) {
        this.#world.note("end missed");
        member.leave();
        this.#mayBeDeserted(deaths, restarts, member);
      } else if (member.ended !== "ended") {
        this.#fail(`who was in a room that was ended was told: ${member.ended}`);
      }
      this.#keep(member);
    }
    this.locked = false;
  }

  /** Somebody with another key. */
  async #stranger() {
    const stranger = new Member(`${this.#link.split("#")[0]}#${makeKey()}`);
    const code = await stranger.room.join().then(
      () => "in",
      (error) => error.code,
    );
    if (code !== "unauthorized" && code !== "unreachable") throw new Error(`a stranger was told: ${code}`);
  }

  #take() {
    const [member] = this.members.splice(Math.floor(this.#random() * this.members.length), 1);
    if (member === undefined) throw new Error("nobody is there");
    this.#keep(member);
    return member;
  }

  /** What is wrong with somebody is wrong even if it is gone. @param {Member} member */
  #keep(member) {
    for (const wrong of member.wrong.splice(0)) this.#fail(wrong);
  }

  /**
   * The last person may have left when the server had just forgotten everybody.
   *
   * @param {number} deaths
   * @param {number} restarts
   * @param {Member} [last]
   */
  #mayBeDeserted(deaths, restarts, last) {
    if (this.members.length > 0) return;
    this.locked = false;
    const isCut = last?.isCut ?? false;
    if (
      isCut ||
      this.#world.deaths !== deaths ||
      deaths % 2 === 1 ||
      this.#restarts !== restarts ||
      restarts % 2 === 1
    ) {
      this.deserted = true;
    }
  }

  /** Waits until everybody's view is what is so. */
  async #settle() {
    let difference = "";
    try {
      await this.#until("", () => {
        difference = "";
        difference = this.#difference();
        return difference === "";
      });
    } catch (error) {
      throw difference === "" ? error : new Error(difference);
    }
    for (const member of this.members) this.#keep(member);
    this.#world.checks += 1;
  }

  /**
   * Who goes after a restart while nobody else is back yet takes the room along, as the last one does: the others come back to
   * another room of that name, as somebody else. And so does everybody after an outage that is longer than seats are kept.
   */
  #begunAnew() {
    const renamed = this.members.filter(({ former }) => former !== null);
    if (renamed.length === 0) return;
    // A restart may be over before its members hear of it: they can learn of one while the next thing happens already.
    const { deaths, restarts } = this.#last;
    const isRestarted = this.#world.deaths !== deaths || deaths % 2 === 1 || this.#restarts !== restarts;
    const kept = this.#world.graceSeconds * 700;
    if (!(this.#departs && isRestarted) && renamed.some(({ outage }) => outage < kept)) {
      throw new Error(renamed.map(({ former, id }) => `${former} came back as ${id}`).join(", "));
    }
    this.#world.note("begin anew");
    for (const member of renamed) {
      for (const other of this.members) other.forget(String(member.former));
      member.former = null;
      member.sent.clear();
      member.received.clear();
    }
    this.locked = renamed[0]?.room.locked ?? false;
  }

  /** What somebody sees that is not so; empty where there is nothing. */
  #difference() {
    this.#begunAnew();
    const ids = this.members.map(({ id }) => id).sort();
    const [first] = this.members;
    for (const member of this.members) {
      const { room, id } = member;
      if (member.ended !== null) return `${id} was ended: ${member.ended}`;
      if (room.state !== "joined") return `${id} is ${room.state}`;
      const seen = [id, ...room.peers.keys()].sort();
      if (seen.join() !== ids.join()) return `${id} sees ${seen}, of ${ids}`;
      for (const [other, peer] of room.peers) {
        if (peer.away || peer.state !== "connected") return `${id} sees ${other} ${peer.away ? "away" : peer.state}`;
      }
      if (room.locked !== this.locked) return `${id} sees the room ${room.locked ? "" : "not "}locked`;
      if (room.host !== first?.room.host)
        return `${id} takes ${room.host} for the host, ${first?.id} ${first?.room.host}`;
      if (!ids.includes(room.host ?? "")) return `the host ${room.host} is none of ${ids}`;
      if (room.knocks.size > 0) return `${id} hears ${room.knocks.size} knock`;
      for (const other of this.members) {
        const [sent, received] = [member.sent.get(other.id) ?? 0, other.received.get(id) ?? 0];
        if (sent !== received) return `${other.id} has received ${received} of ${sent} from ${id}`;
      }
    }
    return "";
  }

  /**
   * @param {string} what
   * @param {() => boolean} isSo
   */
  async #until(what, isSo) {
    const deadline = Date.now() + PATIENCE_MS + this.#world.graceSeconds * 1000;
    let wait = LOOK_MS;
    let nudged = Date.now();
    while (!isSo()) {
      if (Date.now() > deadline) {
        const seen = this.members.map(
          ({ id, room }) => `${id} ${room.state}, host ${room.host}, locked ${room.locked}`,
        );
        throw new Error(`waited in vain for ${what} (${seen.join("; ")})`);
      }
      await pause(wait);
      wait = Math.min(wait * 1.5, LOOK_RARELY_MS);
      // After each failure the library waits longer, as is right where a server is in trouble. Here the network comes back.
      if (Date.now() - nudged > 1000) {
        nudged = Date.now();
        for (const member of this.members) if (member.isCut) member.nudge();
      }
    }
  }
}

import { VerificationError } from "./errors.js";
import { toBase64Url } from "./seal.js";

/**
 * Lets two people make sure that nobody sits between them: both see the same seven pictures if, and only if, their
 * connection ends in each other's browsers.
 *
 * Each side draws a random value, and first commits to it (SHA-256), then, with the other's commitment in hand, reveals it.
 * From both values, the fingerprints of both certificates in use, the room and both ids come 42 bits. Whoever sits in the
 * middle has two connections with two pairs of certificates, and must choose its values before it knows the others': one guess
 * in 2^42. Without the commitments it could try values until the pictures match.
 */

/** So many pictures are shown, of six bits each. */
export const EMOJI_COUNT = 7;

const VERSION = "switchboard verification 1";
const VALUE_BYTES = 32;

/**
 * 64 pictures that look different on every system and in every size, with names to read out: those of Matrix, "Short
 * Authentication String verification" (https://spec.matrix.org/latest/client-server-api/#sas-method-emoji).
 *
 * @type {readonly (readonly [emoji: string, name: string])[]}
 */
export const EMOJI = Object.freeze([
  ["🐶", "dog"],
  ["🐱", "cat"],
  ["🦁", "lion"],
  ["🐎", "horse"],
  ["🦄", "unicorn"],
  ["🐷", "pig"],
  ["🐘", "elephant"],
  ["🐰", "rabbit"],
  ["🐼", "panda"],
  ["🐓", "rooster"],
  ["🐧", "penguin"],
  ["🐢", "turtle"],
  ["🐟", "fish"],
  ["🐙", "octopus"],
  ["🦋", "butterfly"],
  ["🌷", "flower"],
  ["🌳", "tree"],
  ["🌵", "cactus"],
  ["🍄", "mushroom"],
  ["🌏", "globe"],
  ["🌙", "moon"],
  ["☁️", "cloud"],
  ["🔥", "fire"],
  ["🍌", "banana"],
  ["🍎", "apple"],
  ["🍓", "strawberry"],
  ["🌽", "corn"],
  ["🍕", "pizza"],
  ["🎂", "cake"],
  ["❤️", "heart"],
  ["😀", "smiley"],
  ["🤖", "robot"],
  ["🎩", "hat"],
  ["👓", "glasses"],
  ["🔧", "spanner"],
  ["🎅", "santa"],
  ["👍", "thumbs up"],
  ["☂️", "umbrella"],
  ["⌛", "hourglass"],
  ["⏰", "clock"],
  ["🎁", "gift"],
  ["💡", "light bulb"],
  ["📕", "book"],
  ["✏️", "pencil"],
  ["📎", "paperclip"],
  ["✂️", "scissors"],
  ["🔒", "lock"],
  ["🔑", "key"],
  ["🔨", "hammer"],
  ["☎️", "telephone"],
  ["🏁", "flag"],
  ["🚂", "train"],
  ["🚲", "bicycle"],
  ["✈️", "aeroplane"],
  ["🚀", "rocket"],
  ["🏆", "trophy"],
  ["⚽", "ball"],
  ["🎸", "guitar"],
  ["🎺", "trumpet"],
  ["🔔", "bell"],
  ["⚓", "anchor"],
  ["🎧", "headphones"],
  ["📁", "folder"],
  ["📌", "pin"],
]);

/**
 * What both people compare.
 *
 * @typedef {object} ShortAuthentication
 * @property {{ emoji: string, name: string }[]} emoji seven pictures
 * @property {string} digits the same 42 bits as 13 decimal digits, for those who would rather read figures
 *
 * @typedef {object} VerificationContext
 * @property {string} room
 * @property {string} own our peer id
 * @property {string} other theirs
 * @property {() => Promise<{ own: string, other: string }>} fingerprints of the certificates in use, see `certificatesOf`
 * @property {(message: VerificationMessage) => void} send over the connection that is verified
 *
 * @typedef {{ type: "verify", commitment: string } | { type: "verify", value: string }} VerificationMessage
 */

const encoder = new TextEncoder();

/** @param {string} text */
async function sha256(text) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

/**
 * What a side commits to. JSON keeps the parts apart.
 *
 * @param {string} room
 * @param {string} from
 * @param {string} to
 * @param {string} value
 */
async function commitmentTo(room, from, to, value) {
  return toBase64Url(await sha256(JSON.stringify([VERSION, "commitment", room, from, to, value])));
}

/**
 * @param {unknown} error
 * @returns {VerificationError}
 */
function asVerificationError(error) {
  return error instanceof VerificationError ? error : new VerificationError(String(error));
}

/** One verification of one connection, from the first commitment to the pictures. */
export class Verification {
  #context;
  #value = toBase64Url(crypto.getRandomValues(new Uint8Array(VALUE_BYTES)));
  /** @type {string | null} */
  #commitment = null;
  #started = false;
  #committed = false;
  /** @type {(result: ShortAuthentication) => void} */
  #succeed = () => {};
  /** @type {(error: Error) => void} */
  #fail = () => {};

  /** @param {VerificationContext} context */
  constructor(context) {
    this.#context = context;
    /** What to compare, once both sides have revealed. @type {Promise<ShortAuthentication>} @readonly */
    this.result = new Promise((resolve, reject) => {
      this.#succeed = resolve;
      this.#fail = reject;
    });
    this.result.catch(() => {});
  }

  /** Commits to our value. Does nothing the second time. */
  async start() {
    if (this.#started) return;
    this.#started = true;
    const { room, own, other, send } = this.#context;
    try {
      send({ type: "verify", commitment: await commitmentTo(room, own, other, this.#value) });
      this.#committed = true;
      this.#reveal();
    } catch (error) {
      // A page that is neither from https nor from localhost has no cryptography.
      this.#fail(asVerificationError(error));
    }
  }

  /**
   * Takes a message from the other side.
   *
   * @param {{ type?: unknown, commitment?: unknown, value?: unknown }} message
   */
  async receive({ commitment, value }) {
    if (typeof commitment === "string") {
      if (this.#commitment !== null) return this.#fail(new VerificationError("the other side committed twice"));
      this.#commitment = commitment;
      if (this.#started) this.#reveal();
      else await this.start();
    } else if (typeof value === "string") await this.#finish(value);
  }

  /**
   * Ends it without a result.
   *
   * @param {string} reason
   */
  cancel(reason) {
    this.#fail(new VerificationError(reason));
  }

  #revealed = false;

  #reveal() {
    // Both sides may start at once: then theirs can be here before ours has gone out.
    if (this.#commitment === null || !this.#committed || this.#revealed) return;
    this.#revealed = true;
    this.#context.send({ type: "verify", value: this.#value });
  }

  /** @param {string} theirs */
  async #finish(theirs) {
    const { room, own, other, fingerprints } = this.#context;
    try {
      if (this.#commitment !== (await commitmentTo(room, other, own, theirs))) {
        throw new VerificationError("the other side revealed something else than it committed to");
      }
      const prints = await fingerprints();
      const ends = [
        { id: own, value: this.#value, fingerprint: prints.own },
        { id: other, value: theirs, fingerprint: prints.other },
      ];
      this.#succeed(await shortAuthentication(room, ends));
    } catch (error) {
      this.#fail(asVerificationError(error));
    }
  }
}

/**
 * The 42 bits of a connection, as pictures and digits: the same whichever end is named first.
 *
 * @param {string} room
 * @param {{ id: string, value: string, fingerprint: string }[]} ends
 * @returns {Promise<ShortAuthentication>}
 */
export async function shortAuthentication(room, ends) {
  const sorted = ends.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const parts = sorted.map(({ id, value, fingerprint }) => [id, value, fingerprint]);
  const digest = await sha256(JSON.stringify([VERSION, "result", room, parts]));
  const bits = new DataView(digest.buffer).getBigUint64(0) >> 22n;
  const emoji = [];
  for (let place = EMOJI_COUNT - 1; place >= 0; place -= 1) {
    const [picture = "", name = ""] = EMOJI[Number((bits >> BigInt(place * 6)) & 63n)] ?? [];
    emoji.push({ emoji: picture, name });
  }
  return { emoji, digits: String(bits).padStart(13, "0") };
}

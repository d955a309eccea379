import { Member } from "../browser/member.js";

/**
 * Two who call each other, and always both make an offer before either has heard of the other's: as their first offers, when
 * something of an established connection is agreed on anew, and when both replace it. After each they have to be connected,
 * and each has to hear and see the other.
 *
 * @param {string} link without a key or with one
 * @param {import("puppeteer-core").Browser} first
 * @param {import("puppeteer-core").Browser} second
 * @throws {Error} if they do not get so far
 */
export async function runGlare(link, first, second) {
  /** @type {Member[]} */
  const both = [];
  try {
    for (const browser of [first, second]) both.push(await Member.in(browser, link, { media: true, glare: true }));
    await collide(both, () => {});
    // As a browser does that finds something to be agreed on.
    await collide(both, () => member.connections.at(-1)?.onnegotiationneeded?.(new Event("negotiationneeded")));
    await collide(both, () => {
      for (const peer of member.room.peers.values()) peer.renew();
    });
  } finally {
    for (const { page } of both) await page.close();
  }
}

/**
 * @param {Member[]} both
 * @param {() => void} offer runs in the pages: has each make an offer, while nothing gets out
 */
async function collide(both, offer) {
  await Promise.all(both.map((member) => member.does(holdSignals)));
  await Promise.all(both.map((member) => member.does(offer)));
  for (const member of both) await member.until(hasOffered);
  await Promise.all(both.map((member) => member.letsGo()));
  for (const member of both) await member.until(hasAgreed);
  for (const member of both) await member.receives();
}

/** Runs in the page. */
function holdSignals() {
  member.held ??= [];
}

/** Runs in the page: whether an offer is made, and held back. */
function hasOffered() {
  const connection = member.connections.at(-1);
  return connection?.signalingState === "have-local-offer" && (member.held?.length ?? 0) > 0;
}

/** Runs in the page: whether the peer is connected, and nothing is open between the two. */
function hasAgreed() {
  const [connection, ...more] = member.connections.filter(({ signalingState }) => signalingState !== "closed");
  const [peer] = member.room.peers.values();
  return more.length === 0 && connection?.signalingState === "stable" && peer?.state === "connected";
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { ICE_FRESH_MS, ICE_PAUSE_MS, ICE_RENEW, ICE_WAIT_MS, IceServers } from "../../public/client/ice.js";
import { fakePlatform, settle } from "./fakes.js";

/** @param {{ reachable?: boolean }} [options] */
function setUp({ reachable = true } = {}) {
  const { clock, environment } = fakePlatform();
  let asked = 0;
  const ask = () => {
    asked += 1;
    return reachable;
  };
  return { clock, ice: new IceServers(ask, environment), asked: () => asked };
}

const FRESH = [{ urls: ["turn:turn.example"], username: "u", credential: "c" }];

/** Whether a promise has settled. @param {Promise<unknown>} promise */
async function isSettled(promise) {
  let settled = false;
  promise.then(() => {
    settled = true;
  });
  await settle();
  return settled;
}

test("who asks waits until the fresh servers are there", async () => {
  const { ice, clock } = setUp();
  const refreshed = ice.refresh();
  assert.equal(await isSettled(refreshed), false);
  ice.update(FRESH);
  await refreshed;
  assert.deepEqual(ice.list, FRESH);
  assert.equal(clock.pending, 0);
});

test("a server that does not answer is not waited for longer than a second", async () => {
  const { ice, clock } = setUp();
  const refreshed = ice.refresh();
  await clock.advance(ICE_WAIT_MS - 1);
  assert.equal(await isSettled(refreshed), false);
  await clock.advance(1);
  await refreshed;
});

test("a server that is out of reach is not waited for at all", async () => {
  const { ice, clock } = setUp({ reachable: false });
  await ice.refresh();
  assert.equal(clock.pending, 0);
});

test("all who ask at once share one question, and fresh servers need none", async () => {
  const { ice, clock, asked } = setUp();
  const both = [ice.refresh(), ice.refresh()];
  assert.equal(asked(), 1);
  ice.update(FRESH);
  await Promise.all(both);
  await clock.advance(ICE_FRESH_MS - 1);
  await ice.refresh();
  assert.equal(asked(), 1);
  await clock.advance(1);
  ice.refresh();
  assert.equal(asked(), 2);
});

test("fresh servers are asked for before their credentials expire, again and again", async () => {
  const { ice, clock, asked } = setUp();
  for (const life of [600, 3600]) {
    const before = asked();
    ice.update(FRESH, life);
    await clock.advance(life * 1000 * ICE_RENEW - 1);
    assert.equal(asked(), before);
    await clock.advance(1);
    assert.equal(asked(), before + 1);
  }
});

test("servers whose credentials have expired are not fresh, however new they are", async () => {
  const { ice, clock, asked } = setUp();
  ice.update(FRESH, 10);
  await clock.advance(9_999);
  await ice.refresh();
  assert.equal(asked(), 0);
  await clock.advance(1);
  ice.refresh();
  assert.equal(asked(), 1);
});

test("credentials that are about to expire whenever they come do not make anybody ask all the time", async () => {
  const { ice, clock, asked } = setUp();
  ice.update(FRESH, 0);
  await clock.advance(ICE_PAUSE_MS - 1);
  assert.equal(asked(), 0);
  await clock.advance(1);
  assert.equal(asked(), 1);
});

test("servers that do not expire any more are not asked for in advance", async () => {
  const { ice, clock } = setUp();
  ice.update(FRESH, 600);
  ice.update(FRESH);
  assert.equal(clock.pending, 0);
});

test("nobody is left waiting, and no timer is left, after the end", async () => {
  const { ice, clock } = setUp();
  ice.update(FRESH, 600);
  await clock.advance(ICE_FRESH_MS);
  const refreshed = ice.refresh();
  ice.close();
  await refreshed;
  assert.equal(clock.pending, 0);
});

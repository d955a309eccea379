import assert from "node:assert/strict";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { findViolations } from "./examine.js";
import { findMisplaced } from "./geometry.js";
import { everyView, lookAt, Scene, states } from "./states.js";

/** The sizes in which axe looks, light and dark: the layout of the others is one of these two. */
const EXAMINED = ["1440x900", "390x844"];

/** Only the states whose names begin so, for whoever works on one: `STATES=lobby,chat`. */
const wanted = (process.env.STATES ?? "").split(",");

describe("every state of every page", { timeout: 1_800_000 }, () => {
  /** @type {Scene} */
  let scene;
  before(async () => {
    scene = await Scene.start();
  });
  after(() => scene?.stop());

  for (const state of states.filter(({ name }) => wanted.some((start) => name.startsWith(start)))) {
    test(`${state.name}: axe finds nothing, everything has its place in every size, and the browser has no complaints`, async () => {
      /** @type {string[]} */
      const found = [];
      const complaints = await lookAt(scene, state, everyView, async ({ person, size, scheme }) => {
        const where = `${size.name} ${scheme}`;
        const misplaced = scheme === "light" ? await person.page.evaluate(findMisplaced) : [];
        found.push(...misplaced.map((text) => `${where}: ${text}`));
        if (!EXAMINED.includes(size.name)) return;
        const violations = await findViolations(person.page);
        found.push(...violations.map((text) => `${where}: ${text}`));
      });
      assert.deepEqual([...found, ...complaints], []);
    });
  }
});

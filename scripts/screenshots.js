// `npm run screenshots`: every state of every page, in every size, light and dark, as screenshots/STATE-SIZE-SCHEME.png.
// `npm run screenshots -- lobby share` takes those whose names begin so. Of the style guide there is one for each chapter.

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { ensureNodeModules, ensureRust, main, Problem, ranInOwnNode, root, say } from "./setup.js";

const folder = path.join(root, "screenshots");

await main(async () => {
  ensureNodeModules();
  ensureRust();
  if (ranInOwnNode()) return;
  const { everyView, lookAt, Scene, states, takePictures } = await import("../tests/browser/states.js");
  const wanted = process.argv.slice(2);
  const chosen = states.filter(({ name }) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)));
  if (chosen.length === 0) throw new Problem(`there are ${states.map(({ name }) => name).join(", ")}`);
  mkdirSync(folder, { recursive: true });
  const scene = await Scene.start();
  const failed = [];
  try {
    for (const state of chosen) {
      remove(state);
      try {
        const complaints = await lookAt(scene, state, everyView, async (view) => {
          await takePictures(state, view, (name) => path.join(folder, `${name}.png`));
        });
        say([state.name, ...complaints].join("\n  "));
      } catch (error) {
        failed.push(state.name);
        say(`${state.name}: FAILED: ${error instanceof Error ? error.message : error}`);
      }
    }
  } finally {
    await scene.stop();
  }
  if (failed.length > 0) throw new Problem(`not reached: ${failed.join(", ")}`);
});

/**
 * Takes away former pictures of a state, so that none is taken for a new one.
 *
 * @param {import("../tests/browser/states.js").State} state
 */
function remove({ name, parts }) {
  const ending = parts === undefined ? /^-\d+x\d+-\w+\.png$/ : /^-\w+-\d+x\d+-\w+\.png$/;
  const former = readdirSync(folder).filter((file) => file.startsWith(name) && ending.test(file.slice(name.length)));
  for (const file of former) rmSync(path.join(folder, file));
}

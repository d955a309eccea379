// `npm run package`: the client library as an npm package, build/switchboard-client-VERSION.tgz, with its type declarations.

import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ask, bin, ensureNodeModules, main, Problem, root, run, say } from "./setup.js";

const source = path.join(root, "public", "client");
const folder = path.join(root, "build", "package");

/**
 * Makes the package.
 *
 * @returns {string} the path of the archive
 * @throws {Problem}
 */
export function pack() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(source)) cpSync(path.join(source, file), path.join(folder, file));
  cpSync(path.join(root, "LICENSE"), path.join(folder, "LICENSE"));
  run(path.join(bin, "tsc"), ["-p", "tsconfig.package.json"]);
  const answer = ask("npm", ["pack", folder, "--json", "--loglevel=error", "--pack-destination", path.dirname(folder)]);
  if (answer === null) throw new Problem("`npm pack` failed");
  const [{ filename }] = Object.values(JSON.parse(answer));
  return path.join(path.dirname(folder), filename);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(() => {
    ensureNodeModules();
    say(`packed ${path.relative(root, pack())}`);
  });
}

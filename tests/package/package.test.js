// The package as somebody gets it who installs it into an empty project.

import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pack } from "../../scripts/package.js";
import { bin } from "../../scripts/setup.js";
import { startServer } from "../support/server.js";

const sources = path.join(path.dirname(fileURLToPath(import.meta.url)), "project");

/** @type {string} */
let project;
before(() => {
  project = mkdtempSync(path.join(tmpdir(), "switchboard-package-"));
  cpSync(sources, project, { recursive: true });
  writeFileSync(path.join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const archive = pack();
  runs("npm", "install", "--offline", "--no-audit", "--no-fund", "--loglevel=error", archive);
});
after(() => rmSync(project, { recursive: true, force: true }));

/**
 * Runs a command in the project.
 *
 * @param {string} command
 * @param {string[]} args
 * @returns {string} what it printed
 */
function runs(command, ...args) {
  const done = spawnSync(command, args, { cwd: project, encoding: "utf8" });
  assert.equal(done.status, 0, `${done.error ?? ""}${done.stdout}${done.stderr}`);
  return done.stdout;
}

test("the package holds the modules with their types, a description and the licence, and nothing else", () => {
  const installed = path.join(project, "node_modules", "switchboard-client");
  const files = readdirSync(installed);
  const modules = files.filter((file) => file.endsWith(".js")).map((file) => path.basename(file, ".js"));
  const expected = modules.flatMap((name) => [`${name}.js`, `${name}.d.ts`]);
  assert.deepEqual(files.sort(), [...expected, "LICENSE", "README.md", "package.json"].sort());
  assert.ok(modules.includes("room"));
});

for (const [resolution, module] of [
  ["nodenext", "nodenext"],
  ["bundler", "esnext"],
]) {
  test(`a program in TypeScript that uses all of it type-checks, declarations included, with ${resolution}`, () => {
    const options = ["--strict", "--noEmit", "--target", "es2023", "--module", `${module}`];
    runs(path.join(bin, "tsc"), ...options, "--moduleResolution", `${resolution}`, "--types", "", "uses.ts");
  });
}

test("what the types do not allow is an error", () => {
  const options = ["--strict", "--noEmit", "--target", "es2023", "--module", "nodenext", "--types", ""];
  const done = spawnSync(path.join(bin, "tsc"), [...options, "misuses.ts"], { cwd: project, encoding: "utf8" });
  assert.equal(done.status, 0, done.stdout);
});

test("two programs exchange messages through the server", async () => {
  const server = await startServer();
  try {
    const link = `${server.url}/r/package-${process.pid}#AAECAwQFBgcICQoLDA0ODw`;
    const { stdout } = await promisify(execFile)(process.execPath, ["program.js", link], { cwd: project });
    assert.equal(stdout, "one got 5 from two\ntwo got 5 from one\n");
  } finally {
    await server.stop();
  }
});

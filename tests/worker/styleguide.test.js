// The style guide is for development: `npm start` serves it, and no deploy uploads it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { test } from "node:test";
import { development, served } from "../../scripts/assets.js";
import { root } from "../../scripts/setup.js";
import { startServer } from "../support/server.js";

/** Where the style guide is, and what it is made of. */
const PATHS = ["/styleguide/", "/styleguide/styleguide.js", "/styleguide/styleguide.css"];

/** @param {string} folder */
function filesOf(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

test("a deploy uploads every page but the style guide", (t) => {
  const out = mkdtempSync(path.join(tmpdir(), "switchboard-"));
  t.after(() => rmSync(out, { recursive: true, force: true }));
  const args = ["scripts/deploy.js", "--dry-run", "--outdir", out];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const [, folder] = /files? from the assets directory (.+)/.exec(stdout) ?? [];
  assert.equal(folder?.trim(), served);
  const files = filesOf(served);
  const isGuide = (/** @type {string} */ file) => /styleguide/i.test(file + readFileSync(file, "latin1"));
  assert.deepEqual(files.filter(isGuide), []);
  assert.deepEqual(
    filesOf(development)
      .map((file) => path.relative(development, file))
      .filter((file) => !file.startsWith("styleguide"))
      .sort(),
    files.map((file) => path.relative(served, file)).sort(),
  );
});

test("what a deploy uploads has no style guide, and what is served for development has, under the same policy", async () => {
  const deployed = await startServer();
  const started = await startServer({ guide: true });
  try {
    for (const where of PATHS) {
      const [there, here] = await Promise.all([fetch(deployed.url + where), fetch(started.url + where)]);
      assert.deepEqual([there.status, here.status], [404, 200], where);
      const policy = "content-security-policy";
      assert.match(here.headers.get(policy) ?? "", /^default-src 'none'; script-src 'self'; style-src 'self';/);
      assert.equal(here.headers.get(policy), there.headers.get(policy));
    }
  } finally {
    await Promise.all([deployed.stop(), started.stop()]);
  }
});

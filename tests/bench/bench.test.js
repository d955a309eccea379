// The benchmark itself, with as little of everything as there can be: that it runs, not how fast anybody is.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { root } from "../../scripts/setup.js";

const folder = mkdtempSync(path.join(os.tmpdir(), "switchboard-bench-test-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** @param {string[]} args */
function bench(...args) {
  const file = path.join(folder, "bench.json");
  const script = path.join(root, "scripts", "bench.js");
  const done = spawnSync(process.execPath, [script, "--quick", "--rounds", "1", "--json", file, ...args], {
    encoding: "utf8",
  });
  assert.equal(done.status, 0, `${done.stdout}\n${done.stderr}`);
  return { table: done.stdout, entries: JSON.parse(readFileSync(file, "utf8")) };
}

test("each figure is measured of us and of each rival on workerd, in the table and in the file", () => {
  const only = ["relay", "fanout", "join", "wake", "cold", "bytes"].join();
  const { table, entries } = bench("--only", only, "--rivals", "empty,plain,partyserver,native");
  for (const [key, { title, unit, ours, rival, ratio }] of Object.entries(entries)) {
    assert.ok(ours > 0 && rival > 0, `${key}: ${ours} and ${rival}`);
    assert.ok(Math.abs(ratio - ours / rival) < 1e-9, key);
    const [figure] = title.split(", beside ");
    assert.ok(table.includes(`| ${figure} | ${unit} `), `${figure} is not in the table:\n${table}`);
  }
  const figures = [
    ...[200, 2048, 8192].flatMap((bytes) => [`relay.${bytes}.pipelined`, `relay.${bytes}.single`]),
    ...[8, 32, 256].map((receivers) => `fanout.${receivers}`),
    ...["join.opening", "join.joining", "join.crowd.median", "join.crowd.last"],
    ...[2, 32, 256].map((sockets) => `wake.${sockets}`),
    "cold",
  ];
  for (const figure of figures) {
    for (const rival of ["empty", "plain", "partyserver"]) assert.ok(`${figure}/${rival}` in entries, figure);
  }
  assert.ok("bytes.call/plain" in entries);
  assert.ok("relay.200.pipelined/native" in entries);
});

test("PeerServer is driven by the same client", () => {
  const { entries } = bench("--only", "bytes", "--rivals", "peerserver");
  assert.ok("bytes.call/peerserver" in entries);
});

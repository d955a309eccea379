import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { strings } from "../../public/app/strings.js";

const root = new URL("../../public/", import.meta.url);

/** @param {string} path */
const read = (path) => readFileSync(new URL(path, root), "utf8");

for (const page of ["index.html", "call.html"]) {
  test(`the words in ${page} are those of the module they are replaced from`, () => {
    const words = [...read(page).matchAll(/data-text="(\w+)"[^>]*>([^<]*)</g)];
    assert.notEqual(words.length, 0);
    for (const [, name, text] of words) assert.equal(text?.trim(), known(name), name);
  });

  test(`every label and placeholder in ${page} has words`, () => {
    for (const [, name] of read(page).matchAll(/data-(?:label|placeholder)="(\w+)"/g)) {
      assert.equal(typeof known(name), "string", name);
    }
  });

  test(`${page} asks for the library at once`, () => {
    const asked = [...read(page).matchAll(/<link rel="modulepreload" href="\/([^"]+)"/g)].map(([, path]) => path);
    assert.deepEqual(asked, [LIBRARY]);
  });

  test(`${page} has no script or style of its own and asks nobody else for anything`, () => {
    assert.doesNotMatch(read(page), /<style|style=|\son\w+=|<script(?![^>]* src="\/)|(?:src|href)="(?!\/|#)/);
  });
}

test("every class of a stylesheet is used somewhere", () => {
  const used = [...modulesOf("app/call.js"), ...modulesOf("app/landing.js"), "app/qr.js"].map(read).join(" ");
  const everything = used + ["index.html", "call.html", "404.html"].map(read).join(" ");
  for (const sheet of ["base.css", "landing.css", "call.css", "panels.css"]) {
    const names = new Set(
      [
        ...read(`app/${sheet}`)
          .replace(/\/\*.*?\*\//gs, "")
          .matchAll(/\.([a-z][\w-]*)(?=[\s.:,>{[)+])/g),
      ].map(([, name]) => name),
    );
    for (const name of names) assert.match(everything, new RegExp(`[" ]${name}[" ]`), `${sheet}: ${name}`);
  }
});

test("every line of the header rules is short enough to be deployed", () => {
  for (const line of read("_headers").split("\n")) assert.ok(line.length <= 2_000, line);
});

/** @param {string | undefined} name */
function known(name) {
  return /** @type {Record<string, unknown>} */ (strings)[name ?? ""];
}

/** The library, which is served in one file. */
const LIBRARY = "client/room.js";

test("nothing that is served asks for a part of the library alone", () => {
  const modules = ["app/landing.js", "app/call.js", "examples/call.js", "examples/cursors.js"].flatMap((entry) => [
    ...modulesOf(entry),
  ]);
  const asked = new Set(modules.filter((path) => path.startsWith("client/")));
  assert.deepEqual([...asked], [LIBRARY]);
});

/**
 * A module and all that it imports, as they are served.
 *
 * @param {string} path
 * @param {Set<string>} [found]
 * @returns {Set<string>}
 */
function modulesOf(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  if (path === LIBRARY) return found;
  for (const [, imported] of read(path).matchAll(/^(?:import|export) .*?from "(\.[^"]+)";/gms)) {
    modulesOf(new URL(imported ?? "", new URL(path, root)).href.slice(root.href.length), found);
  }
  return found;
}

// Makes build/public, the folder that is served, out of public/: what a page names, a script or a style sheet, is bundled into
// one file with all that it imports, and minified, with a source map that brings it all back; everything else is served as it is.
// Beside it build/development, which is the same and the style guide: `npm start` serves it, and no deploy ever looks there.

import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bin, ensureNodeModules, main, Problem, root, run } from "./setup.js";

const source = path.join(root, "public");

/** What is served, and what a deploy uploads. */
export const served = path.join(root, "build", "public");

/** What is served to developers and to the tests of the style guide. */
export const development = path.join(root, "build", "development");

/** The way into the library. It is one file, which the pages ask for like everybody else. */
const LIBRARY = "client/room.js";

/** Scripts that no page names in its markup. */
const WORKERS = ["sw.js"];

/** What the library and the pages are written in: nothing of it is translated for older browsers. */
const LANGUAGE = "es2023";

/** The longest line of `_headers` that the platform reads, in characters (<https://developers.cloudflare.com/workers/static-assets/headers/>). */
const LINE_LENGTH = 2_000;

/** The page with every part of the other pages in every state. */
const STYLE_GUIDE = "styleguide";

/** Brings build/public and build/development up to date. */
export function assemble() {
  const headers = headersFor(embedOrigins());
  rmSync(served, { recursive: true, force: true });
  const files = filesIn(source);
  for (const file of files.filter((file) => !/\.(js|css|json|md)$/.test(file))) {
    mkdirSync(path.dirname(path.join(served, file)), { recursive: true });
    copyFileSync(path.join(source, file), path.join(served, file));
  }
  writeFileSync(path.join(served, "_headers"), headers);
  const named = files.filter((file) => file.endsWith(".html")).flatMap(namedBy);
  bundle(
    [...new Set(named), ...WORKERS],
    ["--splitting", `--external:../${LIBRARY}`, "--chunk-names=app/[name]-[hash]"],
  );
  bundle([LIBRARY]);
  assembleForDevelopment();
}

function assembleForDevelopment() {
  rmSync(development, { recursive: true, force: true });
  cpSync(served, development, { recursive: true });
  const page = path.join(STYLE_GUIDE, "index.html");
  const files = [".js", ".css"].map((kind) => path.join(root, STYLE_GUIDE, `${STYLE_GUIDE}${kind}`));
  esbuild(files, { from: root, to: development, more: ["--sourcemap=linked"] });
  copyFileSync(path.join(root, page), path.join(development, page));
}

/**
 * The scripts and style sheets that a page asks for.
 *
 * @param {string} page
 */
function namedBy(page) {
  const markup = readFileSync(path.join(source, page), "utf8");
  return [...markup.matchAll(/<script type="module" src="\/([^"]+)"|<link rel="stylesheet" href="\/([^"]+)"/g)].map(
    ([, script, sheet]) => script ?? sheet ?? "",
  );
}

/**
 * Which other sites may show the pages in a frame: `EMBED_ORIGINS` of the environment, or of wrangler.toml. No Worker runs for a
 * page, so it is written into the headers that are served with it.
 *
 * @returns {string[]}
 * @throws {Problem} if one is no origin
 */
function embedOrigins() {
  const configuration = readFileSync(path.join(root, "wrangler.toml"), "utf8");
  const set = process.env.EMBED_ORIGINS ?? /^EMBED_ORIGINS *= *(["'])(.*?)\1/m.exec(configuration)?.[2] ?? "";
  const origins = set.split(/[ ,]+/).filter((origin) => origin !== "");
  for (const origin of origins) {
    if (!/^https?:/.test(origin) || !URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new Problem(
        `the variable EMBED_ORIGINS is set wrongly: "${origin}" is no origin such as https://app.example`,
      );
    }
  }
  return origins;
}

/**
 * The headers of what is served.
 *
 * @param {string[]} origins that may show it in a frame
 * @returns {string}
 * @throws {Problem} if there are too many
 */
function headersFor(origins) {
  const headers = readFileSync(path.join(source, "_headers"), "utf8");
  if (origins.length === 0) return headers;
  const changed = headers.replace("frame-ancestors 'none'", `frame-ancestors ${origins.join(" ")}`);
  if (changed.split("\n").some((line) => line.length > LINE_LENGTH)) {
    throw new Problem(`EMBED_ORIGINS names too many: a header may have ${LINE_LENGTH} characters`);
  }
  return changed;
}

/**
 * @param {string[]} files of public/
 * @param {string[]} [more] further options
 */
function bundle(files, more = []) {
  // _headers says where the maps are, so that no file spends bytes on it.
  const entries = files.map((file) => path.join(source, file));
  esbuild(entries, { from: source, to: served, more: ["--sourcemap=external", ...more] });
}

/**
 * @param {string[]} entries
 * @param {{ from: string, to: string, more: string[] }} options `more`: further ones
 */
function esbuild(entries, { from, to, more }) {
  const options = ["--bundle", "--minify", `--target=${LANGUAGE}`, "--format=esm"];
  const out = [`--outbase=${from}`, `--outdir=${to}`, "--log-level=warning"];
  run(path.join(bin, "esbuild"), [...entries, ...options, ...out, ...more]);
}

/**
 * @param {string} folder
 * @returns {string[]} the files below it, by their paths from it
 */
function filesIn(folder) {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => statSync(path.join(folder, name)).isFile());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(() => {
    ensureNodeModules();
    assemble();
  });
}

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";

const here = import.meta.dirname;
const peerJs = path.join(path.dirname(createRequire(import.meta.url).resolve("peerjs")), "peerjs.min.js");

/** @type {Record<string, { file: string, type: string }>} */
const FILES = {
  "/library": { file: path.join(here, "library.html"), type: "text/html" },
  "/library.js": { file: path.join(here, "library-page.js"), type: "text/javascript" },
  "/peerjs": { file: path.join(here, "peerjs.html"), type: "text/html" },
  "/peerjs.js": { file: path.join(here, "peerjs-page.js"), type: "text/javascript" },
  "/peerjs.min.js": { file: peerJs, type: "text/javascript" },
  "/media.js": { file: path.join(here, "media.js"), type: "text/javascript" },
};

/**
 * Serves the plain pages, on this machine.
 *
 * @returns {Promise<{ url: string, stop: () => void }>}
 */
export async function servePages() {
  const server = createServer(async ({ url = "/" }, response) => {
    const found = FILES[new URL(url, "http://localhost").pathname];
    if (found === undefined) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": `${found.type}; charset=utf-8` }).end(await readFile(found.file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

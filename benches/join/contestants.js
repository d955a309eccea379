import { PeerServer } from "peer";
import { makeKey } from "../../public/client/seal.js";
import { startServer } from "../../tests/support/server.js";
import { openWatched } from "./measure.js";
import { servePages } from "./pages.js";

/** @typedef {import("./measure.js").Contestant} Contestant */

/**
 * Everybody who is measured, with the servers they need, on this machine: the call page, the library behind it in a page as
 * plain as that for PeerJS, and PeerJS twice.
 *
 * @returns {Promise<{ contestants: Contestant[], stop: () => Promise<void> }>}
 */
export async function startContestants() {
  const pages = await servePages();
  const server = await startServer({ vars: { ICE_SERVERS: "[]", ALLOWED_ORIGINS: pages.url } });
  const theirs = await startPeerServer();
  return {
    contestants: [
      callPage(server.url),
      library(server.url, pages.url),
      peerJs(pages.url, theirs.port),
      peerJs(pages.url, theirs.port, { connected: true }),
    ],
    stop: async () => {
      pages.stop();
      theirs.stop();
      await server.stop();
    },
  };
}

let calls = 0;

function nextCall() {
  calls += 1;
  return `bench-${process.pid}-${calls}`;
}

/**
 * @param {string} server
 * @returns {Contestant}
 */
function callPage(server) {
  return {
    name: "Switchboard",
    meet: async (first, second) => {
      const link = `${server}/r/${nextCall()}#${makeKey()}`;
      const waits = await openLobby(first, link);
      await waits.press("join");
      await waits.isIn();
      return { waits, joins: await openLobby(second, link) };
    },
  };
}

/**
 * @param {import("puppeteer-core").Browser} browser which has allowed camera and microphone
 * @param {string} link
 */
async function openLobby(browser, link) {
  const person = await openWatched(browser, link);
  await person.finds("#lobby video:not([hidden])");
  return person;
}

/**
 * @param {string} server
 * @param {string} pages
 * @returns {Contestant}
 */
function library(server, pages) {
  return {
    name: "its library, plain page",
    meet: async (first, second) => {
      const page = `${pages}/library?link=${encodeURIComponent(`${server}/r/${nextCall()}#${makeKey()}`)}`;
      return { waits: await openPlain(first, `${page}&first`), joins: await openPlain(second, page) };
    },
  };
}

/**
 * @param {string} pages
 * @param {number} port
 * @param {{ connected?: boolean }} [options] whether it is connected to its server before the press
 * @returns {Contestant}
 */
function peerJs(pages, port, { connected = false } = {}) {
  return {
    name: connected ? "PeerJS, connected before" : "PeerJS",
    meet: async (first, second) => {
      const [page, id] = [`${pages}/peerjs?port=${port}`, nextCall()];
      const waits = await openPlain(first, `${page}&id=${id}`);
      const joins = await openPlain(second, `${page}&call=${id}${connected ? "&connected" : ""}`);
      return { waits, joins };
    },
  };
}

/**
 * @param {import("puppeteer-core").Browser} browser
 * @param {string} url of a page that says when it is ready
 */
async function openPlain(browser, url) {
  const person = await openWatched(browser, url);
  await person.finds("body[data-ready]");
  return person;
}

async function startPeerServer() {
  /** @type {import("node:http").Server | import("node:https").Server} */
  const server = await new Promise((resolve) => PeerServer({ port: 0, host: "127.0.0.1" }, resolve));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    port,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

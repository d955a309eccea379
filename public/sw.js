// Answers a page that cannot be had with one that says so: all that is kept, and all that is done. Everything else goes to the
// network as if this were not here, so nothing that is shown is ever older than the deployment.

const CACHE = "switchboard-offline-1";
const PAGE = "/offline";
const KEPT = [PAGE, "/app/base.css", "/app/icon.svg", "/app/offline.js"];

const worker = /** @type {any} */ (globalThis);

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(keep().then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(
    Promise.all([forgetOthers(), worker.registration.navigationPreload?.enable(), worker.clients.claim()]),
  );
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.mode === "navigate") event.respondWith(navigate(event));
  // Its parts: asked for by the page that stands in, or by others, who get them from the network.
  else if (origin === location.origin && KEPT.includes(pathname)) event.respondWith(fetchOrKept(event.request));
});

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(KEPT.map((path) => new Request(path, { cache: "reload" })));
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}

/** @param {any} event */
async function navigate(event) {
  try {
    // Begun by the browser while this was starting.
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await caches.match(PAGE)) ?? Response.error();
  }
}

/** @param {Request} request */
async function fetchOrKept(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(request)) ?? Response.error();
  }
}

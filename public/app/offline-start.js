/**
 * Prepares for the next start without a connection: see sw.js. Nothing of it is needed by this page.
 */
export function prepareOfflineStart() {
  if (!("serviceWorker" in navigator)) return;
  // After what the page itself needs.
  addEventListener("load", () => register().catch(() => {}), { once: true });
  if (document.readyState === "complete") register().catch(() => {});
}

async function register() {
  const path = "/sw.js";
  const { trustedTypes } = /** @type {any} */ (globalThis);
  // The page's policy takes the address of a script only from a policy like this one.
  const policy = trustedTypes?.createPolicy("switchboard", { createScriptURL: () => path });
  await navigator.serviceWorker.register(policy?.createScriptURL(path) ?? path);
}

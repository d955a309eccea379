// The page that stands in for one that cannot be had. It stands at that one's address, so a reload is another try.

/** How often it tries by itself, in milliseconds: the browser does not notice when it is the server that was gone. */
const AGAIN_MS = 10_000;

document.getElementById("again")?.addEventListener("click", () => location.reload());
addEventListener("online", () => location.reload());
setInterval(async () => {
  const response = await fetch("/api/health").catch(() => null);
  if (response?.ok) location.reload();
}, AGAIN_MS);

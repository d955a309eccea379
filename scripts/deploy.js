// `npm run deploy`: builds the worker and puts it on Cloudflare. Further arguments go to `wrangler deploy`.

import path from "node:path";
import process from "node:process";
import { build } from "./build.js";
import { bin, ensureNodeModules, ensureRust, main, root, run } from "./setup.js";

await main(() => {
  ensureNodeModules();
  ensureRust();
  build();
  const wrangler = path.join(root, "node_modules", "wrangler", "bin", "wrangler.js");
  run(path.join(bin, "node"), [wrangler, "deploy", ...process.argv.slice(2)]);
});

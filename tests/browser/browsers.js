import { existsSync } from "node:fs";
import puppeteer from "puppeteer-core";

/**
 * Where Debian and its relatives put the browsers, and the package each is in. `CHROMIUM` and `FIREFOX` in the
 * environment name others.
 */
const BROWSERS = {
  chrome: {
    path: process.env.CHROMIUM ?? "/usr/bin/chromium",
    missing: "Chromium is missing: apt-get install chromium, or name one in the environment variable CHROMIUM",
  },
  firefox: {
    path: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    missing: "Firefox is missing: apt-get install firefox-esr, or name one in the environment variable FIREFOX",
  },
};

/** Both together let connections over 127.0.0.1 come up; without the other neither does. */
const CHROMIUM_FLAGS = ["--allow-loopback-in-peer-connection"];
const MADE_UP_DEVICES = "--use-fake-device-for-media-stream";

const FIREFOX_PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
};

/**
 * Chromium with a made-up camera and microphone, which it grants without asking.
 *
 * @param {{ flags?: string[], devices?: boolean, env?: Record<string, string> }} [options] `devices`: whether any are made up; those
 *   of the machine are used if not; `env`: more of the environment
 */
export function startChromium({ flags = [], devices = true, env = {} } = {}) {
  const flag = devices ? [MADE_UP_DEVICES] : [];
  return launchChromium(["--use-fake-ui-for-media-stream", ...flag, ...flags], env);
}

/** Chromium that refuses every request for camera and microphone. */
export function startDenyingChromium() {
  return launchChromium(["--deny-permission-prompts", MADE_UP_DEVICES]);
}

/**
 * Firefox with a made-up camera and microphone, which it grants without asking.
 *
 * @param {{ devices?: boolean, env?: Record<string, string> }} [options] as for Chromium
 */
export function startFirefox({ devices = true, env = {} } = {}) {
  mustExist(BROWSERS.firefox);
  return puppeteer.launch({
    browser: "firefox",
    executablePath: BROWSERS.firefox.path,
    extraPrefsFirefox: { ...FIREFOX_PREFERENCES, "media.navigator.streams.fake": devices },
    env: { ...process.env, ...env },
  });
}

/**
 * @param {string[]} flags
 * @param {Record<string, string>} [env]
 */
function launchChromium(flags, env = {}) {
  mustExist(BROWSERS.chrome);
  const args = ["--no-sandbox", "--disable-background-networking", ...CHROMIUM_FLAGS, ...flags];
  return puppeteer.launch({
    browser: "chrome",
    executablePath: BROWSERS.chrome.path,
    args,
    env: { ...process.env, ...env },
  });
}

/** @param {{ path: string, missing: string }} browser */
function mustExist({ path, missing }) {
  if (!existsSync(path)) throw new Error(missing);
}

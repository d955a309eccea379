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
 * @param {{ flags?: string[], devices?: boolean }} [options] `devices`: whether any are made up; those of the machine are used if not
 */
export function startChromium({ flags = [], devices = true } = {}) {
  const flag = devices ? [MADE_UP_DEVICES] : [];
  return launchChromium(["--use-fake-ui-for-media-stream", ...flag, ...flags]);
}

/** Chromium that refuses every request for camera and microphone. */
export function startDenyingChromium() {
  return launchChromium(["--deny-permission-prompts", MADE_UP_DEVICES]);
}

/** Firefox with a made-up camera and microphone, which it grants without asking. */
export function startFirefox() {
  mustExist(BROWSERS.firefox);
  return puppeteer.launch({
    browser: "firefox",
    executablePath: BROWSERS.firefox.path,
    extraPrefsFirefox: FIREFOX_PREFERENCES,
  });
}

/** @param {string[]} flags */
function launchChromium(flags) {
  mustExist(BROWSERS.chrome);
  const args = ["--no-sandbox", "--disable-background-networking", ...CHROMIUM_FLAGS, ...flags];
  return puppeteer.launch({ browser: "chrome", executablePath: BROWSERS.chrome.path, args });
}

/** @param {{ path: string, missing: string }} browser */
function mustExist({ path, missing }) {
  if (!existsSync(path)) throw new Error(missing);
}

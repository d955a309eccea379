// A real sound server for the tests, PulseAudio, with microphones and speakers that can be plugged in and pulled out.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** The program; `PULSEAUDIO` in the environment names another. */
const PROGRAM = process.env.PULSEAUDIO ?? "pulseaudio";

/** What to install, where it is not there; else false. */
export function missing() {
  return spawnSync(PROGRAM, ["--version"]).error !== undefined && "PulseAudio is missing: apt-get install pulseaudio";
}

/**
 * @typedef {object} PulseAudio
 * @property {Record<string, string>} env what a browser has to be started with to find it
 * @property {(name: string, hertz: number) => Unplug} plugInHeadset a speaker and a microphone, which hears a tone
 * @property {(name: string) => Unplug} plugInSpeaker
 * @property {() => Promise<void>} stop
 *
 * @typedef {() => void} Unplug
 */

/**
 * Starts PulseAudio without a single device.
 *
 * @returns {Promise<PulseAudio>}
 */
export async function startPulseAudio() {
  const folder = mkdtempSync(path.join(tmpdir(), "switchboard-pulseaudio-"));
  const socket = path.join(folder, "native");
  const env = { PULSE_SERVER: `unix:${socket}`, PULSE_RUNTIME_PATH: folder, PULSE_STATE_PATH: folder };
  const child = spawn(
    PROGRAM,
    [
      "-n",
      "--daemonize=no",
      "--use-pid-file=no",
      "--exit-idle-time=-1",
      "--disable-shm",
      `--load=module-native-protocol-unix socket=${socket} auth-anonymous=1`,
    ],
    { stdio: "ignore", env: { ...process.env, ...env, HOME: folder } },
  );
  let failed = "";
  const ended = once(child, "exit").catch(() => []);
  child.once("exit", (code) => {
    failed = `PulseAudio ended with ${code}`;
  });
  while (!existsSync(socket)) {
    if (failed !== "") throw new Error(failed);
    await delay(20);
  }
  let made = 0;
  /** @param {string[]} args */
  const pactl = (...args) => execFileSync("pactl", args, { encoding: "utf8", env: { ...process.env, ...env } }).trim();
  /** @param {string[]} args */
  const load = (...args) => pactl("load-module", ...args);
  /** @param {string[]} modules those that lean on others come last */
  const unplug = (modules) => () => {
    for (const module of modules.toReversed()) pactl("unload-module", module);
  };
  /** @param {string} name */
  const described = (name) => `device.description="${name.replaceAll(" ", "\\ ")}"`;
  return {
    env,
    plugInHeadset: (name, hertz) => {
      made += 1;
      const speaker = `speaker${made}`;
      // The microphone hears what the speaker plays. By itself, what a speaker plays is no microphone to a browser.
      return unplug([
        load("module-null-sink", `sink_name=${speaker}`, `sink_properties=${described(name)}`),
        load("module-sine", `sink=${speaker}`, `frequency=${hertz}`),
        load(
          "module-remap-source",
          `master=${speaker}.monitor`,
          `source_name=microphone${made}`,
          `source_properties=${described(name)}`,
        ),
      ]);
    },
    plugInSpeaker: (name) => {
      made += 1;
      return unplug([load("module-null-sink", `sink_name=speaker${made}`, `sink_properties=${described(name)}`)]);
    },
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

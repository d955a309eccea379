// The processes of this machine, as far as the tests have to do with them.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** @typedef {{ pid: number, parent: number, command: string }} Process */

/**
 * A line of `ps`, or the like of it made from /proc, which is there where `ps` may be missing.
 *
 * @param {string} pid
 */
function fromProc(pid) {
  try {
    // The second field is the program's name in parentheses, and may hold anything.
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return [`${pid} ${parent} ${state} ${command}`];
  } catch {
    // It ended meanwhile.
    return [];
  }
}

/** @returns {Process[]} those that run: what has ended and was not yet noticed by its parent does not count */
function processes() {
  const lines = existsSync("/proc/self/stat")
    ? readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap(fromProc)
    : spawnSync("ps", ["-A", "-o", "pid=,ppid=,stat=,args="], { encoding: "utf8" }).stdout.split("\n");
  return lines.flatMap((line) => {
    const [, pid, parent, state, command] = /^ *(\d+) +(\d+) +(\S+) +(.*)$/.exec(line) ?? [];
    const runs = state !== undefined && !state.startsWith("Z");
    return runs ? [{ pid: Number(pid), parent: Number(parent), command: command ?? "" }] : [];
  });
}

/**
 * A process and all that it has started, directly or not.
 *
 * @param {number} pid
 * @returns {Process[]}
 */
export function family(pid) {
  const all = processes();
  const members = all.filter((one) => one.pid === pid);
  // The list grows while it is walked.
  for (const member of members) {
    members.push(...all.filter(({ parent }) => parent === member.pid));
  }
  return members;
}

/**
 * Whether a process still runs.
 *
 * @param {Process} one
 */
export function running(one) {
  return processes().some(({ pid, command }) => pid === one.pid && command === one.command);
}

import { Devices } from "../public/app/devices.js";
import { h } from "../public/app/dom.js";
import { Lobby } from "../public/app/lobby.js";
import { makePasteForm } from "../public/app/paste-link.js";
import { makeScreen } from "../public/app/screens.js";
import { problems, strings, waiting } from "../public/app/strings.js";
import { chapter, specimen } from "./specimen.js";

const nothing = () => {};

const LABELS = { join: strings.tryAgain, newCall: strings.newCall, home: strings.home };

function screenChapter() {
  const screens = Object.entries(problems).map(([code, { title, text, icon, actions }]) => {
    const isLeft = code === "left";
    const { element } = makeScreen({
      code,
      title,
      text: isLeft ? strings.leftText(12) : text,
      icon,
      more: code === "keyless" || code === "incomplete-link" ? makePasteForm() : null,
      actions: actions.map((name) => ({
        label: isLeft && name === "join" ? strings.rejoin : LABELS[name],
        act: nothing,
      })),
    });
    return specimen(code, element, "sheet");
  });
  const cancel = [{ label: strings.cancel, act: nothing }];
  const wait = makeScreen({ code: "waiting", icon: "clock", busy: true, actions: cancel, ...waiting });
  const { title, text, icon } = problems.left;
  const failed = makeScreen({ code: "left", title, text, icon, actions: [{ label: strings.newCall, act: nothing }] });
  failed.tell(strings.landingUnreachable);
  return chapter(
    "screens",
    "Screens: why there is no call, and what to do about it",
    specimen("waiting", wait.element, "sheet"),
    ...screens,
    specimen("An action that failed", failed.element, "sheet"),
  );
}

/**
 * @param {(lobby: Lobby) => void} [pose]
 * @param {{ sealed?: boolean }} [options]
 */
function lobby(pose = nothing, { sealed = true } = {}) {
  const root = h("div", { class: "page" });
  const call = { room: "k7m2-9qxw-3fzt", sealed, name: "Zoë", devices: new Devices() };
  const lobby = new Lobby(root, call, { join: nothing });
  lobby.showInside({ present: 2, full: false });
  pose(lobby);
  return root;
}

function lobbyChapter() {
  const explained = lobby((lobby) => {
    lobby.showInside({ present: 8, full: true });
    lobby.explain({ audio: "denied", camera: "denied" }, { stuck: true });
  });
  const busy = lobby((lobby) => {
    lobby.showInside({ present: 0, full: false });
    lobby.wanted = { audio: false, camera: false };
    lobby.setBusy(true);
  });
  return chapter(
    "lobby",
    "Lobby",
    specimen("Before anything was asked", lobby(), "whole"),
    specimen("By a link that has no key", lobby(nothing, { sealed: false }), "whole"),
    specimen("Refused, and the call is full", explained, "whole"),
    specimen("On the way in, with nothing switched on", busy, "whole"),
  );
}

/** What is seen instead of a call. */
export function screenChapters() {
  return [lobbyChapter(), screenChapter()];
}

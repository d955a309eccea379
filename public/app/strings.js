/**
 * Every word the pages say, in English. Elements with `data-text` get the text of that name, those with `data-label`
 * their accessible name and tooltip, those with `data-placeholder` their placeholder.
 */
export const strings = {
  appName: "Switchboard",

  landingTitle: "Video calls with a link",
  landingLead: "Open a call, send the link, talk. No account, nothing to install.",
  newCall: "New call",
  newCallBusy: "Opening…",
  or: "or join one",
  joinLabel: "Link or name of a call",
  joinPlaceholder: "Paste a link",
  joinButton: "Join",
  landingUnreachable: "The server cannot be reached. Check your connection and try again.",
  landingTooMany: "Too many calls were opened from your network just now. Wait a minute and try again.",
  landingBadLink: "That is not a link to a call. A name has 1 to 64 letters, digits, - or _.",

  lobbyTitle: "Ready to join?",
  callName: "Call",
  microphone: "Microphone",
  camera: "Camera",
  on: "on",
  off: "off",
  joinCall: "Join call",
  joinWithout: "Join without camera and microphone",
  tryAgain: "Try again",
  lobbyHint: "Your browser will ask for permission when you join.",
  lobbyHintWatch: "You will see and hear the others. They will not see or hear you.",

  problemTitle: "Something went wrong",

  you: "You",
  guest: (/** @type {number} */ number) => `Guest ${number}`,
  tileConnecting: "Connecting…",
  tileReconnecting: "Reconnecting…",
  tileMuted: "microphone off",
  controls: "Call controls",
  copyLink: "Copy link",
  linkCopied: "Link copied",
  copyFailed: "Copying was not allowed. Select the link and copy it.",
  leave: "Leave",
  dismiss: "Dismiss",
  inviteTitle: "Nobody else is here yet",
  inviteText: "Send this link to whoever you want to talk to.",
  linkLabel: "Link to this call",
  soundOn: "Turn sound on",

  statusConnecting: "Connecting…",
  statusLocked: "Waiting for the host to let you in…",
  statusAlone: "Waiting for others to join",
  statusConnected: (/** @type {number} */ count) => `Connected with ${people(count)}`,
  statusPartly: (/** @type {number} */ connected, /** @type {number} */ rest) =>
    `Connected with ${people(connected)}, connecting to ${rest} more…`,
  statusOthersConnecting: (/** @type {number} */ count) => `Connecting to ${people(count)}…`,
  statusAway: (/** @type {number} */ count) => `Waiting for ${people(count)} to come back…`,
  statusServerLost: "Connection lost. Trying to get back in…",
  statusServerLostCallGoesOn: "Server lost, trying again. Your call goes on.",
  announceJoined: (/** @type {string} */ name) => `${name} joined`,
  announceLeft: (/** @type {string} */ name) => `${name} left`,

  leftTitle: "You left the call",
  leftText: (/** @type {number} */ minutes) =>
    minutes < 1 ? "It lasted less than a minute." : `It lasted ${minutes === 1 ? "one minute" : `${minutes} minutes`}.`,
  rejoin: "Rejoin",
  home: "Go to the start page",
};

/**
 * What is wrong with a device, by kind and problem; the next step is part of the text.
 *
 * @type {Record<import("./media.js").MediaProblem, Record<"audio" | "camera" | "both", { title: string, text: string }>>}
 */
export const mediaProblems = {
  denied: {
    audio: {
      title: "Your browser does not let this page use the microphone",
      text: "Allow it with the icon beside the address, then try again.",
    },
    camera: {
      title: "Your browser does not let this page use the camera",
      text: "Allow it with the icon beside the address, then try again.",
    },
    both: {
      title: "Your browser does not let this page use the camera and microphone",
      text: "Allow them with the icon beside the address, then try again. Or join without: you will see and hear the others.",
    },
  },
  none: {
    audio: { title: "No microphone was found", text: "Plug one in and turn it on with the microphone button." },
    camera: { title: "No camera was found", text: "Plug one in and turn it on with the camera button." },
    both: {
      title: "No camera or microphone was found",
      text: "Plug one in and try again. Or join without: you will see and hear the others.",
    },
  },
  busy: {
    audio: { title: "The microphone is in use", text: "Close the other program that uses it, then turn it on again." },
    camera: { title: "The camera is in use", text: "Close the other program that uses it, then turn it on again." },
    both: {
      title: "Camera and microphone are in use",
      text: "Close the other program that uses them, then try again. Or join without.",
    },
  },
  failed: {
    audio: {
      title: "The microphone could not be started",
      text: "Check that it is plugged in, then turn it on again.",
    },
    camera: { title: "The camera could not be started", text: "Check that it is plugged in, then turn it on again." },
    both: {
      title: "Camera and microphone could not be started",
      text: "Check that they are plugged in, then try again. Or join without.",
    },
  },
};

/** @typedef {"join" | "newCall" | "home"} ScreenAction */

/**
 * Why there is no call, and what to do about it. The actions are buttons, the first one the most likely.
 *
 * @type {Record<import("../client/errors.js").RoomErrorCode | "insecure", { title: string, text: string, actions: ScreenAction[] }>}
 */
export const problems = {
  "bad-link": {
    title: "This link does not work",
    text: "The name of the call is not a possible one. Part of the link may be missing: ask for it again, or open a new call.",
    actions: ["newCall", "home"],
  },
  "incomplete-link": {
    title: "This link is incomplete",
    text: "Its last part, after the #, is missing or cut short. Copy the whole link again, or ask for a new one.",
    actions: ["newCall", "home"],
  },
  full: {
    title: "This call is full",
    text: "There is no free seat. Try again when somebody has left, or open another call.",
    actions: ["join", "newCall"],
  },
  unauthorized: {
    title: "This link does not let you in",
    text: "It is incomplete or has expired. Ask whoever sent it for a new one.",
    actions: ["join", "home"],
  },
  denied: {
    title: "You were not let in",
    text: "The host of this call has declined. You can ask again or open another call.",
    actions: ["join", "newCall"],
  },
  removed: {
    title: "You were removed from the call",
    text: "The host has ended it for you. You can open another call.",
    actions: ["newCall", "home"],
  },
  replaced: {
    title: "The call goes on in another tab",
    text: "You opened it there as well, and you can be in it only once. To have it here again, join again.",
    actions: ["join", "home"],
  },
  ended: {
    title: "The call has ended",
    text: "The host has ended it for everybody.",
    actions: ["newCall", "home"],
  },
  unreachable: {
    title: "The server cannot be reached",
    text: "Check your internet connection, then try again. Some company networks block calls.",
    actions: ["join", "home"],
  },
  unsupported: {
    title: "This browser cannot make video calls",
    text: "Open the link in a current version of Chrome, Edge, Firefox or Safari.",
    actions: ["home"],
  },
  insecure: {
    title: "This page was not opened securely",
    text: "Browsers allow calls on https pages only. Open the same address with https:// in front.",
    actions: ["home"],
  },
  left: { title: strings.leftTitle, text: "", actions: ["join", "newCall"] },
};

/** @param {number} count */
function people(count) {
  return count === 1 ? "1 person" : `${count} people`;
}

/**
 * Puts the words into a part of the page.
 *
 * @param {ParentNode} root
 */
export function fillIn(root) {
  for (const element of root.querySelectorAll("[data-text]")) {
    element.textContent = text(element.getAttribute("data-text"));
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    const label = text(element.getAttribute("data-label"));
    element.setAttribute("aria-label", label);
    if (element instanceof HTMLButtonElement) element.title = label;
  }
  for (const element of root.querySelectorAll("[data-placeholder]")) {
    element.setAttribute("placeholder", text(element.getAttribute("data-placeholder")));
  }
}

/** @param {string | null} name */
function text(name) {
  const value = /** @type {Record<string, unknown>} */ (strings)[name ?? ""];
  if (typeof value !== "string") throw new Error(`no text named ${name}`);
  return value;
}

/**
 * Every word the pages say, in English. Elements with `data-text` get the text of that name, those with `data-label`
 * their accessible name, those with `data-placeholder` their placeholder.
 */
export const strings = {
  appName: "Switchboard",

  landingTitle: "Video calls with a link",
  landingLead: "Open a call, send the link, talk. No account, nothing to install.",
  newCall: "New call",
  newCallBusy: "Opening…",
  or: "or join one",
  joinLabel: "Link or name of a call",
  joinPlaceholder: "Link or name",
  joinButton: "Join",
  recentTitle: "Your last calls, remembered in this browser only",
  recentForget: (/** @type {string} */ room) => `Forget ${room}`,
  landingUnreachable: "The server cannot be reached. Check your connection and try again.",
  landingTooMany: "Too many calls were opened from your network just now. Wait a minute and try again.",
  landingNotAllowed: "Here, only those who were given a link of their own can open a call.",
  landingBadLink: "That is not a link to a call. A name has 1 to 64 letters, digits, - or _.",

  pageTitle: (/** @type {string} */ room) => `${room} · Switchboard`,
  lobbyTitle: "Ready to join?",
  microphone: "Microphone",
  camera: "Camera",
  speaker: "Speaker",
  cameraOff: "Camera is off",
  checkDevices: "Check camera and microphone",
  checkingDevices: "Waiting for your permission…",
  turnOn: {
    audio: "Turn on the microphone",
    camera: "Turn on the camera",
  },
  turnOff: {
    audio: "Turn off the microphone",
    camera: "Turn off the camera",
  },
  yourName: "Your name",
  namePlaceholder: "Shown to the others",
  joinCall: "Join call",
  joining: "Joining…",
  joinWithout: "Join without camera and microphone",
  tryAgain: "Try again",
  lobbyHint: "Your browser asks for camera and microphone when you join, not before.",
  lobbyHintWatch: "You will see and hear the others. They will not see or hear you.",
  lobbyHintReady: "",
  insideUnknown: "",
  insideNobody: "Nobody is in the call yet",
  inside: (/** @type {number} */ count) => `${people(count)} in the call`,
  insideFull: "The call is full just now",
  sealed: "Only those with this link can connect: its key never reaches the server.",
  unsealed:
    "This link has no key, so whoever runs the server could listen in. If you were sent a longer link, open that one.",
  meterLabel: "Loudness of your microphone",
  defaultDevice: "System default",
  unnamedDevice: (/** @type {number} */ number) => `Device ${number}`,
  waitingBrowser:
    "The page is taking long. If this stays, your browser may be too old for calls: use a current Chrome, Edge, Firefox or Safari.",

  you: "You",
  youNamed: (/** @type {string} */ name) => `${name} (you)`,
  guest: (/** @type {number} */ number) => `Guest ${number}`,
  screenOf: (/** @type {string} */ name) => `${name}’s screen`,
  tileConnecting: "Connecting…",
  tileReconnecting: "Reconnecting…",
  tileNoRoute: "No way through",
  tilePaused: "Paused",
  tileMuted: "microphone off",
  bars: ["Connection unknown", "Bad connection", "Poor connection", "Fair connection", "Good connection"],
  moveSelf: "Your picture: drag it, or move it with the arrow keys",

  controls: "Call controls",
  shareScreen: "Share your screen",
  stopSharing: "Stop sharing",
  sharing: "You are sharing your screen",
  chat: "Chat",
  chatUnread: (/** @type {string} */ count) => `Chat, ${count} unread`,
  people: "People",
  devicesOn: { audio: "microphone on", camera: "camera on" },
  devicesOff: { audio: "microphone off", camera: "camera off" },
  more: "More",
  leave: "Leave",
  dismiss: "Dismiss",
  settings: "Camera and sound",
  pictureInPicture: "Picture in picture",
  fullScreen: "Full screen",
  leaveFullScreen: "Leave full screen",
  diagnostics: "Copy diagnostics",
  diagnosticsCopied: "Diagnostics copied. They contain no addresses and no names.",
  diagnosticsFailed:
    "Your browser did not allow copying the diagnostics. Allow it to use the clipboard, then try again.",
  shortcuts: "Keyboard shortcuts",
  shortcutKeys: [
    ["m", "Microphone on or off"],
    ["v", "Camera on or off"],
    ["s", "Share your screen, or stop"],
    ["c", "Chat"],
    ["p", "People"],
    ["i", "Picture in picture, or back"],
    ["?", "This list"],
    ["Esc", "Close what is open"],
  ],
  shortcutsOn: "Control the call with single keys",
  shortcutsOnText: "Off, only Esc is heard: for those whose speech or whose hands press keys that were not meant.",
  close: "Close",

  copyLink: "Copy link",
  linkCopied: "Link copied",
  linkSelected: "Copying was not allowed. The link is selected: copy it by hand.",
  share: "Share",
  inviteTitle: "You are the first one here",
  inviteTitleAgain: "Nobody else is here now",
  inviteText: "Send this link to whoever you want to talk to. They need nothing else.",
  inviteMore: "Invite somebody",
  door: "Who may come in",
  lockCall: "Lock the call",
  unlockCall: "Unlock the call",
  lockedNote: "The call is locked: whoever comes now has to be let in.",
  callLocked: "The call is locked.",
  callUnlocked: "The call is not locked any more.",
  knocks: (/** @type {number} */ count) =>
    count === 1 ? "Somebody wants to come in." : `${count} people want to come in.`,
  waitingPerson: (/** @type {number} */ number) => `Waiting: person ${number}`,
  letIn: "Let in",
  letAllIn: "Let all in",
  seeThem: "Show them",
  turnAway: "Turn away",
  remove: "Remove",
  removeFromCall: "Remove from the call",
  removeTitle: (/** @type {string} */ name) => `Remove ${name}?`,
  removeText: "They leave the call at once, and the lock keeps them out.",
  removeUnlockedText: "They leave the call at once. With the link they can come back, unless you lock the call.",
  endForAll: "End for everybody",
  endTitle: "End the call for everybody?",
  endText: "Everybody leaves the call at once.",
  linkLabel: "Link to this call",
  qrLabel: "QR code of the link to this call",
  qrHint: "Or scan it with a phone",
  soundOn: "Turn sound on",
  playAll: "Turn picture and sound on",

  statusConnecting: "Connecting…",
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
  announceLost: (/** @type {string} */ name) => `${name} lost the connection`,
  announceSharing: (/** @type {string} */ name) => `${name} is sharing a screen`,
  announceMessage: (/** @type {string} */ name, /** @type {string} */ text) => `${name}: ${text}`,
  announceFile: (/** @type {string} */ name, /** @type {string} */ file) => `${name} offers a file: ${file}`,

  mutedSpeaking: "You are speaking, but your microphone is off.",
  silentMicrophone: "No sound comes from your microphone. It may be switched off at the device.",
  paused: {
    audio: "Your device has paused the microphone, as for a phone call. It comes back by itself.",
    camera: "Your device has paused the camera. It comes back by itself.",
  },
  replacedMicrophone: (/** @type {string} */ label) =>
    `The microphone is gone. You are heard through ${label === "" ? "another one" : label}.`,
  cameraGone: "The camera is gone. The call goes on without your picture.",
  microphoneGone: "The microphone is gone. The call goes on; the others cannot hear you.",
  newDevice: (/** @type {string} */ label) => `${label} is connected.`,
  useIt: "Use it",
  notHeard: (/** @type {string} */ who) => `${who} cannot hear you.`,
  notSeen: (/** @type {string} */ who) => `${who} cannot see you.`,
  notHeardOrSeen: (/** @type {string} */ who) => `${who} can neither hear nor see you.`,
  nobody: "The others",
  brokenText: "What you send does not arrive. It is being tried again; switching off and on may help.",
  notHearing: (/** @type {string} */ whom) => `You cannot hear ${whom}.`,
  notSeeing: (/** @type {string} */ whom) => `You cannot see ${whom}.`,
  notHearingOrSeeing: (/** @type {string} */ whom) => `You can neither hear nor see ${whom}.`,
  everybody: "the others",
  missingText: "What is sent to you does not arrive, and they are told so. Reconnecting may help, or another network.",
  missingAllText:
    "Nothing of it arrives, from nobody: it may well be your own network. Reconnecting may help, or another one.",
  reconnect: "Reconnect",
  noRoute: (/** @type {string} */ who) => `There is no way through to ${who}.`,
  noRouteText:
    "A firewall or network in between blocks direct calls, and this deployment has no relay (TURN server) that works. Another network helps, such as a phone’s.",
  screenFailed: "The screen could not be shared. Allow it in the system’s settings, then try again.",
  pipFailed: "Your browser does not allow picture in picture now.",

  messagePlaceholder: "Write to everybody",
  message: "Message",
  send: "Send",
  attach: "Send a file",
  chatEmpty: "Messages go straight to the people in the call. They are stored nowhere and gone when you leave.",
  chatAlone: "Nobody else is here to read it.",
  chatWaiting: "It goes out as soon as there is a connection.",
  fileAlone: "Nobody else is here to get it.",
  undelivered: (/** @type {string} */ names) => `Not delivered to ${names}`,
  dropHere: "Drop to send it to everybody",
  fileOffered: (/** @type {string} */ size) => `${size} · offered to you`,
  fileWaiting: (/** @type {string} */ size) => `${size} · waiting to be accepted`,
  fileProgress: (/** @type {string} */ done, /** @type {string} */ size) => `${done} of ${size}`,
  fileSent: (/** @type {string} */ size) => `${size} · sent`,
  fileReceived: (/** @type {string} */ size) => `${size} · received`,
  fileSentTo: (/** @type {number} */ done, /** @type {number} */ all) => `sent to ${done} of ${all}`,
  fileAccept: "Accept",
  fileDecline: "Decline",
  fileSave: "Save",
  fileCancel: "Cancel",
  fileErrors: {
    "not-connected": "not sent: no connection",
    "too-large": "too large",
    cancelled: "cancelled",
    lost: "stopped: the connection was lost",
    unreadable: "the file cannot be read",
    broken: "something else came than was announced",
  },
  fileFailed: "did not get through",

  detailsOf: (/** @type {string} */ name) => `Connection and verification of ${name}`,
  way: "Way",
  wayDirect: (/** @type {string} */ protocol) => `Direct, ${protocol}`,
  wayRelayed: (/** @type {string} */ protocol) => `Relayed by a server, ${protocol}`,
  wayNone: "Not connected",
  candidates: "Candidates",
  candidateKinds: /** @type {Record<string, string>} */ ({
    host: "own address",
    srflx: "address outside",
    prflx: "address outside",
    relay: "relay",
  }),
  candidatePair: (/** @type {string} */ local, /** @type {string} */ remote) => `${local} to ${remote}`,
  receiving: "Receiving",
  sending: "Sending",
  loss: "Lost",
  roundTrip: "Round trip",
  milliseconds: (/** @type {number} */ value) => `${value} ms`,
  percent: (/** @type {number} */ part) => `${(part * 100).toFixed(1)} %`,
  picture: (/** @type {number} */ width, /** @type {number} */ height, /** @type {number} */ fps) =>
    `${width} × ${height}, ${fps} a second`,
  pictureLabel: "Picture",
  unknown: "Unknown",
  verify: "Verify",
  verifying: "Verifying…",
  verifyText:
    "To be sure that nobody sits in between, read these to each other. Both must see the same, in the same order.",
  verifyFailed: "That did not work, which proves nothing. Try again when the connection is steady.",
  verifySame: "They are the same",
  verifyDiffer: "They differ",
  verified: "Verified",
  verifyAlarm: "Somebody may sit between you. Say nothing secret, leave, and use another link sent over another way.",
  verifyAsked: (/** @type {string} */ name) => `${name} wants to verify the connection with you.`,
  verifyShow: "Compare",
  digits: "As digits",

  problemTitle: "Something went wrong",
  leftTitle: "You left the call",
  leftText: (/** @type {number} */ minutes) =>
    minutes < 1 ? "It lasted less than a minute." : `It lasted ${minutes === 1 ? "one minute" : `${minutes} minutes`}.`,
  rejoin: "Rejoin",
  home: "Go to the start page",
  cancel: "Cancel",
  pasteLink: "Paste the whole link",
  pasteLinkPlaceholder: "Whole link",
  openLink: "Open it",
  pasteWrong: "That is no whole link to a call.",

  lostTitle: "There is nothing here",
};

/**
 * What is wrong with a device, by kind and problem.
 *
 * @type {Record<import("./media.js").MediaProblem, Record<"audio" | "camera" | "both", { title: string, text: string }>>}
 */
export const mediaProblems = {
  denied: {
    audio: { title: "Your browser does not let this page use the microphone", text: "" },
    camera: { title: "Your browser does not let this page use the camera", text: "" },
    both: { title: "Your browser does not let this page use the camera and microphone", text: "" },
  },
  system: {
    audio: {
      title: "Your system does not let this browser use the microphone",
      text: "Allow it in the system’s settings under privacy, then try again.",
    },
    camera: {
      title: "Your system does not let this browser use the camera",
      text: "Allow it in the system’s settings under privacy, then try again.",
    },
    both: {
      title: "Your system does not let this browser use the camera and microphone",
      text: "Allow both in the system’s settings under privacy, then try again.",
    },
  },
  none: {
    audio: { title: "No microphone was found", text: "Plug one in, then turn it on." },
    camera: { title: "No camera was found", text: "Plug one in, then turn it on." },
    both: { title: "No camera or microphone was found", text: "Plug one in and try again, or join without." },
  },
  busy: {
    audio: { title: "The microphone is in use", text: "Close the other program that uses it, then turn it on again." },
    camera: { title: "The camera is in use", text: "Close the other program that uses it, then turn it on again." },
    both: {
      title: "Camera and microphone are in use",
      text: "Close the other program that uses them and try again, or join without.",
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
      text: "Check that they are plugged in and try again, or join without.",
    },
  },
};

/**
 * How to take back a refusal, step by step, where each browser has its switch.
 *
 * @type {Record<import("./platform.js").Platform, string[]>}
 */
export const unblockSteps = {
  "chrome-desktop": [
    "Click the icon left of the address.",
    "Switch Camera and Microphone on.",
    "Press Try again; if asked to, reload the page.",
  ],
  "chrome-android": [
    "Tap the icon left of the address, then Permissions.",
    "Allow Camera and Microphone.",
    "Tap Try again.",
  ],
  "firefox-desktop": [
    "Click the crossed-out camera or microphone left of the address.",
    "Remove the block with the × beside it.",
    "Press Try again and allow it.",
  ],
  "firefox-android": ["Tap the lock left of the address.", "Allow Camera and Microphone.", "Tap Try again."],
  "safari-mac": [
    "Open the menu Safari, then Settings for this website.",
    "Set Camera and Microphone to Allow.",
    "Press Try again.",
  ],
  "safari-ios": [
    "Tap the icon left of the address, then the three dots, then Website settings.",
    "Set Camera and Microphone to Allow.",
    "Tap Try again.",
  ],
  "other-ios": [
    "Open the iPhone’s Settings and find this browser in the list of apps.",
    "Switch Camera and Microphone on.",
    "Come back and tap Try again.",
  ],
  other: ["Open the browser’s settings for this website.", "Allow camera and microphone.", "Press Try again."],
};

/** @typedef {"join" | "newCall" | "home"} ScreenAction */

/**
 * Why there is no call, and what to do about it. The actions are buttons, the first one the most likely.
 *
 * @typedef {import("../client/errors.js").RoomErrorCode | "insecure" | "offline" | "keyless"} ProblemCode
 * @type {Record<ProblemCode, { title: string, text: string, icon: import("./icons.js").IconName, actions: ScreenAction[] }>}
 */
export const problems = {
  "bad-link": {
    title: "This link does not work",
    text: "The name of the call is not a possible one. Part of the link may be missing: ask for it again, or open a new call.",
    icon: "link",
    actions: ["newCall", "home"],
  },
  "incomplete-link": {
    title: "This link is incomplete",
    text: "Its last part, after the #, is cut short. Copy the whole link again and paste it here, or ask for a new one.",
    icon: "link",
    actions: ["newCall", "home"],
  },
  keyless: {
    title: "This link is incomplete",
    text: "The key of this call, the part after the #, is missing. Copy the whole link again and paste it here.",
    icon: "link",
    actions: ["join", "newCall"],
  },
  full: {
    title: "This call is full",
    text: "There is no free seat. Try again when somebody has left, or open another call.",
    icon: "people",
    actions: ["join", "newCall"],
  },
  unauthorized: {
    title: "This link does not let you in",
    text: "Its key does not fit this call: part of it may have changed on the way, or the call was opened anew since. Ask for the link again.",
    icon: "lock",
    actions: ["join", "newCall"],
  },
  denied: {
    title: "You were not let in",
    text: "The host of this call has declined. You can ask again or open another call.",
    icon: "lock",
    actions: ["join", "newCall"],
  },
  removed: {
    title: "You were removed from the call",
    text: "The host has ended it for you. You can open another call.",
    icon: "leave",
    actions: ["newCall", "home"],
  },
  replaced: {
    title: "The call goes on in another tab",
    text: "You opened it there as well, and you can be in it only once. To have it here again, join again.",
    icon: "copy",
    actions: ["join", "home"],
  },
  ended: {
    title: "The call has ended",
    text: "The host has ended it for everybody.",
    icon: "leave",
    actions: ["newCall", "home"],
  },
  unreachable: {
    title: "The server cannot be reached",
    text: "Your internet works as far as this device can tell, but the server does not answer. Try again in a moment. Some company networks block calls.",
    icon: "offline",
    actions: ["join", "home"],
  },
  offline: {
    title: "You are offline",
    text: "This device has no internet connection. As soon as it has one again, you can join; this page notices by itself.",
    icon: "offline",
    actions: ["join", "home"],
  },
  unsupported: {
    title: "This browser cannot make video calls",
    text: "Open the link in a current version of Chrome, Edge, Firefox or Safari.",
    icon: "warning",
    actions: ["home"],
  },
  insecure: {
    title: "This page was not opened securely",
    text: "Browsers allow calls on https pages only. Open the same address with https:// in front.",
    icon: "lock",
    actions: ["home"],
  },
  left: { title: strings.leftTitle, text: "", icon: "leave", actions: ["join", "newCall"] },
};

/** The screen of somebody who knocks at a locked room. */
export const waiting = {
  title: "Waiting to be let in",
  text: "The host of this call has locked it and has been asked. You come in by yourself as soon as they agree.",
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
    element.setAttribute("aria-label", text(element.getAttribute("data-label")));
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

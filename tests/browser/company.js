import { Person } from "./person.js";

/** How often a page is looked at while a test waits, in milliseconds. */
const POLLING = 50;

/**
 * The others in a call, for tests that look at one page: as many as it takes in one tab, each with a picture that costs next to
 * nothing, which only that one page is sent. They use the library, and say what the call page says.
 */
export class Company {
  #page;

  /** @param {import("puppeteer-core").Page} page */
  constructor(page) {
    this.#page = page;
  }

  /**
   * @param {import("puppeteer-core").Browser} browser whose tab is not put to the back
   * @param {string} origin of the server
   */
  static async from(browser, origin) {
    const page = await browser.newPage();
    // Any page of the server will do: this one uses no module itself.
    await page.goto(`${origin}/nowhere`);
    await page.evaluate(gather);
    return new Company(page);
  }

  /**
   * Lets people into a room, one after the other.
   *
   * @param {string} link
   * @param {string[]} names
   */
  async join(link, names) {
    for (const name of names) await this.#page.evaluate(enter, link, name);
  }

  /**
   * Sends their pictures to one who is in the room, and waits until they are there.
   *
   * @param {Person} person
   */
  async meet(person) {
    const id = await person.id();
    const count = await this.#page.evaluate((id) => /** @type {any} */ (globalThis).company.meet(id), id);
    await person.page.waitForFunction(
      (count) => {
        const videos = Array.from(document.querySelectorAll(".tile:not(.own) video"));
        const playing = videos.filter((video) => /** @type {HTMLVideoElement} */ (video).videoWidth > 0);
        return playing.length >= count;
      },
      { polling: POLLING },
      count,
    );
  }

  /**
   * One of them does something.
   *
   * @param {string} name
   * @param {"setMedia" | "share" | "speak" | "say" | "complain" | "offerFile" | "cut" | "leave"} what
   * @param {...unknown} details
   */
  async does(name, what, ...details) {
    await this.#page.evaluate(
      (name, what, details) => /** @type {any} */ (globalThis).company.people.get(name)[what](...details),
      name,
      what,
      details,
    );
  }

  async close() {
    await this.#page.close();
  }
}

/** Runs in the page. */
function gather() {
  /** @type {Map<string, any>} */
  const people = new Map();
  /** @type {Set<string>} */
  const met = new Set();
  Object.assign(globalThis, {
    company: {
      people,
      met,
      /** @param {string} id */
      meet(id) {
        met.add(id);
        for (const person of people.values()) person.update();
        return Array.from(people.values()).filter(({ tracks }) => tracks.camera !== null).length;
      },
    },
  });
}

/**
 * Runs in the page.
 *
 * @param {string} link
 * @param {string} name
 */
async function enter(link, name) {
  const path = "/client/room.js";
  const { Room } = /** @type {typeof import("../../public/client/room.js")} */ (await import(path));
  const { people, met } = /** @type {any} */ (globalThis).company;
  const hue = (people.size * 67 + 200) % 360;
  /** @type {RTCPeerConnection[]} */
  const connections = [];
  let isCut = false;
  const peerConnection = class extends RTCPeerConnection {
    /** @param {RTCConfiguration} [configuration] */
    constructor(configuration) {
      super(configuration);
      connections.push(this);
      // Nothing ever comes of it.
      if (isCut) this.setRemoteDescription = () => new Promise(() => {});
    }
  };
  const room = new Room(link, { peerConnection });
  const sound = new AudioContext();
  const volume = new GainNode(sound, { gain: 0 });
  const outlet = new MediaStreamAudioDestinationNode(sound);
  const voice = new OscillatorNode(sound, { frequency: 180 + people.size * 20 });
  voice.connect(volume).connect(outlet);
  voice.start();
  /** @type {Record<string, MediaStreamTrack | null>} */
  const tracks = {
    audio: outlet.stream.getAudioTracks()[0] ?? null,
    camera: drawn(640, 360, face),
    screen: null,
  };
  const on = { ...tracks };
  const update = () => {
    for (const peer of room.peers.values()) {
      if (!met.has(peer.id)) continue;
      for (const kind of /** @type {const} */ (["audio", "camera", "screen"])) peer.setTrack(kind, on[kind] ?? null);
    }
  };
  const tell = (/** @type {unknown} */ message) => room.broadcast(message);
  const person = {
    tracks: on,
    update,
    /** @param {{ audio: boolean, camera: boolean }} media */
    setMedia({ audio, camera }) {
      Object.assign(on, { audio: audio ? tracks.audio : null, camera: camera ? tracks.camera : null });
      update();
    },
    share() {
      on.screen = drawn(1280, 720, slide);
      update();
    },
    /** @param {boolean} loud */
    speak(loud) {
      volume.gain.value = loud ? 0.4 : 0;
    },
    /** @param {string} text */
    say(text) {
      tell({ type: "chat", id: crypto.randomUUID(), text });
    },
    /** @param {{ audio: boolean, camera: boolean }} missing */
    complain(missing) {
      tell({ type: "reception", ...missing });
    },
    /**
     * @param {string} file
     * @param {number} bytes
     */
    offerFile(file, bytes) {
      for (const peer of room.peers.values()) {
        if (met.has(peer.id)) peer.sendFile(new File([new Uint8Array(bytes)], file)).catch(() => {});
      }
    },
    /** Loses its connections, and finds no others. */
    cut() {
      isCut = true;
      for (const connection of connections.splice(0)) connection.close();
    },
    leave() {
      room.leave();
      people.delete(name);
    },
  };
  room.addEventListener("peerjoined", ({ peer }) => {
    update();
    peer.addEventListener("state", ({ state }) => {
      if (state === "connected") peer.send({ type: "profile", name });
    });
    peer.addEventListener("message", ({ message }) => {
      const { type, id } = /** @type {any} */ (message ?? {});
      if (type === "chat") peer.send({ type: "got", id });
    });
  });
  people.set(name, person);
  await room.join();

  /**
   * @param {number} width
   * @param {number} height
   * @param {(context: CanvasRenderingContext2D, width: number, height: number) => void} draw
   */
  function drawn(width, height, draw) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    const [track = null] = canvas.captureStream(2).getVideoTracks();
    if (context === null) return track;
    const paint = () => draw(context, width, height);
    paint();
    setInterval(paint, 500);
    return track;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} width
   * @param {number} height
   */
  function face(context, width, height) {
    const light = context.createLinearGradient(0, 0, width, height);
    light.addColorStop(0, `hsl(${hue} 30% 62%)`);
    light.addColorStop(1, `hsl(${hue} 35% 30%)`);
    context.fillStyle = light;
    context.fillRect(0, 0, width, height);
    const sway = Math.sin(Date.now() / 700) * 4;
    context.fillStyle = `hsl(${(hue + 20) % 360} 30% 22%)`;
    context.beginPath();
    context.ellipse(width / 2 + sway, height * 1.05, width * 0.24, height * 0.42, 0, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = `hsl(${20 + (hue % 20)} 45% ${45 + (hue % 30)}%)`;
    context.beginPath();
    context.ellipse(width / 2 + sway, height * 0.42, height * 0.17, height * 0.22, 0, 0, 2 * Math.PI);
    context.fill();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} width
   * @param {number} height
   */
  function slide(context, width, height) {
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, width, height);
    context.fillStyle = "#16213a";
    context.font = "600 56px sans-serif";
    context.fillText("What we ship this week", 80, 130);
    context.font = "34px sans-serif";
    for (const [place, line] of [
      "The lobby, with a preview",
      "Chat with files",
      "A share beside the camera",
    ].entries()) {
      context.fillText(`•  ${line}`, 100, 230 + place * 70);
    }
    context.fillStyle = `hsl(160 60% ${40 + (Math.floor(Date.now() / 500) % 2) * 4}%)`;
    context.fillRect(80, 560, 520, 60);
  }
}

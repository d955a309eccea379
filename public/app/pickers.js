import { h } from "./dom.js";
import { icon } from "./icons.js";
import { loudness, Meter } from "./meter.js";
import { strings } from "./strings.js";

/** How often the meter is read, in milliseconds. */
const METER_MS = 80;

/** How many lamps it has. */
const LAMPS = 16;

const KINDS = /** @type {const} */ ([
  { kind: "camera", input: "videoinput", icon: "camera", label: strings.camera },
  { kind: "audio", input: "audioinput", icon: "microphone", label: strings.microphone },
  { kind: "speaker", input: "audiooutput", icon: "speaker", label: strings.speaker },
]);

let made = 0;

/** Which camera, microphone and speaker, and how loud the microphone is: in the lobby and in the settings of a call. */
export class DevicePickers {
  #devices;
  #pick;
  /** @type {Map<string, { field: HTMLElement, select: HTMLSelectElement }>} */
  #fields = new Map();
  #meter = new LevelMeter();

  /**
   * @param {import("./devices.js").Devices} devices
   * @param {(kind: "audio" | "camera" | "speaker", id: string) => void} pick
   */
  constructor(devices, pick) {
    this.#devices = devices;
    this.#pick = pick;
    this.element = h("div", { class: "pickers" }, ...KINDS.map((kind) => this.#field(kind)));
    this.#fields.get("audio")?.field.append(this.#meter.element);
    this.refresh();
  }

  /** Shows what there is now. Before a device has been allowed browsers name none, and there is nothing to choose from. */
  async refresh() {
    const list = await this.#devices.list();
    for (const { kind, input } of KINDS) {
      const { field, select } = this.#fields.get(kind) ?? {};
      if (field === undefined || select === undefined) continue;
      const known = list.filter((device) => device.kind === input && device.deviceId !== "");
      field.hidden = known.length === 0;
      const inUse = kind === "speaker" ? this.#devices.chosen.speaker : this.#devices.inUse(kind);
      fill(select, known, inUse || this.#devices.chosen[kind]);
    }
    this.element.hidden = Array.from(this.#fields.values()).every(({ field }) => field.hidden);
    this.#meter.follow(this.#devices.tracks.audio);
  }

  /** Measures nothing any more. */
  close() {
    this.#meter.follow(null);
  }

  /** @param {typeof KINDS[number]} kind */
  #field({ kind, icon: name, label }) {
    made += 1;
    const id = `pick-${kind}-${made}`;
    const select = h("select", {
      class: "input",
      id,
      change: (/** @type {Event} */ { target }) => this.#pick(kind, /** @type {HTMLSelectElement} */ (target).value),
    });
    const field = h("div", { class: "field picker", hidden: true }, h("label", { for: id }, icon(name), label), select);
    this.#fields.set(kind, { field, select });
    return field;
  }
}

/**
 * @param {HTMLSelectElement} select
 * @param {MediaDeviceInfo[]} devices
 * @param {string} selected
 */
function fill(select, devices, selected) {
  const options = devices.map(({ deviceId, label }, place) => {
    const option = h("option", { value: deviceId }, label || strings.unnamedDevice(place + 1));
    option.selected = deviceId === selected;
    return option;
  });
  select.replaceChildren(...options);
}

/** How loud a microphone is, as a row of lamps. */
export class LevelMeter {
  #lamps = Array.from({ length: LAMPS }, () => h("span", { class: "lamp" }));
  /** @type {Meter | null} */
  #meter = null;
  /** @type {MediaStreamTrack | null} */
  #track = null;
  /** @type {any} */
  #timer = null;

  constructor() {
    this.element = h(
      "div",
      { class: "level", role: "meter", "aria-label": strings.meterLabel, "aria-valuemin": 0, "aria-valuemax": LAMPS },
      ...this.#lamps,
    );
    this.show(0);
  }

  /** @param {MediaStreamTrack | null} track null for none */
  follow(track) {
    if (track === this.#track) return;
    this.#meter?.close();
    clearInterval(this.#timer);
    this.#track = track;
    this.#meter = track === null ? null : new Meter(track);
    this.show(0);
    if (track !== null) this.#timer = setInterval(() => this.show(loudness(this.#meter?.level ?? null)), METER_MS);
  }

  /** @param {number} level from 0 to 1 */
  show(level) {
    const lit = Math.round(level * LAMPS);
    if (this.element.getAttribute("aria-valuenow") === String(lit)) return;
    this.element.setAttribute("aria-valuenow", String(lit));
    for (const [place, lamp] of this.#lamps.entries()) lamp.classList.toggle("lit", place < lit);
  }
}

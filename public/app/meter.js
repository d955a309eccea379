/** Louder than this, as root mean square of samples between -1 and 1, is somebody speaking and not the room: about -40 dB. */
export const SPEECH_LEVEL = 0.012;

/** How long somebody counts as speaking after the last loud moment, in milliseconds: longer than the gaps between words. */
export const SPEECH_HOLD_MS = 700;

/** @type {AudioContext | null} */
let shared = null;

/**
 * One for the page. Without a click or key so far a browser may refuse to start it, and would complain: then there is none
 * yet, and nothing is measured.
 *
 * @returns {AudioContext | null}
 */
function context() {
  if (!("AudioContext" in globalThis) || navigator.userActivation?.hasBeenActive === false) return null;
  shared ??= new AudioContext();
  if (shared.state === "suspended") shared.resume().catch(() => {});
  return shared;
}

/** How loud a track is. Nothing of it is kept. */
export class Meter {
  #track;
  /** @type {AnalyserNode | null} */
  #analyser = null;
  /** @type {MediaStreamAudioSourceNode | null} */
  #source = null;
  #samples = new Float32Array(512);

  /** @param {MediaStreamTrack} track */
  constructor(track) {
    this.#track = track;
  }

  /** The root mean square of the last moment's samples, from 0 to 1; null while it cannot be measured. */
  get level() {
    const analyser = this.#connect();
    if (analyser === null) return null;
    analyser.getFloatTimeDomainData(this.#samples);
    return Math.sqrt(this.#samples.reduce((sum, sample) => sum + sample * sample, 0) / this.#samples.length);
  }

  close() {
    this.#source?.disconnect();
    this.#source = null;
    this.#analyser = null;
  }

  #connect() {
    const audio = context();
    if (audio === null || audio.state !== "running") return null;
    if (this.#analyser !== null) return this.#analyser;
    this.#analyser = new AnalyserNode(audio, { fftSize: 512 });
    this.#source = new MediaStreamAudioSourceNode(audio, { mediaStream: new MediaStream([this.#track]) });
    this.#source.connect(this.#analyser);
    return this.#analyser;
  }
}

/** Turns levels into whether somebody speaks. */
export class Speech {
  #last = Number.NEGATIVE_INFINITY;

  /**
   * @param {number | null} level
   * @param {number} now in milliseconds
   * @returns {boolean}
   */
  hears(level, now) {
    if (level !== null && level > SPEECH_LEVEL) this.#last = now;
    return now - this.#last < SPEECH_HOLD_MS;
  }
}

/**
 * A level as people hear it, from 0 to 1: 60 decibels, evenly.
 *
 * @param {number | null} level
 */
export function loudness(level) {
  if (level === null || level <= 0) return 0;
  return Math.min(1, Math.max(0, (20 * Math.log10(level) + 60) / 50));
}

// Sounds that repeat until they are ended. They are made of a few tones; browsers allow them once a person has pressed
// something.

import { signal } from "./signal.js";

/** @typedef {"order" | "lost"} Sound */

/** Tones of each sound: frequency in Hz, beginning and length in seconds; and how long until it repeats. */
const SOUNDS = {
  order: {
    seconds: 2.4,
    tones: /** @type {const} */ ([
      [880, 0, 0.5],
      [1174.7, 0.22, 0.5],
      [1568, 0.44, 0.9],
    ]),
  },
  lost: {
    seconds: 1.6,
    tones: /** @type {const} */ ([
      [392, 0, 0.35],
      [277.2, 0.4, 0.6],
    ]),
  },
};

/** Whether sounds can be heard. A call or a locked phone interrupts that. */
export const audible = signal(false);

/** @type {AudioContext | null} */
let context = null;
/** @type {AudioBufferSourceNode | null} */
let playing = null;
/** @type {Sound | ""} */
let sound = "";

/** Allow sounds. Call it when a person presses something. */
export async function unlock() {
  if (!context) {
    context = new AudioContext();
    context.addEventListener("statechange", tell);
  }
  await context.resume();
  tell();
}

/** End all sounds. */
export async function silence() {
  ring("");
  const former = context;
  context = null;
  tell();
  await former?.close();
}

/**
 * Repeat a sound until another one is set, or none.
 * @param {Sound | ""} wanted
 */
export function ring(wanted) {
  if (wanted === sound) return;
  playing?.stop();
  playing = wanted ? play(wanted, true) : null;
  sound = playing ? wanted : ""; // before sounds are allowed nothing plays, and it is asked for again afterwards
}

/** Play the sound of an order once. */
export function test() {
  play("order", false);
}

/**
 * @param {Sound} name
 * @param {boolean} loop
 */
function play(name, loop) {
  if (!context) return null;
  const source = context.createBufferSource();
  source.buffer = record(context, name);
  source.loop = loop;
  source.connect(context.destination);
  source.start();
  return source;
}

/**
 * Return a sound as samples. A loop of samples needs no timer; browsers slow timers down in background tabs.
 * @param {AudioContext} on
 * @param {Sound} name
 */
function record(on, name) {
  const { seconds, tones } = SOUNDS[name];
  const buffer = on.createBuffer(1, seconds * on.sampleRate, on.sampleRate);
  const samples = buffer.getChannelData(0);
  for (const [frequency, begins, length] of tones) {
    const first = Math.floor(begins * on.sampleRate);
    for (let index = 0; index < length * on.sampleRate; index++) {
      const time = index / on.sampleRate;
      const loudness = 0.45 * Math.min(1, time * 200) * Math.exp((-5 * time) / length);
      const phase = 2 * Math.PI * frequency * time;
      // The second harmonic is heard through the noise of a kitchen.
      samples[first + index] = (samples[first + index] ?? 0) + loudness * (Math.sin(phase) + 0.4 * Math.sin(2 * phase));
    }
  }
  return buffer;
}

function tell() {
  audible.set(context?.state === "running");
}

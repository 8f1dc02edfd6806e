// Follows the feed of a business: every event once, in order, whatever the network does.

import { call, Problem } from "./api.js";
import { pauseAfter } from "./backoff.js";
import { send } from "./http.js";

const WAIT_SECONDS = 25;
const PULSE_MS = 5_000;
const LOST_AFTER_MS = 10_000;
const FUTURE = Number.MAX_SAFE_INTEGER; // a number that no feed reaches: the answer says which it has reached

/** @typedef {{ seq: number, type: string, at: string, subject: string, data: Record<string, any> }} FeedEvent */

/**
 * @typedef {object} Listener
 * @property {(events: FeedEvent[]) => void} events what happened, oldest first
 * @property {(newest: number) => void} gone missed events are no longer kept: load everything again, and continue
 *   after the number `newest`
 * @property {(online: boolean) => void} online called when the server has not answered for 10 s, and when it does again
 */

/**
 * Follow a feed after a number, until the returned function is called. Without a number it begins now, and `gone` is
 * called first, since data that were loaded before may be out of date.
 * @param {string} businessId
 * @param {number | null} after
 * @param {Listener} listener
 * @returns {() => void}
 */
export function follow(businessId, after, listener) {
  const ender = new AbortController();
  const pulse = new Pulse(listener.online);
  const awake = () => document.visibilityState === "visible" && pulse.renew();
  window.addEventListener("online", pulse.hurry, { signal: ender.signal });
  window.addEventListener("pageshow", awake, { signal: ender.signal });
  document.addEventListener("visibilitychange", awake, { signal: ender.signal });
  run(businessId, after, listener, pulse, ender.signal).catch((error) => {
    if (!ender.signal.aborted) throw error;
  });
  return () => {
    pulse.stop();
    ender.abort();
  };
}

/**
 * @param {string} businessId
 * @param {number | null} after
 * @param {Listener} listener
 * @param {Pulse} pulse
 * @param {AbortSignal} signal
 */
async function run(businessId, after, listener, pulse, signal) {
  let failures = 0;
  while (!signal.aborted) {
    /** @type {number | null} */
    let pause = null;
    try {
      const path = `/api/businesses/${encodeURIComponent(businessId)}/events?after=${after ?? FUTURE}&wait=${WAIT_SECONDS}`;
      const { data, headers } = await call("GET", path, { signal: pulse.within(signal), timeout: 60_000 });
      failures = 0;
      pulse.beat();
      if (data.events.length) {
        after = data.events[data.events.length - 1].seq;
        listener.events(data.events);
      } else {
        pause = Number(headers.get("Retry-After") ?? 0) * 1000;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Problem && "newest" in error.facts) {
        after = Number(error.facts.newest);
        pulse.beat();
        listener.gone(after);
      } else if (error instanceof Problem && !error.passes) {
        return; // signed out, or the business is gone
      } else {
        if (error instanceof Problem && error.status > 0 && error.status !== 502) pulse.beat();
        pause = pauseAfter(failures++, error instanceof Problem ? error.retryAfter : null);
      }
    } finally {
      pulse.waiting?.abort(); // it has ended, and must no longer listen to `signal`
    }
    if (pause) await pulse.sleep(pause, signal);
  }
}

/** Checks every 5 s whether the server answers, since a request that waits says nothing for 25 s. */
class Pulse {
  /** @param {(online: boolean) => void} tell */
  constructor(tell) {
    this.tell = tell;
    this.isOnline = true;
    this.last = Date.now();
    this.looked = this.last;
    /** @type {AbortController | null} */
    this.waiting = null;
    /** @type {(() => void) | null} */
    this.wake = null;
    this.timer = setInterval(() => this.look(), PULSE_MS);
  }

  /** The server answered. */
  beat() {
    this.last = Date.now();
    if (this.isOnline) return;
    this.isOnline = true;
    this.tell(true);
    this.hurry();
  }

  /** Try again now. */
  hurry = () => {
    this.wake?.();
  };

  /** Send the request again: a device that slept may wait for an answer on a connection that is dead. */
  renew = () => {
    this.waiting?.abort();
    this.hurry();
  };

  /**
   * Return a signal that also aborts a request whose server no longer answers.
   * @param {AbortSignal} signal
   */
  within(signal) {
    const waiting = new AbortController();
    this.waiting = waiting;
    signal.addEventListener("abort", () => waiting.abort(), { once: true, signal: waiting.signal });
    return waiting.signal;
  }

  /**
   * Sleep for some milliseconds, or until `hurry` is called.
   * @param {number} ms
   * @param {AbortSignal} signal
   */
  sleep(ms, signal) {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve(undefined);
      }
      this.wake = done;
      signal.addEventListener("abort", done);
    });
  }

  stop() {
    clearInterval(this.timer);
  }

  async look() {
    if (Date.now() - this.looked > 3 * PULSE_MS) this.renew();
    this.looked = Date.now();
    try {
      await send("GET", "/", { timeout: PULSE_MS });
      this.beat();
    } catch {
      if (Date.now() - this.last < LOST_AFTER_MS || !this.isOnline) return;
      this.isOnline = false;
      this.tell(false);
      this.waiting?.abort();
    }
  }
}

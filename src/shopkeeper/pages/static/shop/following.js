// Follows an order by polling: often while it moves, less often later, and not while the page is hidden.

import { pauseAfter } from "../backoff.js";
import { Problem, send } from "../http.js";
import { hasEnded, remember } from "./remembered.js";

const SOON_MS = 3_000;
const LATER_MS = 10_000;
const STILL_MS = 10 * 60_000;
const LOST_AFTER = 3;

/**
 * @typedef {object} Listener
 * @property {(order: any) => void} changed
 * @property {(lost: boolean) => void} lost
 * @property {() => void} gone there is no such order
 */

/**
 * Follow an order to its end, or until the returned function is called.
 * @param {string} orderId
 * @param {string} token
 * @param {Listener} listener
 * @returns {() => void}
 */
export function followOrder(orderId, token, listener) {
  const ender = new AbortController();
  run(orderId, token, listener, ender.signal).catch((error) => {
    if (!ender.signal.aborted) throw error;
  });
  return () => ender.abort();
}

/**
 * @param {string} orderId
 * @param {string} token
 * @param {Listener} listener
 * @param {AbortSignal} signal
 */
async function run(orderId, token, listener, signal) {
  let version = -1;
  let moved = Date.now();
  let failures = 0;
  for (;;) {
    let wait = Date.now() - moved < STILL_MS ? SOON_MS : LATER_MS;
    try {
      const { data } = await send("GET", pathOf(orderId), { headers: { "Order-Token": token }, signal });
      failures = 0;
      listener.lost(false);
      if (data.version !== version || hasEnded(data)) {
        version = data.version;
        moved = Date.now();
        remember(data, token);
        listener.changed(data);
      }
      if (hasEnded(data)) return;
    } catch (problem) {
      signal.throwIfAborted();
      if (!(problem instanceof Problem)) throw problem;
      if (!problem.passes) return listener.gone();
      if (++failures >= LOST_AFTER) listener.lost(true);
      wait = pauseAfter(failures, problem.retryAfter);
    }
    await seen(wait, signal);
  }
}

/** @param {string} orderId */
export function pathOf(orderId) {
  return `/api/orders/${encodeURIComponent(orderId)}`;
}

/**
 * Wait, and longer while the page is hidden. When it is shown again, the wait ends at once.
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 */
function seen(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const end = new AbortController();
    const timer = setTimeout(() => document.hidden || done(), milliseconds);
    function done() {
      clearTimeout(timer);
      end.abort();
      if (signal.aborted) reject(signal.reason);
      else resolve(undefined);
    }
    const options = { signal: end.signal };
    document.addEventListener("visibilitychange", () => document.hidden || done(), options);
    window.addEventListener("online", done, options);
    signal.addEventListener("abort", done, options);
  });
}

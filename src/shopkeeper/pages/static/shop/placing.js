// Placing an order: once, whatever the network does.
//
// A basket has one Idempotency-Key until its order is known. What was sent and may have arrived is kept with it, so a
// lost reply, a reload and a change of the basket never make a second order.

import { pauseAfter } from "../backoff.js";
import { Problem, send } from "../http.js";
import { newKey } from "../key.js";
import { businessId, kept } from "./kept.js";
import { remember } from "./remembered.js";

const RESUMED_MS = 10 * 60_000;

/**
 * `bodies` were sent under the key, newest last; `sentAt` is when the newest was, 0 once that has ended; `isUnsure` if
 * an answer was lost.
 * @typedef {{ key: string, bodies: string[], sentAt: number, isUnsure: boolean }} Attempt
 */

/** @type {import("../signal.js").Signal<Attempt>} */
const attempt = kept("sessionStorage", "attempt", fresh());

/** Tell whether an order was sent and it is not known whether it arrived. */
export function isUnsure() {
  return attempt.value.isUnsure || attempt.value.sentAt > 0;
}

/** @returns {any} the order that was on its way a moment ago, when the page was left */
export function unfinished() {
  const { bodies, sentAt } = attempt.value;
  return Date.now() - sentAt < RESUMED_MS ? JSON.parse(bodies.at(-1) ?? "null") : null;
}

/**
 * Place an order, and remember it on this device. Until there is an answer, it is retried. Throws Problem
 * if it is refused, and the signal's reason if that aborts.
 * @param {unknown} order
 * @param {(problem: Problem) => void} onWait told what went wrong before each pause
 * @param {AbortSignal} signal
 * @returns {Promise<{ order: any, isEarlier: boolean }>} `isEarlier` if it is an order that was sent before
 */
export async function place(order, onWait, signal) {
  const body = JSON.stringify(order);
  const { key, bodies, isUnsure } = attempt.value;
  const others = bodies.filter((one) => one !== body);
  attempt.set({ key, bodies: [...others, body], sentAt: Date.now(), isUnsure });
  try {
    return known(await persist(key, body, onWait, signal), false);
  } catch (error) {
    const code = error instanceof Problem ? error.code : "";
    if (code === "idempotency_key_reused") return await earlier(key, others, onWait, signal);
    // The server looks for an order under the key before it refuses one for its content.
    const isRefused = error instanceof Problem && [409, 422].includes(error.status);
    attempt.set({ ...attempt.value, sentAt: 0, isUnsure: !isRefused && attempt.value.isUnsure });
    throw error;
  }
}

/**
 * Find out which of the orders sent before has arrived under a key.
 * @param {string} key
 * @param {string[]} bodies
 * @param {(problem: Problem) => void} onWait
 * @param {AbortSignal} signal
 */
async function earlier(key, bodies, onWait, signal) {
  for (const body of bodies) {
    try {
      return known(await persist(key, body, onWait, signal), true);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "idempotency_key_reused") throw error;
    }
  }
  attempt.set(fresh()); // another window has ordered with a copy of this basket
  throw new Problem(422, "idempotency_key_reused", "");
}

/**
 * @param {string} key
 * @param {string} body
 * @param {(problem: Problem) => void} onWait
 * @param {AbortSignal} signal
 */
async function persist(key, body, onWait, signal) {
  for (let failures = 0; ; failures++) {
    try {
      const path = `/api/businesses/${encodeURIComponent(businessId())}/orders`;
      const options = { body: JSON.parse(body), headers: { "Idempotency-Key": key }, signal };
      return (await send("POST", path, options)).data;
    } catch (problem) {
      if (!(problem instanceof Problem) || !problem.passes) throw problem;
      if (problem.status !== 429) attempt.set({ ...attempt.value, isUnsure: true });
      onWait(problem);
      await pause(pauseAfter(failures, problem.retryAfter), signal);
    }
  }
}

/**
 * @param {any} order
 * @param {boolean} isEarlier
 */
function known(order, isEarlier) {
  remember(order, order.order_token);
  attempt.set(fresh());
  return { order, isEarlier };
}

/**
 * Wait, at most until the network is back. Throws the signal's reason if that aborts.
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 */
async function pause(milliseconds, signal) {
  await new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    window.addEventListener("online", resolve, { once: true });
    signal.addEventListener("abort", resolve, { once: true });
  });
  signal.throwIfAborted();
}

/** @returns {Attempt} */
function fresh() {
  return { key: newKey(), bodies: [], sentAt: 0, isUnsure: false };
}

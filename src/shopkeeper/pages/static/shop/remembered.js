// The orders that were placed on this device, with the tokens by which they are followed.
//
// A token is never in a URL: URLs are shared, and stored by browsers and servers.

import { kept } from "./kept.js";

const MOST = 20;

/** @typedef {{ order_id: string, token: string, number: number | null, status: string, at: string }} Remembered */

/** Newest first. @type {import("../signal.js").Signal<Remembered[]>} */
export const remembered = kept("localStorage", "orders", /** @type {Remembered[]} */ ([]));

/** States after which nothing happens that a customer waits for. */
const ENDED = ["delivered", "completed", "rejected", "cancelled", "expired"];

/** @param {{ status: string }} order */
export function hasEnded({ status }) {
  return ENDED.includes(status);
}

/** @param {string} orderId */
export function tokenOf(orderId) {
  return remembered.value.find(({ order_id }) => order_id === orderId)?.token;
}

/**
 * Remember an order as it is now.
 * @param {any} order
 * @param {string} token
 */
export function remember({ order_id, number, status, created_at: at }, token) {
  const before = remembered.value;
  const index = before.findIndex((one) => one.order_id === order_id);
  const now = { order_id, token, number: number ?? null, status, at };
  if (index < 0) remembered.set([now, ...before].slice(0, MOST));
  else if (before[index]?.status !== status) remembered.set(before.with(index, now));
}

/** @param {{ number: number | null, order_id: string }} order */
export function nameOf({ number, order_id }) {
  return number ? `#${number}` : `…${order_id.slice(-4)}`;
}

// The states of an order as its customer sees them: words, tone and shape, and the steps of the progress.

import { isText, t } from "../texts.js";

/** @type {Record<string, [tone: import("../parts/badge.js").Tone, icon: import("../parts/icon.js").IconName]>} */
const LOOKS = {
  received: ["new", "clock"],
  accepted: ["info", "ring"],
  preparing: ["work", "half"],
  ready: ["good", "check"],
  out_for_delivery: ["info", "road"],
  delivered: ["good", "check"],
  completed: ["good", "check"],
  rejected: ["bad", "cross"],
  cancelled: ["bad", "cross"],
  expired: ["done", "clock"],
};

/**
 * @param {string} status
 * @param {string} [fulfilment] how the order comes to its customer, if it is known
 */
export function stepOf(status, fulfilment = "") {
  const [tone, icon] = LOOKS[status] ?? /** @type {const} */ (["done", "dot"]);
  const [special, usual] = [`order.${status}_${fulfilment}`, `order.${status}`];
  const text = isText(special) ? t(special) : isText(usual) ? t(usual) : status;
  return { tone, icon, text };
}

/**
 * The states of an order that goes well, first to last.
 * @param {string} fulfilment
 */
export function wayOf(fulfilment) {
  const way = ["received", "accepted", "preparing", "ready"];
  return fulfilment === "delivery" ? [...way, "out_for_delivery", "delivered"] : [...way, "completed"];
}

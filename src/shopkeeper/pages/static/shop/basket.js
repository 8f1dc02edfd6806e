// The basket of a customer. It stays in this window until it is ordered.

import { items } from "./catalogue.js";
import { kept } from "./kept.js";

const MOST_LINES = 100;
const MOST_OF_ONE = 999;

/**
 * A line has the name and the price that the customer saw last. `was` is an earlier price, if that has changed;
 * `gone` says that the item cannot be ordered now.
 * @typedef {object} Line
 * @property {string} item_id
 * @property {string} name
 * @property {number} price_minor
 * @property {string} currency
 * @property {number} quantity
 * @property {string} note
 * @property {number | null} [was]
 * @property {boolean} [gone]
 */

/** @type {import("../signal.js").Signal<Line[]>} */
export const basket = kept("sessionStorage", "basket", /** @type {Line[]} */ ([]));

/**
 * Tell how many of an item are in the basket.
 * @param {string} itemId
 */
export function quantityOf(itemId) {
  return lineOf(itemId)?.quantity ?? 0;
}

/** @param {string} itemId */
export function lineOf(itemId) {
  return basket.value.find((line) => line.item_id === itemId);
}

/**
 * Set how many of an item are in the basket; 0 removes its line.
 * @param {{ item_id: string, name: string, price_minor: number, currency: string }} item
 * @param {number} quantity
 * @param {string} [note] that of before, if it is left out
 */
export function take({ item_id, name, price_minor, currency }, quantity, note) {
  const before = lineOf(item_id);
  const count = Math.min(quantity, MOST_OF_ONE);
  if (count < 1) {
    basket.set(basket.value.filter((line) => line !== before));
  } else if (before) {
    change(item_id, { quantity: count, note: note ?? before.note });
  } else if (basket.value.length < MOST_LINES) {
    basket.set([...basket.value, { item_id, name, price_minor, currency, quantity: count, note: note ?? "" }]);
  }
}

/**
 * Change a line.
 * @param {string} itemId
 * @param {Partial<Line>} change
 */
export function change(itemId, change) {
  basket.set(basket.value.map((line) => (line.item_id === itemId ? { ...line, ...change } : line)));
}

/** Give every line the name, the price and the state that its item has now. */
export function renew() {
  const now = items.value;
  if (!now) return;
  basket.set(
    basket.value.map((line) => {
      const item = now.find(({ item_id }) => item_id === line.item_id);
      if (!item) return { ...line, gone: true };
      const { name, price_minor, currency, unavailable_until: until } = item;
      const was = price_minor === line.price_minor ? line.was : line.price_minor;
      return { ...line, name, price_minor, currency, was, gone: !item.available || Boolean(until) };
    }),
  );
}

/**
 * The total in minor units, and its currency; null for lines of several currencies, which no order can have.
 * @param {Line[]} lines
 */
export function totalOf(lines) {
  const currency = lines[0]?.currency;
  if (!currency || lines.some((line) => line.currency !== currency)) return null;
  return { minor: lines.reduce((sum, line) => sum + line.price_minor * line.quantity, 0), currency };
}

/** @param {Line[]} lines */
export function countOf(lines) {
  return lines.reduce((sum, line) => sum + line.quantity, 0);
}

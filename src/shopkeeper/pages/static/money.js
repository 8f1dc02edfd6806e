// Amounts of money as people read them.

import { locale } from "./texts.js";

/**
 * Return an amount in its currency's own form. `minor` is in minor units, of which each currency has its own number.
 * @param {number} minor
 * @param {string} currency
 */
export function money(minor, currency) {
  const format = new Intl.NumberFormat(locale(), { style: "currency", currency });
  return format.format(minor / 10 ** digitsOf(currency));
}

/**
 * Return how many digits a currency has after its point: 2 for EUR, 0 for JPY.
 * @param {string} currency
 */
export function digitsOf(currency) {
  const options = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  return options.maximumFractionDigits ?? 2;
}

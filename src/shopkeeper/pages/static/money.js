// Amounts of money as people read them.

import { locale } from "./texts.js";

/**
 * Return an amount in its currency's own form. `minor` is in minor units, of which each currency has its own number.
 * @param {number} minor
 * @param {string} currency
 */
export function money(minor, currency) {
  return formatOf(locale(), currency).format(minor / 10 ** digitsOf(currency));
}

/**
 * Return how many digits a currency has after its point: 2 for EUR, 0 for JPY.
 * @param {string} currency
 */
export function digitsOf(currency) {
  return formatOf("en", currency).resolvedOptions().maximumFractionDigits ?? 2;
}

/** Formats are kept: to make one takes longer than all that is done with it. @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/**
 * @param {string} language
 * @param {string} currency
 */
function formatOf(language, currency) {
  const key = `${language} ${currency}`;
  const format = formats.get(key) ?? new Intl.NumberFormat(language, { style: "currency", currency });
  formats.set(key, format);
  return format;
}

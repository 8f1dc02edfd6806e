// Amounts of money as people read them.

import { locale } from "./texts.js";

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map(); // a list has hundreds of amounts, and making a format takes longer than using it

/**
 * Return an amount in its currency's own form. `minor` is in minor units, whose number of digits depends on the currency.
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

/**
 * Return an amount as a person would type it, like `3.80`.
 * @param {number} minor
 * @param {string} currency
 */
export function plain(minor, currency) {
  const digits = digitsOf(currency);
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false };
  return new Intl.NumberFormat(locale(), options).format(minor / 10 ** digits);
}

/**
 * Return what a person typed in minor units, null if it is not an amount of that currency.
 * @param {string} typed with a point or a comma before the currency's digits
 * @param {string} currency
 */
export function minorOf(typed, currency) {
  const digits = digitsOf(currency);
  const [, whole = "", rest = ""] = /^\s*(\d+)(?:[.,](\d+))?\s*$/.exec(typed) ?? [];
  return whole && rest.length <= digits ? Number(whole + rest.padEnd(digits, "0")) : null;
}

// Times as people read them.

import { locale, t } from "./texts.js";

/**
 * Return the hour and minute of a moment, with the day if it is not today.
 * @param {string} moment
 */
export function clock(moment) {
  const date = new Date(moment);
  const isToday = date.toDateString() === new Date().toDateString();
  /** @type {Intl.DateTimeFormatOptions} */
  const day = isToday ? {} : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(locale(), { ...day, hour: "numeric", minute: "2-digit" }).format(date);
}

/**
 * Return minutes and seconds, like `9:05`; never less than nothing.
 * @param {number} milliseconds
 */
export function countdown(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/**
 * Return a number of minutes with its unit, like `20 min`.
 * @param {number} count
 */
export const minutes = (count) => t("orders.minutes", { count });

/**
 * Return how long something takes, in the unit that fits, like `5 min` or `3 hr`.
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const count = Math.floor(milliseconds / 60_000);
  if (count < 60) return minutes(count);
  const [unit, length] = count < 24 * 60 ? ["hour", 60] : ["day", 24 * 60];
  const options = /** @type {Intl.NumberFormatOptions} */ ({ style: "unit", unit, unitDisplay: "short" });
  return new Intl.NumberFormat(locale(), options).format(Math.floor(count / Number(length)));
}

// Times as people read them.

import { locale, t } from "./texts.js";

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/**
 * Return the hour and minute of a moment, with the day if it is not today, in a time zone: by default that of this
 * device.
 * @param {string} moment
 * @param {string} [timeZone]
 */
export function clock(moment, timeZone = HERE) {
  const date = new Date(moment);
  const dayOf = new Intl.DateTimeFormat("en", { timeZone, dateStyle: "short" });
  const isToday = dayOf.format(date) === dayOf.format(new Date());
  const isNear = Math.abs(date.getTime() - Date.now()) < 6 * 86_400_000;
  /** @type {Intl.DateTimeFormatOptions} */
  const day = isToday ? {} : isNear ? { weekday: "short" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(locale(), { ...day, timeZone, hour: "numeric", minute: "2-digit" }).format(date);
}

/**
 * Return minutes and seconds, like `9:05`; never negative.
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

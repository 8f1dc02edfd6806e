// Opening hours: those of a day, and when the next day of business begins.

import { addDays, momentOf, wallTime, weekdayOf } from "./zone.js";

export const DAYS = /** @type {const} */ ([
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
]);

const FURTHEST_DAYS = 29; // an item can be unavailable for at most 30

/** @typedef {{ opens: string, closes: string }} Span */
/** @typedef {{ date: string, hours: Span[], note?: string | null }} SpecialDay */
/** @typedef {Record<typeof DAYS[number], Span[]>} Week */

const WHOLE_DAY = [{ opens: "00:00", closes: "00:00" }];

/** Whether a span ends on the next day. @param {Span} span */
export const isOverMidnight = ({ opens, closes }) => Boolean(opens && closes) && closes <= opens;

/**
 * Return when a business opens on a date. Without hours it is open all day.
 * @param {Record<string, any>} business
 * @param {string} date
 * @returns {Span[]}
 */
function spansOn({ opening_hours: week, special_hours: special }, date) {
  const day = special?.find((/** @type {SpecialDay} */ one) => one.date === date);
  return day?.hours ?? (week ? (week[DAYS[weekdayOf(date)] ?? ""] ?? []) : WHOLE_DAY);
}

/**
 * Return when the next day of business begins. A night's hours belong to the day on which they began. If none begins
 * in the next weeks, it is the next midnight.
 * @param {Record<string, any>} business
 * @param {Date} [now]
 */
export function tomorrow(business, now = new Date()) {
  const zone = business.time_zone;
  const [date = "", time = ""] = wallTime(now, zone).split(" ");
  const yesterday = addDays(date, -1);
  const isNight = spansOn(business, yesterday).some((span) => isOverMidnight(span) && time < span.closes);
  const today = isNight ? yesterday : date;
  for (let ahead = 1; ahead <= FURTHEST_DAYS; ahead++) {
    const [first] = spansOn(business, addDays(today, ahead))
      .map(({ opens }) => opens)
      .sort();
    if (first) return momentOf(addDays(today, ahead), first, zone);
  }
  return momentOf(addDays(date, 1), "00:00", zone);
}

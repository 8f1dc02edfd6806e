// The time that the page of traffic shows. The choice is in the address, so that a reload keeps it.

import { addDays, wallTime } from "../zone.js";

export const PERIODS = /** @type {const} */ ([
  "today",
  "yesterday",
  "days_7",
  "days_30",
  "days_90",
  "months_12",
  "custom",
]);

// Of a time of one's own; hours and days are kept no longer than that.
const MOST_HOURLY_DAYS = 3;
const MOST_DAILY_DAYS = 120;
const HOURS_KEPT_DAYS = 35;
const DAYS_KEPT_DAYS = 775;

/** @typedef {typeof PERIODS[number]} Period */
/** @typedef {{ period: Period, from: string, to: string, site: string }} Choice dates only of a custom period */
/** @typedef {{ from: string, to: string, by: "hour" | "day" | "month" }} Span */

/** @returns {Choice} what the address says, else the last 30 days of the first site */
export function chosen() {
  const said = new URLSearchParams(location.hash.split("?")[1] ?? "");
  const period = PERIODS.find((one) => one === said.get("period")) ?? "days_30";
  return { period, from: said.get("from") ?? "", to: said.get("to") ?? "", site: said.get("site") ?? "" };
}

/** Keep a choice in the address. @param {Choice} choice */
export function keep(choice) {
  const said = new URLSearchParams(Object.entries(choice).filter(([, value]) => value));
  const [page] = location.hash.split("?");
  history.replaceState(history.state, "", `${page || "#"}?${said}`);
}

/** @param {string} zone @returns {string} the date there, like `2026-11-28` */
export const todayIn = (zone) => wallTime(new Date(), zone).slice(0, 10);

/**
 * Return the dates of a choice, both included, and the step in which they are shown.
 * @param {Choice} choice
 * @param {string} today
 * @returns {Span}
 */
export function spanOf({ period, from, to }, today) {
  if (period === "custom" && from && to) {
    const [first, last] = from < to ? [from, to] : [to, from];
    return { from: first, to: last, by: stepOf(first, last, today) };
  }
  if (period === "today") return { from: today, to: today, by: "hour" };
  if (period === "yesterday") return { from: addDays(today, -1), to: addDays(today, -1), by: "hour" };
  if (period === "months_12") return { from: monthsBefore(today, 11), to: today, by: "month" };
  const days = Number(period.split("_")[1] ?? 30);
  return { from: addDays(today, 1 - days), to: today, by: "day" };
}

/** @param {string} from @param {string} to @param {string} today @returns {Span["by"]} */
function stepOf(from, to, today) {
  const daysTo = (/** @type {string} */ end) => (Date.parse(end) - Date.parse(from)) / 86_400_000 + 1;
  const [days, age] = [daysTo(to), daysTo(today)];
  if (days <= MOST_HOURLY_DAYS && age <= HOURS_KEPT_DAYS) return "hour";
  return days <= MOST_DAILY_DAYS && age <= DAYS_KEPT_DAYS ? "day" : "month";
}

/** @param {string} date @param {number} count @returns {string} the first day of the month so many months before */
function monthsBefore(date, count) {
  const month = new Date(`${date.slice(0, 7)}-01T00:00Z`);
  month.setUTCMonth(month.getUTCMonth() - count);
  return month.toISOString().slice(0, 10);
}

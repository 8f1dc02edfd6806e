// Numbers, times and names of traffic as people read them.

import { isText, locale, t } from "../texts.js";

/** @param {number} count */
export const number = (count) => new Intl.NumberFormat(locale()).format(count);

/** @param {number} part 0 to 1 */
export const share = (part) => new Intl.NumberFormat(locale(), { style: "percent" }).format(part);

/** @param {number} change such as 0.25 for a quarter more */
export const signed = (change) =>
  new Intl.NumberFormat(locale(), { style: "percent", signDisplay: "exceptZero" }).format(change);

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const FORMS = {
  hour: { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" },
  day: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
  month: { month: "long", year: "numeric" },
};
/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const SHORT_FORMS = {
  hour: { hour: "numeric", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  month: { month: "short", year: "2-digit" },
};

/**
 * Return an hour, a day or a month of a site. It is shown as the site's clocks show it.
 * @param {string} at like `2026-11-21T08`, `2026-11-21` or `2026-11`
 * @param {"hour" | "day" | "month"} by
 * @param {boolean} [isShort]
 */
export function moment(at, by, isShort = false) {
  const form = (isShort ? SHORT_FORMS : FORMS)[by];
  const date = new Date(by === "hour" ? `${at}:00Z` : at);
  return new Intl.DateTimeFormat(locale(), { ...form, timeZone: "UTC" }).format(date);
}

/**
 * Return a name of a dimension.
 * @param {string} dimension
 * @param {string} name
 */
export function named(dimension, name) {
  if (dimension === "countries") return country(name);
  if (dimension === "sources" && name === "direct") return t("traffic.direct");
  const key = dimension === "widths" ? `width.${name}` : dimension === "bots" ? `bot.${name}` : "";
  return isText(key) ? t(key) : name;
}

/** @param {string} code */
function country(code) {
  if (!/^[A-Z]{2}$/.test(code)) return t("traffic.unknown");
  return new Intl.DisplayNames([locale()], { type: "region" }).of(code) ?? code;
}

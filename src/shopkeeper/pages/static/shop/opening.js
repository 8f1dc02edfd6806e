// Whether the business takes orders now, and when it does again, in its time zone.

import { locale, t } from "../texts.js";

const DAY_MS = 86_400_000;

/** @param {any} business */
export function takesOrders(business) {
  return business.open_now && business.accepting_orders;
}

/**
 * Return when the business takes orders again, as a sentence; nothing if that is not known.
 * @param {any} business
 */
export function whenItOpens({ opens_at: at, paused_until: paused, time_zone: zone }) {
  if (!at) return "";
  const moment = new Date(at);
  const time = format(moment, zone, { hour: "numeric", minute: "2-digit" });
  const days = Math.round((dayOf(moment, zone) - dayOf(new Date(), zone)) / DAY_MS);
  /** @type {Intl.DateTimeFormatOptions} */
  const shown = days < 7 ? { weekday: "long" } : { day: "numeric", month: "long" };
  const day = days < 2 ? t(days < 1 ? "shop.today" : "shop.tomorrow") : format(moment, zone, shown);
  const isPause = paused && new Date(paused).getTime() > Date.now();
  return t(isPause ? "shop.resumes" : "shop.opens", { day, time });
}

/**
 * The hours of a week by day, each as words; nothing if the business tells none.
 * @param {any} business
 * @returns {[day: string, hours: string][]}
 */
export function weekOf({ opening_hours: week }) {
  if (!week) return [];
  const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
  return days.map((name, index) => {
    const day = format(new Date(Date.UTC(2024, 0, 1 + index)), "UTC", { weekday: "long" }); // a Monday
    const spans = (week[name] ?? []).map((/** @type {any} */ { opens, closes }) => `${opens}–${closes}`);
    return [day, spans.join(", ") || t("shop.no_hours")];
  });
}

/**
 * @param {Date} moment
 * @param {string} zone
 * @param {Intl.DateTimeFormatOptions} options
 */
function format(moment, zone, options) {
  return new Intl.DateTimeFormat(locale(), { ...options, timeZone: zone }).format(moment);
}

/**
 * @param {Date} moment
 * @param {string} zone
 */
function dayOf(moment, zone) {
  // Swedish dates are those of ISO 8601.
  return Date.parse(new Intl.DateTimeFormat("sv", { timeZone: zone }).format(moment));
}

// Dates and times in a time zone.

const DAY_MS = 86_400_000;

/** The zone of this device. */
export const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/**
 * Return a moment as the clocks of a zone show it, like `2026-11-28 19:45:00`.
 * @param {Date} moment
 * @param {string} zone
 */
export function wallTime(moment, zone) {
  // Swedish dates are written as in ISO 8601.
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(moment);
}

/**
 * Return the moment at which the clocks of a zone show a date and a time, like `2026-11-28` and `19:45`. If they skip
 * that time, it is as long after the skip as it would have been after its beginning.
 * @param {string} date
 * @param {string} time
 * @param {string} zone
 */
export function momentOf(date, time, zone) {
  const wanted = Date.parse(`${date}T${time}Z`);
  const ahead = (/** @type {number} */ moment) =>
    Date.parse(`${wallTime(new Date(moment), zone).replace(" ", "T")}Z`) - moment;
  const first = wanted - ahead(wanted);
  const second = wanted - ahead(first); // on days on which the clocks change
  return new Date(second + ahead(second) === wanted ? second : Math.max(first, second));
}

/**
 * @param {string} date like `2026-11-28`
 * @param {number} days
 */
export function addDays(date, days) {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
}

/** @param {string} date @returns {number} 0 for Monday to 6 for Sunday */
export function weekdayOf(date) {
  return (new Date(Date.parse(date)).getUTCDay() + 6) % 7;
}

/** @returns {string[]} the zones that this browser knows, its own one first */
export function allZones() {
  return [...new Set([HERE, "UTC", ...Intl.supportedValuesOf("timeZone")])];
}

// The server's clock, and one timer for everything that shows it.

/** How far the server's clock is ahead of this device's, in milliseconds. Answers name whole seconds. */
let ahead = 0;
/** @type {Set<(now: number) => void>} */
const watchers = new Set();
let timer = 0;

/** @returns {number} the server's time, in milliseconds of the Unix epoch */
export const now = () => Date.now() + ahead;

/**
 * Set the clock by an answer of the server. A difference of at most two seconds is ignored.
 * @param {Headers} headers
 */
export function setClock(headers) {
  const apart = Date.parse(headers.get("Date") ?? "") - Date.now();
  ahead = Math.abs(apart) > 2000 ? apart : 0; // also where there is no date
}

/**
 * Call something now and each second, until the returned function is called.
 * @param {(now: number) => void} watch
 * @returns {() => void}
 */
export function everySecond(watch) {
  watchers.add(watch);
  watch(now());
  timer ||= window.setInterval(() => {
    const moment = now();
    for (const one of watchers) one(moment);
  }, 1000);
  return () => {
    watchers.delete(watch);
    if (watchers.size) return;
    clearInterval(timer);
    timer = 0;
  };
}

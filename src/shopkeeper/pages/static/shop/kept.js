// What the page stores on the customer's device, separately for each business.

import { signal } from "../signal.js";

/** @returns {string} the business that the address names */
export function businessId() {
  try {
    return decodeURIComponent(location.pathname.split("/")[2] ?? "");
  } catch {
    return "";
  }
}

/**
 * Make a signal whose value survives a reload. If the browser stores nothing, it lasts as long as the page.
 * @template T
 * @param {"sessionStorage" | "localStorage"} where for this window, or for this device
 * @param {string} name
 * @param {T} first
 * @returns {import("../signal.js").Signal<T>}
 */
export function kept(where, name, first) {
  const key = `shopkeeper.shop.${businessId()}.${name}`;
  const value = signal(/** @type {T} */ (read(where, key) ?? first));
  value.subscribe((next) => {
    try {
      window[where].setItem(key, JSON.stringify(next));
    } catch {} // full or forbidden
  });
  // What another window of this device keeps is known here too.
  window.addEventListener("storage", (event) => {
    if (event.key === key && event.newValue) value.set(JSON.parse(event.newValue));
  });
  return value;
}

/**
 * @param {"sessionStorage" | "localStorage"} where
 * @param {string} key
 */
function read(where, key) {
  try {
    return JSON.parse(window[where].getItem(key) ?? "null");
  } catch {
    return null;
  }
}

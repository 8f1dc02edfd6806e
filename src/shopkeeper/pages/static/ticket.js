// Printing an order as a ticket. A browser asks before it prints, unless it was started to print at once (Chromium with
// `--kiosk-printing`), so that a printer beside the tablet prints by itself.

import { signal } from "./signal.js";

const KEY = "shopkeeper.print";

/** The order that is being printed. */
export const printed = signal(/** @type {import("./board.js").Order | null} */ (null));
/** Whether each order is printed when it is accepted here. Another device does not print it, too. */
export const printsAccepted = signal(localStorage.getItem(KEY) === "accepted");

/** @param {boolean} wanted */
export function setPrintsAccepted(wanted) {
  localStorage.setItem(KEY, wanted ? "accepted" : "");
  printsAccepted.set(wanted);
}

/** @param {import("./board.js").Order} order */
export function print(order) {
  printed.set(order);
  window.addEventListener("afterprint", () => printed.set(null), { once: true });
  setTimeout(() => window.print()); // when the ticket is there
}

// Icons, drawn on a grid of 24 with one line width. A word beside each icon always says the same.

import { html } from "../vendor/preact.js";

/** What each icon is drawn with: the data of one SVG path. */
const PATHS = {
  account: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20c.8-3.4 3.8-5.5 7.5-5.5s6.7 2.1 7.5 5.5",
  again: "M4.5 12a7.5 7.5 0 1 1 2.2 5.3M4 20v-4.5h4.5",
  alert:
    "M12 8v5M12 16.5v.1M10.4 4.3 2.9 17.6A1.8 1.8 0 0 0 4.5 20.3h15a1.8 1.8 0 0 0 1.6-2.7L13.6 4.3a1.8 1.8 0 0 0-3.2 0Z",
  back: "M19 12H5M11 6l-6 6 6 6",
  bag: "M6 8h12l1 12.5H5L6 8ZM9 10.5V7a3 3 0 0 1 6 0v3.5",
  bell: "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15L6 16.5ZM10 21.5h4",
  catalogue: "M4 5.5h16M4 12h16M4 18.5h10M18.5 16v5M16 18.5h5",
  chart: "M4 20h16M7 16v-5M12 16V5M17 16V9",
  check: "m5 12.5 4.5 4.5L19 7.5",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3 2",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h11v11H9V9ZM5 15H4V4h11v1",
  cross: "M7 7l10 10M17 7 7 17",
  down: "m6 9.5 6 6 6-6",
  dot: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  half: "M12 4a8 8 0 1 0 0 16V4ZM12 4a8 8 0 0 1 0 16",
  image: "M4 5h16v14H4V5ZM4 16l4.5-4.5 4 4 2.5-2.5L20 18M15.5 9.5v.1",
  key: "M14.5 14a4.5 4.5 0 1 0-4.3-3.2L4 17v3h3v-2h2v-2h2l1.3-1.3c.7.2 1.4.300 2.2.300ZM15.5 8.5v.1",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1-1",
  minus: "M6 12h12",
  orders: "M6 3.5h12v17l-2.4-1.6-2 1.6-1.6-1.6-1.6 1.6-2-1.6L6 20.5v-17ZM9 8h6M9 12h6",
  pause: "M9 6v12M15 6v12",
  phone: "M6.5 3.5 9.2 9l-2 2a13 13 0 0 0 5.8 5.8l2-2 5.5 2.7c-.4 2-1.5 3-3.5 3C10 20.5 3.5 14 3.5 7c0-2 1-3.1 3-3.5Z",
  plus: "M12 6v12M6 12h12",
  print: "M7 9V3.5h10V9M7 17H4V9h16v8h-3M7 14h10v6.5H7V14Z",
  ring: "M12 19a7 7 0 1 0 0-14 7 7 0 0 0 0 14Z",
  road: "M3 16V7h10v9M13 10h4l3 3.5V16h-2M3 16h2M9.5 16H13M7.2 18.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM16 18.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.5 4.5",
  shop: "M4 10v10h16V10M3 7l2-3.5h14L21 7v1.5a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 0 0 1-6 0V7ZM10 20v-5h4v5",
  table: "M3 8h18M12 8v12.5M8 20.5h8",
  up: "m6 14.5 6-6 6 6",
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * An icon beside a word.
 * @param {{ name: IconName, filled?: boolean }} props
 */
export function Icon({ name, filled = false }) {
  return html`
    <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d=${PATHS[name]} fill=${filled ? "currentColor" : "none"} stroke="currentColor" stroke-width="1.8"
        stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  `;
}

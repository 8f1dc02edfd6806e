// The fulfilment of an order: an icon, a word, and the place.

import { t } from "../texts.js";
import { html } from "../vendor/preact.js";
import { Icon } from "./icon.js";

const ICONS = /** @type {const} */ ({ pickup: "bag", delivery: "road", table: "table" });

/** @param {import("../board.js").Fulfilment} fulfilment */
export const kindOf = ({ type, table = "" }) => t(`fulfilment.${type}`, { table });

/** Where a delivery goes, in lines. @param {import("../board.js").Fulfilment} fulfilment */
export function placeOf({ address = "", instructions = "" }) {
  const lines = typeof address === "string" ? [address] : Object.values(address);
  return [...lines, instructions].filter(Boolean);
}

/** @param {{ fulfilment: import("../board.js").Fulfilment }} props */
export function FulfilmentLine({ fulfilment }) {
  const place = placeOf(fulfilment);
  return html`
    <div class="way">
      <${Icon} name=${ICONS[fulfilment.type]} />
      <p><strong>${kindOf(fulfilment)}</strong>${place.map((line) => html`<span key=${line}>${line}</span>`)}</p>
    </div>
  `;
}

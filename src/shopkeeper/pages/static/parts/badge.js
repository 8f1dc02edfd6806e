// A badge: a word with a colour and a shape, so that none of them is needed alone.

import { html } from "../vendor/preact.js";
import { Icon } from "./icon.js";

/** @typedef {"new" | "info" | "work" | "good" | "done" | "bad"} Tone the colours of parts.css */

/**
 * @typedef {object} BadgeProps
 * @property {any} children the word
 * @property {Tone} tone
 * @property {import("./icon.js").IconName} icon
 * @property {boolean} [filled] whether the shape is
 * @property {boolean} [announced] whether a change of it is read out
 * @property {string} [place] the class that says where it stands
 */

/** @param {BadgeProps} props */
export function Badge({ children, tone, icon, filled = false, announced = false, place = "" }) {
  const names = `badge tone-${tone}${place && ` ${place}`}`;
  return html`
    <span class=${names} role=${announced ? "status" : undefined}>
      <${Icon} name=${icon} filled=${filled} />${children}
    </span>
  `;
}

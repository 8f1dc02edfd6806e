// Buttons. While one is busy it keeps its size and does nothing.

import { html } from "../vendor/preact.js";

/**
 * @typedef {object} ButtonProps
 * @property {any} children
 * @property {"primary" | "quiet" | "danger"} [kind] one button of a form is primary
 * @property {"button" | "submit"} [type]
 * @property {boolean} [busy]
 * @property {boolean} [wide] as wide as what is around it
 * @property {boolean} [expanded] whether what it shows and hides is shown
 * @property {(event: Event) => void} [onClick]
 */

/** @param {ButtonProps} props */
export function Button({ children, kind = "quiet", type = "button", busy = false, wide = false, expanded, onClick }) {
  const names = `button button-${kind}${wide ? " button-wide" : ""}`;
  return html`
    <button type=${type} class=${names} aria-busy=${busy} aria-disabled=${busy} aria-expanded=${expanded}
      onClick=${(/** @type {Event} */ event) => (busy ? event.preventDefault() : onClick?.(event))}>
      ${children}
    </button>
  `;
}

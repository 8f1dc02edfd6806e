// The lines of a basket, and what they cost together.

import { money } from "../money.js";
import { Icon } from "../parts/icon.js";
import { t } from "../texts.js";
import { html } from "../vendor/preact.js";
import { change, take, totalOf } from "./basket.js";
import { Stepper } from "./stepper.js";

/** @typedef {import("./basket.js").Line} Line */

/** @param {{ lines: Line[], notes?: boolean }} props with `notes` each line has a field for one */
export function Lines({ lines, notes = false }) {
  return html`
    <ul class="lines">
      ${lines.map((line) => html`<${LineRow} key=${line.item_id} line=${line} notes=${notes} />`)}
    </ul>
  `;
}

/** @param {{ line: Line, notes: boolean }} props */
function LineRow({ line, notes }) {
  const { item_id, name, quantity, price_minor, currency, note, was, gone } = line;
  /** @param {number} count */
  function set(count) {
    take(line, count);
    if (!count) document.getElementById("content")?.focus(); // the line is removed, and the element with the focus with it
  }
  return html`
    <li class=${gone ? "line line-gone" : "line"}>
      <span class="line-name">${name}</span>
      <span class="line-price">${money(price_minor * quantity, currency)}</span>
      ${
        gone
          ? html`<p class="field-fault"><${Icon} name="alert" />${t("basket.gone")}</p>
            <button type="button" class="round" aria-label=${t("basket.remove", { name })} onClick=${() => set(0)}>
              <${Icon} name="close" />
            </button>`
          : html`<span class="line-note">
              ${was != null && html`<span class="line-was">${t("basket.was", { price: money(was * quantity, currency) })}</span>`}
              ${
                notes
                  ? html`<input class="input line-input" name="note-${item_id}" value=${note} maxlength="300" autocomplete="off"
                      placeholder=${t("basket.wish")} aria-label=${t("basket.note", { name })}
                      onInput=${(/** @type {any} */ event) => change(item_id, { note: event.currentTarget.value })} />`
                  : note
              }
            </span>
            <${Stepper} name=${name} quantity=${quantity} onChange=${set} />`
      }
    </li>
  `;
}

/** @param {{ lines: Line[] }} props */
export function Total({ lines }) {
  const total = totalOf(lines);
  return html`
    <p class="total">
      ${total ? html`<span>${t("basket.total")}</span><strong>${money(total.minor, total.currency)}</strong>` : t("error.mixed_currencies")}
    </p>
  `;
}

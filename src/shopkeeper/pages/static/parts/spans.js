// When a business opens and closes on a day: any number of spans.

import { isOverMidnight } from "../opening.js";
import { t } from "../texts.js";
import { html } from "../vendor/preact.js";
import { Icon } from "./icon.js";

const MOST_SPANS = 5;

/** @typedef {import("../opening.js").Span} Span */

/**
 * @param {{ label: string, spans: Span[], onInput: (spans: Span[]) => void, fault?: string, children?: any }} props
 *   `label` names the day for people who cannot see it
 */
export function Spans({ label, spans, onInput, fault, children }) {
  const set = (/** @type {number} */ index, /** @type {Partial<Span>} */ change) =>
    onInput(spans.map((span, at) => (at === index ? { ...span, ...change } : span)));
  const time = (/** @type {number} */ index, /** @type {keyof Span} */ edge) => html`
    <input class="input" type="time" required value=${spans[index]?.[edge]} aria-label=${`${label}: ${t(`hours.${edge}`)}`}
      aria-invalid=${Boolean(fault)} onChange=${(/** @type {any} */ event) => set(index, { [edge]: event.currentTarget.value })} />`;
  return html`
    <div class="spans">
      ${!spans.length && html`<p class="muted spans-none">${t("hours.closed")}</p>`}
      ${spans.map(
        (span, index) => html`
          <div class="span" key=${index}>
            ${time(index, "opens")}<span aria-hidden="true">–</span>${time(index, "closes")}
            <button type="button" class="icon-button" aria-label=${`${label}: ${t("hours.remove")}`}
              onClick=${() => onInput(spans.filter((_, at) => at !== index))}><${Icon} name="close" /></button>
            ${isOverMidnight(span) && html`<small class="muted">${t("hours.next_day")}</small>`}
          </div>`,
      )}
      ${fault && html`<p class="field-fault"><${Icon} name="alert" />${fault}</p>`}
      <div class="span-acts">
        ${
          spans.length < MOST_SPANS &&
          html`<button type="button" class=${children ? "icon-button" : "button button-quiet"} aria-label=${`${label}: ${t("hours.add")}`}
            title=${t("hours.add")} onClick=${() => onInput([...spans, next(spans)])}>
            <${Icon} name="plus" />${!children && t("hours.add")}
          </button>`
        }
        ${children}
      </div>
    </div>
  `;
}

/** Tell whether a time is missing. @param {Span[]} spans */
export const isIncomplete = (spans) => spans.some(({ opens, closes }) => !opens || !closes);

/** @param {Span[]} spans @returns {Span} a span after those that are there */
function next(spans) {
  const last = spans.at(-1);
  return last ? { opens: last.closes, closes: "" } : { opens: "09:00", closes: "18:00" };
}

// Fields in which one chooses, and one for a longer text.

import { t } from "../texts.js";
import { html, useState } from "../vendor/preact.js";
import { Icon } from "./icon.js";

let choices = 0;

/** @typedef {readonly [value: string, text: string]} Option */

/**
 * One of many.
 * @param {{ name: string, label: string, value: string, options: readonly Option[], onInput: (value: string) => void,
 *   hint?: string, fault?: string }} props
 */
export function Select({ name, label, value, options, onInput, hint, fault }) {
  return html`<${Framed} label=${label} hint=${hint} fault=${fault} control=${(/** @type {any} */ aria) => html`
    <select ...${aria} class="input" name=${name} value=${value} onChange=${(/** @type {any} */ event) => onInput(event.currentTarget.value)}>
      ${options.map(([one, text]) => html`<option key=${one} value=${one} selected=${one === value}>${text}</option>`)}
    </select>`} />`;
}

/**
 * A longer text, which may be left out.
 * @param {{ name: string, label: string, value: string, onInput: (value: string) => void, most: number, fault?: string }} props
 */
export function Area({ name, label, value, onInput, most, fault }) {
  return html`<${Framed} label=${label} optional fault=${fault} control=${(/** @type {any} */ aria) => html`
    <textarea ...${aria} class="input" name=${name} rows="3" maxlength=${most} value=${value}
      onInput=${(/** @type {any} */ event) => onInput(event.currentTarget.value)} />`} />`;
}

/** @param {{ label: string, optional?: boolean, hint?: string, fault?: string, control: (aria: any) => any }} props */
function Framed({ label, optional, hint, fault, control }) {
  const [id] = useState(() => `choice-${++choices}`);
  const notes = [fault && `${id}-fault`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined;
  return html`
    <div class=${fault ? "field field-faulty" : "field"}>
      <label for=${id}>${label} ${optional && html`<span class="muted">(${t("form.optional")})</span>`}</label>
      ${control({ id, "aria-invalid": Boolean(fault), "aria-describedby": notes })}
      ${fault && html`<p class="field-fault" id="${id}-fault"><${Icon} name="alert" />${fault}</p>`}
      ${hint && html`<p class="field-hint" id="${id}-hint">${hint}</p>`}
    </div>
  `;
}

/**
 * Yes or no.
 * @param {{ label: string, checked: boolean, onInput: (checked: boolean) => void, name?: string }} props
 */
export function Tick({ label, checked, onInput, name }) {
  return html`
    <label class="tick">
      <input type="checkbox" name=${name} checked=${checked} onChange=${(/** @type {any} */ event) => onInput(event.currentTarget.checked)} />
      <span><${Icon} name="check" />${label}</span>
    </label>
  `;
}

/**
 * One of a few.
 * @param {{ name: string, label: string, value: string, options: readonly Option[], onInput: (value: string) => void }} props
 */
export function Radios({ name, label, value, options, onInput }) {
  return html`
    <fieldset class="radios">
      <legend>${label}</legend>
      ${options.map(
        ([one, text]) => html`
          <label class="tick tick-one" key=${one}>
            <input type="radio" name=${name} value=${one} checked=${one === value} onChange=${() => onInput(one)} />
            <span><${Icon} name="dot" filled />${text}</span>
          </label>`,
      )}
    </fieldset>
  `;
}

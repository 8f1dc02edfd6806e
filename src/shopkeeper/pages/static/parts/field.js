// One line of a form: its label, the input, a hint, and what is wrong with it.

import { t } from "../texts.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Icon } from "./icon.js";

let fields = 0;

/**
 * @typedef {object} FieldProps
 * @property {string} name
 * @property {string} label
 * @property {string} value
 * @property {(value: string) => void} onInput
 * @property {"text" | "email" | "password" | "tel" | "number" | "url" | "date" | "datetime-local"} [type]
 * @property {string} [hint]
 * @property {string} [fault]
 * @property {string} [autocomplete]
 * @property {boolean} [optional]
 * @property {boolean} [focused] the first field of a page takes the focus
 * @property {boolean} [fixed] shown, and not to be changed
 * @property {number} [most] characters
 * @property {string[]} [suggestions]
 * @property {"decimal" | "numeric"} [keys] which keys a phone shows
 */

/** @param {FieldProps} props */
export function Field(props) {
  const { name, label, value, onInput, type = "text", hint, fault, autocomplete = "off", optional, focused } = props;
  const [id] = useState(() => `field-${++fields}`);
  const [isShown, setShown] = useState(false);
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    if (focused) input.current?.focus();
  }, []);
  const isPassword = type === "password";
  const notes = [fault ? `${id}-fault` : "", hint ? `${id}-hint` : ""].filter(Boolean).join(" ");
  return html`
    <div class=${fault ? "field field-faulty" : "field"}>
      <label for=${id}>${label} ${optional && html`<span class="muted">(${t("form.optional")})</span>`}</label>
      <div class="field-box">
        <input ref=${input} id=${id} class=${isPassword ? "input field-secret" : "input"} name=${name} type=${isPassword && isShown ? "text" : type} value=${value}
          autocomplete=${autocomplete} autocapitalize=${type === "text" ? "sentences" : "none"} spellcheck="false"
          maxlength=${props.most ?? 200} required=${!optional} readonly=${props.fixed} inputmode=${props.keys}
          list=${props.suggestions && `${id}-list`}
          aria-invalid=${Boolean(fault)} aria-describedby=${notes || undefined}
          onInput=${(/** @type {any} */ event) => onInput(event.currentTarget.value)} />
        ${
          isPassword &&
          html`<button type="button" class="field-eye" aria-pressed=${isShown}
            aria-label=${t(isShown ? "form.hide" : "form.show")} onClick=${() => setShown(!isShown)}>
            <${Icon} name="eye" />
          </button>`
        }
      </div>
      ${
        props.suggestions &&
        html`<datalist id="${id}-list">${props.suggestions.map((one) => html`<option key=${one} value=${one} />`)}</datalist>`
      }
      ${fault && html`<p class="field-fault" id="${id}-fault"><${Icon} name="alert" />${fault}</p>`}
      ${hint && html`<p class="field-hint" id="${id}-hint">${hint}</p>`}
    </div>
  `;
}

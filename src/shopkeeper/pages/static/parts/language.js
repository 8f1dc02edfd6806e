// The switch between the languages.

import { useSignal } from "../signal.js";
import { choose, language, t } from "../texts.js";
import { html } from "../vendor/preact.js";

const CHOICES = /** @type {const} */ (["en", "de"]);

/** Two languages, each named in itself. */
export function LanguageSwitch() {
  const chosen = useSignal(language);
  return html`
    <fieldset class="choice">
      <legend class="unseen">${t("language.label")}</legend>
      ${CHOICES.map(
        (one) => html`
          <label key=${one} lang=${one}>
            <input type="radio" name="language" value=${one} checked=${one === chosen} onChange=${() => choose(one)} />
            <span>${t(`language.${one}`)}</span>
          </label>`,
      )}
    </fieldset>
  `;
}

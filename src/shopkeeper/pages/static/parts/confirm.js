// Asks before something is done that cannot be undone.

import { t } from "../texts.js";
import { html } from "../vendor/preact.js";
import { Button } from "./button.js";
import { Dialog } from "./dialog.js";
import { Failure, useForm } from "./form.js";

/**
 * @param {{ title: string, text: string, action: string, onConfirm: () => Promise<void>, onClose: () => void }} props
 *   `onConfirm` throws what went wrong
 */
export function Confirm({ title, text, action, onConfirm, onClose }) {
  const { form, submit, busy, failure } = useForm({}, () => ({}), onConfirm);
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <p class="muted">${text}</p>
      <form ref=${form} onSubmit=${submit} noValidate>
        <${Failure} text=${failure} />
        <div class="acts">
          <${Button} onClick=${onClose}>${t("form.cancel")}<//>
          <${Button} type="submit" kind="danger" busy=${busy}>${action}<//>
        </div>
      </form>
    <//>
  `;
}

// A dialog above the page. The browser keeps the focus in it.

import { t } from "../texts.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { Icon } from "./icon.js";

let dialogs = 0;

/**
 * @param {{ title: string, children: any, onClose?: () => void }} props without `onClose` it cannot be left
 */
export function Dialog({ title, children, onClose }) {
  const [id] = useState(() => `dialog-${++dialogs}`);
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  // Before a field in it takes the focus.
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return html`
    <dialog ref=${element} class="dialog" aria-labelledby=${id}
      onCancel=${(/** @type {Event} */ event) => {
        event.preventDefault();
        onClose?.();
      }}>
      <header class="spread dialog-head">
        <h2 id=${id} class="long">${title}</h2>
        ${
          onClose &&
          html`<button type="button" class="icon-button" aria-label=${t("form.close")} onClick=${onClose}>
            <${Icon} name="close" />
          </button>`
        }
      </header>
      ${children}
    </dialog>
  `;
}

// A text with a button that copies it.

import { t } from "../texts.js";
import { html, useRef, useState } from "../vendor/preact.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";
import { toast } from "./toast.js";

let copies = 0;

/** @param {{ label: string, text: string }} props */
export function Copy({ label, text }) {
  const [id] = useState(() => `copy-${++copies}`);
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  async function copy() {
    input.current?.select();
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      document.execCommand("copy"); // without https there is no clipboard
    }
    toast(t("copy.done"));
  }
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      <div class="copy">
        <input ref=${input} id=${id} class="input" value=${text} readonly spellcheck="false" />
        <${Button} onClick=${copy}><${Icon} name="copy" />${t("copy.copy")}<//>
      </div>
    </div>
  `;
}

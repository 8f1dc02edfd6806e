// The frame of pages before the shell: one card in the middle, and the language below.

import { t } from "../texts.js";
import { html, useEffect } from "../vendor/preact.js";
import { DevelopersLink } from "./developers.js";
import { Icon } from "./icon.js";
import { LanguageSwitch } from "./language.js";
import { Toasts } from "./toast.js";

/** @param {{ title: string, lead?: string, wide?: boolean, children: any }} props */
export function Front({ title, lead, wide = false, children }) {
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title]);
  return html`
    <main class="front">
      <div class=${wide ? "front-card front-wide" : "front-card"}>
        <span class="front-mark"><${Icon} name="shop" /></span>
        <h1>${title}</h1>
        ${lead && html`<p class="lead">${lead}</p>`}
        ${children}
      </div>
      <${LanguageSwitch} />
      <${DevelopersLink} />
      <${Toasts} />
    </main>
  `;
}

// What a page shows while it has no content.

import { t } from "../texts.js";
import { html } from "../vendor/preact.js";
import { Icon } from "./icon.js";

/** @param {{ icon: import("./icon.js").IconName, title: string, text?: string, heading?: "h1" | "h2", children?: any }} props */
export function Empty({ icon, title, text, heading = "h2", children }) {
  return html`
    <div class="empty">
      <span class="empty-icon"><${Icon} name=${icon} /></span>
      <${heading}>${title}<//>
      ${text && html`<p class="muted">${text}</p>`}
      ${children}
    </div>
  `;
}

/** Cards without content, in the size of those to come, so that nothing moves. @param {{ cards?: number }} props */
export function Loading({ cards = 3 }) {
  return html`
    <div class="cards" role="status" aria-label=${t("app.loading")}>
      ${Array.from({ length: cards }, (_, index) => html`<div key=${index} class="card card-empty"></div>`)}
    </div>
  `;
}

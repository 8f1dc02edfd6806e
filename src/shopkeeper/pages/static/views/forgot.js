// The way to a new password: the operator prints a link.

import { Front } from "../parts/front.js";
import { t } from "../texts.js";
import { html } from "../vendor/preact.js";

export function Forgot() {
  return html`
    <${Front} title=${t("forgot.title")} lead=${t("forgot.lead")}>
      <pre class="command" tabindex="0">shopkeeper reset you@example.com --page ${location.origin}/</pre>
      <p class="muted">${t("forgot.once")}</p>
      <p><a class="link" href="#/">${t("forgot.back")}</a></p>
    <//>
  `;
}

// What is shown where accounts come from a Cognito pool.

import { Front } from "../parts/front.js";
import { t } from "../texts.js";
import { html } from "../vendor/preact.js";

export function Elsewhere() {
  return html`<${Front} title=${t("elsewhere.title")} lead=${t("elsewhere.lead")} />`;
}

// The totals of a time, beside those of the time before.

import { t } from "../texts.js";
import { html } from "../vendor/preact.js";
import { number, signed } from "./names.js";

/** @typedef {{ views: number, uniques: number | null, daily_uniques: number, bots: number }} Sums */

/** @param {{ totals: Sums, before: Sums | null }} props */
export function Totals({ totals, before }) {
  const isKnown = totals.uniques !== null;
  const former = isKnown ? before?.uniques : before?.daily_uniques;
  return html`
    <dl class="totals">
      <${Total} name=${t("traffic.views")} count=${totals.views} former=${before?.views} />
      <${Total} name=${t("traffic.uniques")} count=${totals.uniques ?? totals.daily_uniques} former=${former}
        note=${isKnown ? "" : t("traffic.daily")} />
      <${Total} name=${t("traffic.bots")} count=${totals.bots} former=${before?.bots} note=${t("traffic.apart")} />
    </dl>
  `;
}

/** @param {{ name: string, count: number, former?: number | null, note?: string }} props */
function Total({ name, count, former, note }) {
  return html`
    <div class="total">
      <dt>${name}</dt>
      <dd class="total-count">${number(count)}</dd>
      <dd class="muted total-note">
        ${former ? t("traffic.before", { change: signed(count / former - 1), count: number(former) }) : former === 0 ? t("traffic.before_none") : t("traffic.before_unknown")}
      </dd>
      ${note && html`<dd class="muted total-note">${note}</dd>`}
    </div>
  `;
}

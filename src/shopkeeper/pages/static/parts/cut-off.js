// A line that tells of webhooks that were switched off because their servers failed.

import { get } from "../api.js";
import { useEvents } from "../live.js";
import { t } from "../texts.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { Icon } from "./icon.js";

/** @param {{ businessId: string }} props */
export function CutOff({ businessId }) {
  const [count, setCount] = useState(0);
  async function load() {
    try {
      const { data } = await get(`/api/businesses/${businessId}/webhooks`);
      const off = data.webhooks.filter((/** @type {any} */ one) => one.status === "off" && one.off_reason !== "owner");
      setCount(off.length);
    } catch {
      // The line is an extra: the board itself tells if the server cannot be reached.
    }
  }
  useEffect(() => void load(), [businessId]);
  useEvents((events) => {
    if (!events || events.some(({ type }) => type === "webhook.disabled")) load();
  });
  return html`
    <div role="status">
      ${count > 0 && html`<p class="failure"><${Icon} name="alert" /><a href="#/webhooks">${t("orders.cut_off", { count })}</a></p>`}
    </div>`;
}

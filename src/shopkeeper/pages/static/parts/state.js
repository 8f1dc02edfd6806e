// Whether a business takes orders.

import { t } from "../texts.js";
import { clock } from "../time.js";
import { html } from "../vendor/preact.js";
import { Icon } from "./icon.js";

/**
 * Return how a business stands: its words, its tone and its shape.
 * @param {Record<string, any>} business
 * @returns {{ text: string, tone: string, icon: import("./icon.js").IconName }}
 */
export function stateOf(business) {
  const { paused_until: paused, accepting_orders: accepts, open_now: open, opens_at: opens } = business;
  if (paused && new Date(paused).getTime() > Date.now()) {
    return { text: t("state.paused_until", { time: clock(paused) }), tone: "new", icon: "pause" };
  }
  if (!accepts) return { text: t("state.paused"), tone: "new", icon: "pause" };
  if (open === false) {
    const text = opens ? t("state.closed_until", { time: clock(opens) }) : t("state.closed");
    return { text, tone: "done", icon: "cross" };
  }
  return { text: t("state.open"), tone: "good", icon: "check" };
}

/** @param {{ business: Record<string, any> }} props */
export function StatePill({ business }) {
  const { text, tone, icon } = stateOf(business);
  return html`<span class="badge tone-${tone}"><${Icon} name=${icon} />${text}</span>`;
}

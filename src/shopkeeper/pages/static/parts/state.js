// Whether a business takes orders.

import { t } from "../texts.js";
import { clock } from "../time.js";
import { html } from "../vendor/preact.js";
import { Badge } from "./badge.js";

const LONGEST_MS = 300_000;

/**
 * Return the state of a business: its words, its tone and its shape.
 * @param {Record<string, any>} business
 * @returns {{ text: string, tone: import("./badge.js").Tone, icon: import("./icon.js").IconName }}
 */
export function stateOf(business) {
  const {
    paused_until: paused,
    accepting_orders: accepts,
    open_now: open,
    opens_at: opens,
    time_zone: zone,
  } = business;
  if (!accepts) return { text: t("state.paused"), tone: "new", icon: "pause" };
  if (paused && new Date(paused).getTime() > Date.now()) {
    return { text: t("state.paused_until", { time: clock(paused, zone) }), tone: "new", icon: "pause" };
  }
  if (open === false) {
    const text = opens ? t("state.closed_until", { time: clock(opens, zone) }) : t("state.closed");
    return { text, tone: "done", icon: "cross" };
  }
  return { text: t("state.open"), tone: "good", icon: "check" };
}

/**
 * Return after how many milliseconds the state of a business must be checked again: when it changes by itself, and at
 * intervals before, since its hours may be changed elsewhere.
 * @param {Record<string, any>} business
 */
export function staleAfter({ paused_until, opens_at, closes_at }) {
  const changes = [paused_until, opens_at, closes_at].filter(Boolean).map((at) => new Date(at).getTime() - Date.now());
  // The server's clock may be behind: then it is asked a few times.
  const waits = changes.filter((left) => left > -60_000).map((left) => (left > 0 ? left + 500 : 5_000));
  return Math.min(LONGEST_MS, ...waits);
}

/** @param {{ business: Record<string, any> }} props */
export function StatePill({ business }) {
  const { text, tone, icon } = stateOf(business);
  return html`<${Badge} tone=${tone} icon=${icon}>${text}<//>`;
}

// The status of an order as a badge.

import { isText, t } from "../texts.js";
import { html } from "../vendor/preact.js";
import { Badge } from "./badge.js";

/** @type {Record<string, { tone: import("./badge.js").Tone, icon: import("./icon.js").IconName, filled?: boolean }>} */
const LOOKS = {
  received: { tone: "new", icon: "dot", filled: true },
  accepted: { tone: "info", icon: "ring" },
  preparing: { tone: "work", icon: "half" },
  ready: { tone: "good", icon: "check" },
  out_for_delivery: { tone: "info", icon: "road" },
  delivered: { tone: "done", icon: "check" },
  completed: { tone: "done", icon: "check" },
  rejected: { tone: "bad", icon: "cross" },
  cancelled: { tone: "bad", icon: "cross" },
  expired: { tone: "done", icon: "clock" },
};

/** @param {{ status: string }} props */
export function StatusBadge({ status }) {
  const { tone, icon, filled } = LOOKS[status] ?? { tone: "done", icon: "dot" };
  const key = `status.${status}`;
  return html`<${Badge} tone=${tone} icon=${icon} filled=${filled}>${isText(key) ? t(key) : status}<//>`;
}

// The status of an order: by a word, a colour and a shape, so that nobody depends on one of them.

import { isText, t } from "../texts.js";
import { html } from "../vendor/preact.js";
import { Icon } from "./icon.js";

/** @type {Record<string, { tone: string, icon: import("./icon.js").IconName, filled?: boolean }>} */
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
  const { tone, icon, filled = false } = LOOKS[status] ?? { tone: "done", icon: "dot" };
  const key = `status.${status}`;
  return html`<span class="badge tone-${tone}"><${Icon} name=${icon} filled=${filled} />${isText(key) ? t(key) : status}</span>`;
}

// A webhook as a card: its URL, the state of its deliveries, and its buttons.

import { patch, post } from "../api.js";
import { Problem } from "../http.js";
import { t } from "../texts.js";
import { clock } from "../time.js";
import { html, useState } from "../vendor/preact.js";
import { Badge } from "./badge.js";
import { Button } from "./button.js";
import { Deliveries } from "./deliveries.js";
import { Icon } from "./icon.js";
import { ReplayForm } from "./replay.js";
import { useTask } from "./task.js";
import { toast } from "./toast.js";

/** @typedef {Record<string, any> & { status: keyof typeof LOOKS }} Webhook */

const LOOKS = /** @type {const} */ ({
  on: { tone: "good", icon: "check" },
  failing: { tone: "new", icon: "alert" },
  off: { tone: "bad", icon: "cross" },
});

/** Kinds of events to choose from, and their names. @type {Record<string, import("../texts.js").TextKey>} */
export const KINDS = {
  "*": "kind.all",
  "order.*": "kind.orders",
  "order.received": "kind.received",
  "item.*": "kind.items",
  "business.*": "kind.business",
};

/** @param {string} kind */
export const nameOfKind = (kind) => (KINDS[kind] ? t(KINDS[kind]) : kind);

/**
 * @param {{ webhook: Webhook, path: string, onChanged: () => Promise<void>, onSecret: (secret: string) => void,
 *   edit: () => void }} props
 */
export function WebhookCard({ webhook, path, onChanged, onSecret, edit }) {
  const {
    url,
    description,
    kinds,
    status,
    failing_since,
    off_since,
    off_reason,
    next_attempt_at,
    cursor,
    newest,
    version,
  } = webhook;
  const { busy, run } = useTask();
  const [tested, setTested] = useState(/** @type {Record<string, any> | null} */ (null));
  const [isOpen, setOpen] = useState(false);
  const [replayed, setReplayed] = useState(/** @type {string | null} */ (null)); // the number to begin with
  const { tone, icon } = LOOKS[status];
  const since = failing_since ?? off_since;
  const name = description || url;

  /** @param {boolean} enabled */
  async function switchTo(enabled) {
    try {
      await patch(path, { enabled }, `"${version}"`);
    } catch (problem) {
      if (problem instanceof Problem && problem.status < 500) await onChanged(); // it was changed or removed elsewhere
      throw problem;
    }
    await onChanged();
  }

  async function rotate() {
    onSecret((await post(`${path}/rotate`)).data.secret);
    await onChanged();
  }

  return html`
    <li class="card" aria-label=${name}>
      <header class="spread">
        <h2 class="long">${name}</h2>
        <${Badge} tone=${tone} icon=${icon} announced>${t(`webhook_state.${status}`)}<//>
      </header>
      ${description && html`<p class="muted long">${url}</p>`}
      <p>${(kinds ?? ["*"]).map(nameOfKind).join(", ")}</p>
      ${
        since &&
        html`<p class="note">
          ${t("webhooks.since", { time: clock(since) })}${off_reason && ` ${off_reason}`}
          ${status === "failing" && next_attempt_at && ` ${t("webhooks.next", { time: clock(next_attempt_at) })}`}
          ${newest > cursor && ` ${t("webhooks.waiting", { count: newest - cursor })}`}
        </p>`
      }
      <div role="status">${tested && html`<${Tested} result=${tested} />`}</div>
      <div class="choices">
        ${
          status === "off"
            ? html`<${Button} kind="primary" busy=${busy === "on"} onClick=${() => run("on", () => switchTo(true))}>${t("webhooks.on")}<//>`
            : html`<${Button} busy=${busy === "off"} onClick=${() => run("off", () => switchTo(false))}>${t("webhooks.off")}<//>`
        }
        <${Button} busy=${busy === "test"} onClick=${() => run("test", async () => setTested((await post(`${path}/test`)).data))}>${t("webhooks.test")}<//>
        <${Button} onClick=${edit}>${t("webhooks.change")}<//>
        <${Button} busy=${busy === "rotate"} onClick=${() => run("rotate", rotate)}>${t("webhooks.rotate")}<//>
        <${Button} onClick=${() => setReplayed("")}>${t("webhooks.replay")}<//>
      </div>
      <${Button} wide expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>${t("webhooks.deliveries")}<//>
      ${isOpen && html`<${Deliveries} path=${path} at=${`${cursor} ${since} ${next_attempt_at}`} replay=${setReplayed} />`}
      ${
        replayed !== null &&
        html`<${ReplayForm} first=${replayed} newest=${newest} businessId=${webhook.business_id} onClose=${() => setReplayed(null)}
          send=${async (/** @type {number} */ from) => {
            await post(`${path}/replay`, { from });
            toast(t("webhooks.replayed", { number: from }));
            await onChanged();
          }} />`
      }
    </li>
  `;
}

/** The outcome of a test. @param {{ result: Record<string, any> }} props */
function Tested({ result: { status, milliseconds, error } }) {
  return html`<p class="note note-row tone-${error ? "bad" : "good"}">
    <${Icon} name=${error ? "cross" : "check"} />${error ? t("webhooks.test_failed", { error }) : t("webhooks.tested", { status, milliseconds })}
  </p>`;
}

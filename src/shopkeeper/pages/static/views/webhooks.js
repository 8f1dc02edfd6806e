// Webhooks: their URLs, and the state of their deliveries.

import { get } from "../api.js";
import { business } from "../business.js";
import { coalesced } from "../coalesce.js";
import { explain } from "../faults.js";
import { useEvents } from "../live.js";
import { Button } from "../parts/button.js";
import { Copy } from "../parts/copy.js";
import { Dialog } from "../parts/dialog.js";
import { Empty, Loading } from "../parts/empty.js";
import { WebhookCard } from "../parts/webhook.js";
import { WebhookForm } from "../parts/webhook-form.js";
import { useSignal } from "../signal.js";
import { t } from "../texts.js";
import { html, useEffect, useState } from "../vendor/preact.js";

const LOOKS_EVERY_MS = 15_000;
const DELIVERED_AFTER_MS = 2_000; // an event that has just arrived here is being sent to the webhooks, too

/** @typedef {Record<string, any>} Webhook */

/** The page. */
export function Webhooks() {
  const shop = useSignal(business);
  if (!shop) {
    return html`<h1>${t("webhooks.title")}</h1><${Empty} icon="shop" title=${t("orders.none")} text=${t("business.none")} />`;
  }
  return html`<${List} key=${shop.business_id} path=${`/api/businesses/${shop.business_id}/webhooks`} />`;
}

/** @param {{ path: string }} props */
function List({ path }) {
  const [webhooks, setWebhooks] = useState(/** @type {Webhook[] | null} */ (null));
  const [failure, setFailure] = useState("");
  const [edited, setEdited] = useState(/** @type {string | null} */ (null)); // an id, or "new"
  const [secret, setSecret] = useState("");
  const [load] = useState(() =>
    coalesced(async () => {
      try {
        setWebhooks((await get(path)).data.webhooks);
        setFailure("");
      } catch (problem) {
        setFailure(explain(problem));
      }
    }),
  );
  useEffect(() => {
    load();
    // The feed does not tell of deliveries, except when a webhook is switched off.
    const timer = setInterval(() => document.hidden || load(), LOOKS_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  useEvents(() => {
    load();
    setTimeout(load, DELIVERED_AFTER_MS);
  });
  const add = () => setEdited("new");
  const shown = webhooks?.find(({ webhook_id }) => webhook_id === edited);
  return html`
    <div class="spread page-head">
      <h1>${t("webhooks.title")}</h1>
      ${Boolean(webhooks?.length) && html`<${Button} kind="primary" onClick=${add}>${t("webhooks.add")}<//>`}
    </div>
    <p class="muted page-lead">${t("webhooks.lead")}</p>
    ${failure && !webhooks && html`<${Empty} icon="alert" title=${failure}><${Button} onClick=${load}>${t("app.retry")}<//><//>`}
    ${!failure && !webhooks && html`<${Loading} cards=${1} />`}
    ${
      webhooks?.length === 0 &&
      html`<${Empty} icon="link" title=${t("webhooks.empty")}><${Button} kind="primary" onClick=${add}>${t("webhooks.add")}<//><//>`
    }
    <ul class="cards cards-wide">
      ${webhooks?.map(
        (webhook) => html`
          <${WebhookCard} key=${webhook.webhook_id} webhook=${webhook} path=${`${path}/${webhook.webhook_id}`} onChanged=${load}
            onSecret=${setSecret} edit=${() => setEdited(webhook.webhook_id)} />`,
      )}
    </ul>
    ${
      (edited === "new" || shown) &&
      html`<${WebhookForm} webhook=${shown ?? null} path=${path} onChanged=${load} onSecret=${setSecret} onClose=${() => setEdited(null)} />`
    }
    ${
      secret &&
      html`<${Dialog} title=${t("webhooks.secret")} onClose=${() => setSecret("")}>
        <p class="muted">${t("webhooks.secret_lead")}</p>
        <div class="spaced"><${Copy} label=${t("webhooks.secret")} text=${secret} /></div>
      <//>`
    }
  `;
}

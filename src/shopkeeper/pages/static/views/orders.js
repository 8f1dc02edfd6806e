// The orders of the business, newest first. They appear by themselves.

import { get } from "../api.js";
import { business } from "../business.js";
import { coalesced } from "../coalesce.js";
import { explain } from "../faults.js";
import { useEvents } from "../live.js";
import { money } from "../money.js";
import { StatusBadge } from "../parts/badge.js";
import { Button } from "../parts/button.js";
import { Empty, Loading } from "../parts/empty.js";
import { useSignal } from "../signal.js";
import { t } from "../texts.js";
import { clock } from "../time.js";
import { html, useEffect, useState } from "../vendor/preact.js";

const SHOWN = 50;

/** The page. */
export function Orders() {
  const shop = useSignal(business);
  return html`
    <h1>${t("orders.title")}</h1>
    ${
      shop
        ? html`<${OrderList} key=${shop.business_id} businessId=${shop.business_id} />`
        : html`<${Empty} icon="shop" title=${t("orders.none")} text=${t("orders.none_lead")} />`
    }
  `;
}

/** @param {{ businessId: string }} props */
function OrderList({ businessId }) {
  const [orders, setOrders] = useState(/** @type {any[] | null} */ (null));
  const [failure, setFailure] = useState("");
  const [load] = useState(() =>
    coalesced(async () => {
      setFailure("");
      try {
        const { data } = await get(`/api/businesses/${businessId}/orders?limit=${SHOWN}`);
        setOrders(data.orders);
      } catch (problem) {
        setFailure(explain(problem));
      }
    }),
  );
  useEffect(() => {
    load();
  }, []);
  useEvents(load);

  if (failure && !orders) {
    return html`<${Empty} icon="alert" title=${failure}><${Button} onClick=${load}>${t("app.retry")}<//><//>`;
  }
  if (!orders) return html`<${Loading} />`;
  if (!orders.length) return html`<${Empty} icon="orders" title=${t("orders.empty")} text=${t("orders.empty_lead")} />`;
  return html`
    <ul class="cards">
      ${orders.map((order) => html`<${OrderCard} key=${order.order_id} order=${order} />`)}
    </ul>
  `;
}

/** @param {{ order: any }} props */
function OrderCard({ order }) {
  const { number, order_id, status, customer, created_at, lines, note, total_minor, currency } = order;
  return html`
    <li class="card order">
      <header class="order-head">
        <h2>${number ? `#${number}` : `…${order_id.slice(-4)}`}</h2>
        <${StatusBadge} status=${status} />
      </header>
      <p class="order-who"><strong>${customer.name}</strong><time datetime=${created_at}>${clock(created_at)}</time></p>
      <ul class="order-lines">
        ${lines.map(
          (/** @type {any} */ line) =>
            html`<li key=${line.item_id}><span class="order-count">${line.quantity} ×</span><span>${line.name}</span></li>`,
        )}
      </ul>
      ${note && html`<p class="order-note"><span class="unseen">${t("orders.note")}: </span>${note}</p>`}
      <p class="order-total"><span class="order-sum">${money(total_minor, currency)}</span></p>
    </li>
  `;
}

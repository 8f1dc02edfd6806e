// An order after it was placed: its progress, until it is finished.

import { explain } from "../faults.js";
import { Problem, send } from "../http.js";
import { money } from "../money.js";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { Empty, Loading } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { toast } from "../parts/toast.js";
import { t } from "../texts.js";
import { clock } from "../time.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { basket, renew } from "./basket.js";
import { followOrder, pathOf } from "./following.js";
import { hasEnded, nameOf, remember, tokenOf } from "./remembered.js";
import { stepOf, wayOf } from "./steps.js";

/** @param {{ orderId: string, business: any }} props */
export function Tracking({ orderId, business }) {
  const token = tokenOf(orderId);
  const [order, setOrder] = useState(/** @type {any} */ (null));
  const [isGone, setGone] = useState(!token);
  const [isLost, setLost] = useState(false);
  useEffect(() => {
    if (!token) return;
    return followOrder(orderId, token, { changed: setOrder, lost: setLost, gone: () => setGone(true) });
  }, [orderId, token]);
  useEffect(() => {
    if (order) document.title = `${nameOf(order)} ${stepOf(order.status).text} · ${business?.business_name ?? ""}`;
  });
  if (isGone || !token) {
    return html`<${Empty} heading="h1" icon="orders" title=${t("order.unknown")} text=${t("order.unknown_lead")}>
      <a class="button button-primary" href="#">${t("shop.back")}</a>
    <//>`;
  }
  return html`
    <div role="alert">${isLost && html`<p class="notice tone-bad"><${Icon} name="alert" />${t("order.lost")}</p>`}</div>
    ${order ? html`<${Standing} order=${order} token=${token} onChange=${setOrder} />` : html`<${Loading} cards=${1} />`}
  `;
}

/** @param {{ order: any, token: string, onChange: (order: any) => void }} props */
function Standing({ order, token, onChange }) {
  const { status, fulfilment, reason, ready_at: readyAt, accept_until: until, created_at: placed } = order;
  const { tone, icon, text } = stepOf(status, fulfilment.type);
  const isMoving = !hasEnded(order);
  return html`
    <article class="card ticket">
      <header class="ticket-head tone-${tone}">
        <h1><span class="ticket-title">${t("order.title")}</span> <span class="ticket-number">${nameOf(order)}</span></h1>
        <p class="ticket-status" role="status"><${Icon} name=${icon} />${text}</p>
        ${status === "received" && html`<p>${t("order.until", { time: clock(until) })}</p>`}
        ${readyAt && isMoving && status !== "received" && html`<p class="ticket-time">${t("order.ready_at", { time: clock(readyAt) })}</p>`}
        ${reason && html`<p>${t("order.reason", { reason })}</p>`}
      </header>
      ${(isMoving || ["delivered", "completed"].includes(status)) && html`<${Way} order=${order} />`}
      <${Content} order=${order} />
      <p class="muted"><time datetime=${placed}>${clock(placed)}</time> · <span class="ticket-id">${order.order_id}</span></p>
      <div class="ticket-acts">
        ${status === "received" && html`<${Cancel} order=${order} token=${token} onChange=${onChange} />`}
        ${!isMoving && html`<${Button} kind="primary" onClick=${() => again(order)}>${t("order.again")}<//>`}
        <${Button} onClick=${() => window.print()}><${Icon} name="print" />${t("order.print")}<//>
        <a class="link" href="#">${t("shop.back")}</a>
      </div>
    </article>
  `;
}

/** The steps of an order, with the present one. @param {{ order: any }} props */
function Way({ order: { status, fulfilment } }) {
  const way = wayOf(fulfilment.type);
  const found = way.indexOf(status);
  const now = found < 0 ? way.length - 1 : found;
  return html`
    <ol class="way" aria-label=${t("order.steps")}>
      ${way.map((step, index) => {
        const isDone = index < now || now === way.length - 1;
        const text = step === "received" ? t("order.sent") : stepOf(step, fulfilment.type).text;
        return html`<li key=${step} class=${isDone ? "way-done" : index === now ? "way-now" : ""} aria-current=${index === now ? "step" : undefined}>
          <span class="way-mark"><${Icon} name=${isDone ? "check" : index === now ? "dot" : "ring"} filled=${index === now && !isDone} /></span>
          <span>${text}${isDone && html`<span class="unseen"> (${t("order.step_done")})</span>`}</span>
        </li>`;
      })}
    </ol>
  `;
}

/** The lines of an order, and its fulfilment. @param {{ order: any }} props */
function Content({ order: { lines, currency, total_minor, fulfilment, note } }) {
  const { type, address, table } = fulfilment;
  const where = table ?? (typeof address === "object" ? Object.values(address).join(", ") : address);
  return html`
    <ul class="lines">
      ${lines.map(
        (/** @type {any} */ line) => html`<li key=${line.item_id} class="line">
          <span class="line-name">${line.quantity} × ${line.name}</span>
          <span class="line-price">${money(line.total_minor, currency)}</span>
          ${line.note && html`<span class="line-note">${line.note}</span>`}
        </li>`,
      )}
    </ul>
    <p class="total"><span>${t("basket.total")}</span><strong>${money(total_minor, currency)}</strong></p>
    <p class="ticket-where"><strong>${t(/** @type {any} */ (`checkout.${type}`))}</strong> ${where}</p>
    ${note && html`<p class="ticket-note"><span class="muted">${t("checkout.note")}: </span>${note}</p>`}
  `;
}

/** @param {{ order: any, token: string, onChange: (order: any) => void }} props */
function Cancel({ order, token, onChange }) {
  const [isAsked, setAsked] = useState(false);
  const [isBusy, setBusy] = useState(false);
  async function cancel() {
    setBusy(true);
    const options = { body: {}, headers: { "Order-Token": token } };
    try {
      const { data } = await send("POST", `${pathOf(order.order_id)}/cancel`, options);
      remember(data, token);
      onChange(data);
    } catch (error) {
      const isLate = error instanceof Problem && error.code === "out_of_turn";
      toast(isLate ? t("order.too_late") : explain(error), "bad");
      setBusy(false);
      setAsked(false);
    }
  }
  return html`
    <${Button} kind="danger" onClick=${() => setAsked(true)}>${t("order.cancel")}<//>
    ${
      isAsked &&
      html`<${Dialog} title=${t("order.cancel_sure")} onClose=${() => setAsked(false)}>
        <p>${t("order.cancel_lead")}</p>
        <div class="ticket-acts">
          <${Button} kind="danger" busy=${isBusy} onClick=${cancel}>${t("order.cancel")}<//>
          <${Button} onClick=${() => setAsked(false)}>${t("order.keep")}<//>
        </div>
      <//>`
    }
  `;
}

/** Put what was ordered into the basket, at the prices of now. @param {any} order */
function again({ lines, currency }) {
  basket.set(
    lines.map((/** @type {any} */ { item_id, name, price_minor, quantity, note }) => {
      return { item_id, name, price_minor, currency, quantity, note: note ?? "" };
    }),
  );
  renew();
  location.hash = "#/basket";
}

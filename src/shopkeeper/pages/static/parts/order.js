// An order as a card: its lines, its customer, and its next steps.

import { nameOf, take } from "../board.js";
import { business } from "../business.js";
import { money } from "../money.js";
import { stepsOf } from "../steps.js";
import { t } from "../texts.js";
import { print, printsAccepted } from "../ticket.js";
import { clock, minutes } from "../time.js";
import { html, useState } from "../vendor/preact.js";
import { Button } from "./button.js";
import { FulfilmentLine } from "./fulfilment.js";
import { Icon } from "./icon.js";
import { StatusBadge } from "./status.js";
import { Ago, Countdown } from "./ticking.js";

/** @typedef {import("../board.js").Order} Order */
/** @typedef {(asked: { step: "accept" | "reject" | "cancel", order: Order }) => void} Ask */

/**
 * Take a step of an order. After `accept` it is printed, if that is switched on.
 * @param {Order} order
 * @param {import("../steps.js").Step} step
 * @param {Record<string, unknown>} [body]
 */
export async function lead(order, step, body) {
  const isDone = await take(order, step, body);
  setTimeout(() => refocus(order.order_id)); // after the card has moved
  if (isDone && step === "accept" && printsAccepted.value) print(order);
  return isDone;
}

/**
 * Give the focus to an order's card, if it has gone with a button. On a phone the card may not be shown.
 * @param {string} orderId
 */
function refocus(orderId) {
  const goals = [
    document.getElementById(`order-${orderId}`)?.closest("li"),
    document.querySelector(".board-filter :checked"),
  ];
  for (const goal of goals) {
    if (document.activeElement !== document.body) return;
    /** @type {HTMLElement | null | undefined} */ (goal)?.focus({ preventScroll: true });
  }
}

/** @param {{ order: Order, brief: boolean, ask: Ask }} props a brief one shows its lines only when asked */
export function OrderCard({ order, brief, ask }) {
  const { order_id, status, customer, fulfilment, created_at, lines, note, reason, ready_at } = order;
  const isNew = status === "received";
  return html`
    <li class=${isNew ? "card order order-new" : "card order"} tabindex="-1" aria-labelledby="order-${order_id}"
      data-status=${status}>
      <header class="order-head">
        <h3 id="order-${order_id}">${nameOf(order)}</h3>
        <${StatusBadge} status=${status} />
      </header>
      <p class="order-who"><strong>${customer.name}</strong><${Ago} at=${created_at} /></p>
      ${isNew && html`<${Countdown} from=${created_at} until=${order.accept_until} />`}
      ${!brief && html`<${FulfilmentLine} fulfilment=${fulfilment} />`}
      ${ready_at && !brief && html`<p class="order-ready"><${Icon} name="clock" />${t("orders.ready_at", { time: clock(ready_at) })}</p>`}
      ${
        brief
          ? html`<details><summary><span>${t("orders.items")}</span>${sum(order)}</summary><${Lines} lines=${lines} /></details>`
          : html`<${Lines} lines=${lines} />`
      }
      ${note && !brief && html`<p class="note tone-new"><span class="unseen">${t("orders.note")}: </span>${note}</p>`}
      ${status === "expired" && html`<p class="note tone-bad">${t("orders.missed")}</p>`}
      ${reason && html`<p class="note tone-bad">${reason}</p>`}
      <div class="order-total">
        ${
          customer.phone &&
          html`<a class="icon-button" href="tel:${customer.phone}" aria-label=${t("orders.call", { name: customer.name })}
            title=${customer.phone}><${Icon} name="phone" /></a>`
        }
        <${IconButton} icon="print" label=${t("orders.print", { order: nameOf(order) })} onClick=${() => print(order)} />
        ${!brief && sum(order)}
      </div>
      <${Steps} key=${status} order=${order} ask=${ask} />
    </li>
  `;
}

/** @param {Order} order */
function sum({ total_minor, currency }) {
  return html`<span class="order-sum">${money(total_minor, currency)}</span>`;
}

/** @param {{ lines: import("../board.js").Line[] }} props */
function Lines({ lines }) {
  return html`
    <ul class="order-lines">
      ${lines.map(
        ({ item_id, quantity, name, note }) => html`
          <li key=${item_id}>
            <span class="order-count">${quantity} ×</span>
            <span>${name}${note && html`<em class="order-line-note">${note}</em>`}</span>
          </li>`,
      )}
    </ul>
  `;
}

/** @param {{ order: Order, ask: Ask }} props */
function Steps({ order, ask }) {
  const [busy, setBusy] = useState("");
  const [first, second] = stepsOf(order);
  const usual = business.value?.prepare_minutes;

  /** @param {import("../steps.js").Step} step */
  async function press(step) {
    if (step === "reject" || step === "cancel") return ask({ step, order });
    if (busy) return;
    setBusy(step);
    await lead(order, step);
    setBusy("");
  }

  const name = nameOf(order);
  if (!first) return null;
  return html`
    <div class="order-steps">
      <${Button} kind=${order.status === "delivered" ? "quiet" : "primary"} busy=${busy === first} wide onClick=${() => press(first)}>
        ${first === "accept" && usual ? t("orders.accept_in", { time: minutes(usual) }) : t(`step.${first}`)}<span class="unseen"> ${name}</span>
      <//>
      ${
        second &&
        html`<${Button} kind=${second === "complete" ? "quiet" : "danger"} busy=${busy === second} onClick=${() => press(second)}>
          ${t(`step.${second}`)}<span class="unseen"> ${name}</span>
        <//>`
      }
      ${first === "accept" && html`<${IconButton} icon="clock" label=${t("orders.other_time", { order: name })} onClick=${() => ask({ step: "accept", order })} />`}
    </div>
  `;
}

/** @param {{ icon: import("./icon.js").IconName, label: string, onClick: () => void }} props */
function IconButton({ icon, label, onClick }) {
  return html`<button type="button" class="icon-button" aria-label=${label} title=${label} onClick=${onClick}><${Icon} name=${icon} /></button>`;
}

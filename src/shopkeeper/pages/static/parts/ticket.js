// An order on paper: a receipt of 58 or 80 mm. It is seen in print only, and then alone.

import { nameOf } from "../board.js";
import { business } from "../business.js";
import { money } from "../money.js";
import { useSignal } from "../signal.js";
import { t } from "../texts.js";
import { printed } from "../ticket.js";
import { clock } from "../time.js";
import { html } from "../vendor/preact.js";
import { kindOf, placeOf } from "./fulfilment.js";

/** The ticket that is being printed, if any is. */
export function Ticket() {
  const order = useSignal(printed);
  if (!order) return null;
  const { customer, fulfilment, lines, note, created_at, ready_at, total_minor, currency } = order;
  return html`
    <article class="ticket">
      <p>${business.value?.business_name}</p>
      <p class="ticket-number">${nameOf(order)}</p>
      <p class="ticket-way">${kindOf(fulfilment)}</p>
      ${placeOf(fulfilment).map((line) => html`<p key=${line}>${line}</p>`)}
      <p><strong>${customer.name}</strong> ${customer.phone ?? ""}</p>
      <p>${t("ticket.ordered")} ${clock(created_at)}</p>
      ${ready_at && html`<p class="ticket-way">${t("ticket.ready")} ${clock(ready_at)}</p>`}
      <ul>
        ${lines.map(
          ({ item_id, quantity, name, note: wish }) => html`
            <li key=${item_id}><strong>${quantity} × ${name}</strong>${wish && html`<em>${wish}</em>`}</li>`,
        )}
      </ul>
      ${note && html`<p class="ticket-note">${note}</p>`}
      <p class="ticket-total"><span>${t("ticket.total")}</span><span>${money(total_minor, currency)}</span></p>
    </article>
  `;
}

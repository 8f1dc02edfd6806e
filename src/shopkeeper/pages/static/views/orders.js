// The board: the orders of the business by their status. They are kept up to date by the feed.

import { failure, news, orders, reload } from "../board.js";
import { business } from "../business.js";
import { Ending, Minutes } from "../parts/asking.js";
import { Button } from "../parts/button.js";
import { Column } from "../parts/column.js";
import { CutOff } from "../parts/cut-off.js";
import { Empty, Loading } from "../parts/empty.js";
import { Shift } from "../parts/shift.js";
import { Ticket } from "../parts/ticket.js";
import { useSignal } from "../signal.js";
import { arrange, COLUMNS } from "../steps.js";
import { t } from "../texts.js";
import { html, useState } from "../vendor/preact.js";

const NAMES = /** @type {import("../steps.js").ColumnName[]} */ (Object.keys(COLUMNS));

/** The page. */
export function Orders() {
  const shop = useSignal(business);
  if (!shop) {
    return html`
      <h1>${t("orders.title")}</h1>
      <${Empty} icon="shop" title=${t("orders.none")} text=${t("orders.none_lead")} />
    `;
  }
  return html`
    <header class="spread board-head"><h1>${t("orders.title")}</h1><${Shift} /></header>
    <${CutOff} businessId=${shop.business_id} />
    <${Board} />
    <${News} />
    <${Ticket} />
  `;
}

function Board() {
  const all = useSignal(orders);
  const problem = useSignal(failure);
  const [shown, show] = useState(/** @type {import("../steps.js").ColumnName} */ ("new"));
  const [asked, ask] = useState(
    /** @type {{ step: "accept" | "reject" | "cancel", order: import("../board.js").Order } | null} */ (null),
  );
  if (!all && problem) {
    return html`<${Empty} icon="alert" title=${problem}><${Button} onClick=${reload}>${t("app.retry")}<//><//>`;
  }
  if (!all) return html`<${Loading} cards=${4} />`;
  if (!all.size) return html`<${Empty} icon="orders" title=${t("orders.empty")} text=${t("orders.empty_lead")} />`;
  const columns = arrange(all.values());
  const close = () => ask(null);
  return html`
    <fieldset class="choice board-filter">
      <legend class="unseen">${t("orders.filter")}</legend>
      ${NAMES.map(
        (name) => html`
          <label key=${name}>
            <input type="radio" name="column" checked=${name === shown} onChange=${() => show(name)} />
            <span><b>${columns[name].length}</b>${t(name === "done" ? "column.short_done" : `column.${name}`)}</span>
          </label>`,
      )}
    </fieldset>
    <div class="board" data-shown=${shown}>
      ${NAMES.map((name) => html`<${Column} key=${name} name=${name} orders=${columns[name]} ask=${ask} />`)}
    </div>
    ${asked?.step === "accept" && html`<${Minutes} order=${asked.order} onClose=${close} />`}
    ${asked && asked.step !== "accept" && html`<${Ending} step=${asked.step} order=${asked.order} onClose=${close} />`}
  `;
}

/** What happened, for those who listen. */
function News() {
  return html`<p class="unseen" role="status">${useSignal(news)}</p>`;
}

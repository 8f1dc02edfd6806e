// A column of the board.

import { COLUMNS } from "../steps.js";
import { language, t } from "../texts.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";
import { OrderCard } from "./order.js";
import { Still } from "./still.js";

const SETTLES_MS = 400;
const SHOWN_DONE = 30;

/** @typedef {import("../board.js").Order} Order */

/** @param {{ name: import("../steps.js").ColumnName, orders: Order[], ask: import("./order.js").Ask }} props */
export function Column({ name, orders, ask }) {
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const [most, setMost] = useState(name === "done" ? SHOWN_DONE : Number.POSITIVE_INFINITY);
  const shown = orders.slice(0, most);
  const { tone, icon } = COLUMNS[name];

  // When cards move or change, a press that was meant for another button must do nothing.
  useLayoutEffect(() => {
    list.current?.classList.add("settling");
    const timer = setTimeout(() => list.current?.classList.remove("settling"), SETTLES_MS);
    return () => clearTimeout(timer);
  }, [shown.map(({ order_id, status }) => order_id + status).join()]);

  return html`
    <section class="column column-${name} tone-${tone}" aria-labelledby="column-${name}">
      <h2 id="column-${name}" class="column-head">
        <${Icon} name=${icon} filled=${name === "new"} />${t(`column.${name}`)}<span class="column-count">${orders.length}</span>
      </h2>
      <ul class="column-cards" ref=${list}>
        ${shown.map(
          (order) => html`
            <${Still} key=${order.order_id} view=${OrderCard} order=${order} brief=${name === "done"} ask=${ask} language=${language.value} />`,
        )}
      </ul>
      ${!shown.length && html`<p class="column-empty">${t("column.empty")}</p>`}
      ${
        orders.length > shown.length &&
        html`<${Button} wide onClick=${() => setMost(most + SHOWN_DONE)}>${t("column.more", { count: orders.length - shown.length })}<//>`
      }
    </section>
  `;
}

// An item in the list of the catalogue.

import { business } from "../business.js";
import { changeItem } from "../catalogue.js";
import { money } from "../money.js";
import { tomorrow } from "../opening.js";
import { t } from "../texts.js";
import { clock } from "../time.js";
import { html } from "../vendor/preact.js";
import { Badge } from "./badge.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";
import { useTask } from "./task.js";

/** @typedef {import("../catalogue.js").Item} Item */

/** Return the change that makes an item available, or not, from now on. @param {"yes" | "tomorrow" | "no"} stock */
export function stockChange(stock) {
  const until = stock === "tomorrow" ? tomorrow(business.value ?? {}).toISOString() : null;
  return { available: stock !== "no", unavailable_until: until };
}

/**
 * @param {{ item: Item, isSorting: boolean, isFirst: boolean, isLast: boolean, edit: (itemId: string) => void,
 *   step: (item: Item, by: -1 | 1) => Promise<void> }} props
 */
export function ItemRow({ item, isSorting, isFirst, isLast, edit, step }) {
  const { busy, run } = useTask();
  const { item_id, name, price_minor, currency, available, unavailable_until: until, picture_url: picture } = item;
  const isThere = available && !until;
  const mover = (/** @type {-1 | 1} */ by, /** @type {boolean} */ isEnd) => html`
    <button type="button" class="icon-button" data-by=${by} aria-disabled=${isEnd}
      aria-label=${t(by < 0 ? "catalogue.up" : "catalogue.down", { name })} onClick=${() => isEnd || run("move", () => step(item, by))}>
      <${Icon} name=${by < 0 ? "up" : "down"} />
    </button>`;
  return html`
    <li class=${isThere ? "row" : "row row-out"} data-item=${item_id}>
      <button type="button" class="plain-button row-main" onClick=${() => edit(item_id)}>
        <span class="thumb">${picture ? html`<img src=${picture} alt="" loading="lazy" width="56" height="56" />` : html`<${Icon} name="image" />`}</span>
        <span class="row-text">
          <span class="unseen">${t("catalogue.change")} </span>
          <span class="row-name">${name}</span>
          <span class="row-price">${money(price_minor, currency)}</span>
        </span>
      </button>
      ${!isThere && html`<${OutBadge} until=${available ? until : null} />`}
      ${isSorting && html`<span class="row-acts">${mover(-1, isFirst)}${mover(1, isLast)}</span>`}
      ${
        !isSorting &&
        html`<span class="row-acts">
          <${Button} busy=${Boolean(busy)} onClick=${() => run("stock", () => changeItem(item, stockChange(isThere ? "tomorrow" : "yes")))}>
            ${t(isThere ? "catalogue.sell_out" : "catalogue.back")}<span class="unseen"> ${name}</span>
          <//>
        </span>`
      }
    </li>
  `;
}

/** @param {{ until?: string | null }} props */
function OutBadge({ until }) {
  return html`<${Badge} place="row-state" tone=${until ? "new" : "bad"} icon=${until ? "clock" : "cross"}>${
    until ? t("catalogue.out_until", { time: clock(until, business.value?.time_zone) }) : t("catalogue.out")
  }<//>`;
}

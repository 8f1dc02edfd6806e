// What the business offers, by category, with a search.

import { money } from "../money.js";
import { Empty } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { Search } from "../parts/search.js";
import { useSignal } from "../signal.js";
import { t } from "../texts.js";
import { html, useMemo, useState } from "../vendor/preact.js";
import { basket, countOf, totalOf } from "./basket.js";
import { Card } from "./card.js";
import { categoriesOf } from "./catalogue.js";
import { OrderLinks } from "./frame.js";
import { Lines, Total } from "./lines.js";
import { hasEnded, remembered } from "./remembered.js";

const SEARCHED_FROM = 8;

/**
 * The list stays as it is while another page is shown, so that the way back is short.
 * @param {{ items: any[], isShown: boolean }} props
 */
export function Menu({ items, isShown }) {
  const [text, setText] = useState("");
  const categories = useMemo(() => categoriesOf(items, text), [items, text]);
  const found = categories.reduce((sum, category) => sum + category.items.length, 0);
  return html`
    ${isShown && html`<${Yours} />`}
    ${!items.length && html`<${Empty} icon="shop" title=${t("shop.empty")} text=${t("shop.empty_lead")} />`}
    <div class="shop-columns">
      <div class="shop-menu">
        ${items.length >= SEARCHED_FROM && html`<${Finder} onInput=${setText} categories=${categories} />`}
        <p class="unseen" role="status">${text && t("shop.found", { count: found })}</p>
        ${text && !found && html`<p class="muted shop-nothing">${t("shop.nothing", { text })}</p>`}
        ${categories.map(
          ({ name, items }, index) => html`
            <section key=${name} id="category-${index}" aria-labelledby="category-${index}-name" class="category">
              <h2 id="category-${index}-name" class=${name || categories.length > 1 ? "" : "unseen"}>
                ${name || t(categories.length > 1 ? "shop.other" : "shop.title")}
              </h2>
              <ul class="menu">${items.map((item) => html`<${Card} key=${item.item_id} item=${item} />`)}</ul>
            </section>`,
        )}
      </div>
      ${isShown && items.length > 0 && html`<${Side} />`}
    </div>
    ${isShown && html`<${Bar} />`}
  `;
}

/** @param {{ onInput: (text: string) => void, categories: import("./catalogue.js").Category[] }} props */
function Finder({ onInput, categories }) {
  return html`
    <div class="finder">
      <${Icon} name="search" />
      <${Search} label=${t("shop.search")} text="" onInput=${onInput} />
    </div>
    ${
      categories.length > 1 &&
      html`<nav class="chips" aria-label=${t("shop.categories")}>
        <ul>
          ${categories.map(
            ({ name }, index) => html`<li key=${name}>
              <button type="button" class="chip" onClick=${() => show(`category-${index}`)}>${name || t("shop.other")}</button>
            </li>`,
          )}
        </ul>
      </nav>`
    }
  `;
}

/** @param {string} id */
function show(id) {
  document.getElementById(id)?.scrollIntoView();
}

/** The orders of this device that are under way. */
function Yours() {
  const open = useSignal(remembered).filter((order) => !hasEnded(order));
  return (
    open.length > 0 && html`<nav class="yours" aria-label=${t("shop.yours")}><${OrderLinks} orders=${open} /></nav>`
  );
}

/** The basket at the side of a wide screen. */
function Side() {
  const lines = useSignal(basket);
  return html`
    <aside class="card side" aria-labelledby="side">
      <h2 id="side">${t("basket.title")}</h2>
      ${
        lines.length
          ? html`<${Lines} lines=${lines} /><${Total} lines=${lines} />
            <a class="button button-primary button-wide" href="#/basket">${t("basket.checkout")}</a>`
          : html`<p class="muted">${t("basket.empty_lead")}</p>`
      }
    </aside>
  `;
}

/** The basket at the foot of a narrow screen. */
function Bar() {
  const lines = useSignal(basket);
  const count = countOf(lines);
  const total = totalOf(lines);
  const text = count === 1 ? t("basket.one") : t("basket.many", { count });
  return html`
    <div class="basket-bar" hidden=${!count}>
      <a class="button button-primary button-wide" href="#/basket">
        <span>${t("basket.open")}</span>
        <span class="basket-count">${text}</span>
        <strong>${total && money(total.minor, total.currency)}</strong>
      </a>
    </div>
    <p class="unseen" role="status">${count > 0 && text}</p>
  `;
}

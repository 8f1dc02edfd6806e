// An item of the catalogue: a card in the list, and all of it in a dialog.

import { money } from "../money.js";
import { Badge } from "../parts/badge.js";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/field.js";
import { t } from "../texts.js";
import { clock } from "../time.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { basket, lineOf, quantityOf, take } from "./basket.js";
import { Stepper } from "./stepper.js";

const NOTE = 300;

/** @param {{ item: any }} props */
export function Card({ item }) {
  const quantity = useQuantity(item.item_id);
  const [isOpen, setOpen] = useState(false);
  const { name, description, price_minor, currency, picture_url: picture } = item;
  const sold = soldOut(item);
  return html`
    <li class="item ${picture ? "item-pictured" : ""} ${sold ? "item-sold" : ""}">
      <button type="button" class="plain-button item-open" onClick=${() => setOpen(true)}>
        <span class="item-text">
          <span class="item-name">${name}</span>
          ${description && html`<span class="item-words muted">${description}</span>`}
        </span>
        ${picture && html`<${Picture} url=${picture} />`}
      </button>
      <div class="spread item-foot">
        <span class="item-price">${money(price_minor, currency)}</span>
        ${
          sold
            ? html`<${Badge} tone="done" icon="cross">${sold}<//>`
            : html`<${Stepper} name=${name} quantity=${quantity} onChange=${(/** @type {number} */ count) => take(item, count)} />`
        }
      </div>
      ${isOpen && html`<${ItemDialog} item=${item} onClose=${() => setOpen(false)} />`}
    </li>
  `;
}

/** All of an item, and how many of it, with a note. @param {{ item: any, onClose: () => void }} props */
function ItemDialog({ item, onClose }) {
  const line = lineOf(item.item_id);
  const [quantity, setQuantity] = useState(line?.quantity ?? 1);
  const [note, setNote] = useState(line?.note ?? "");
  const { name, description, price_minor, currency, picture_url: picture } = item;
  const sold = soldOut(item);
  useEffect(() => {
    window.addEventListener("hashchange", onClose);
    return () => window.removeEventListener("hashchange", onClose);
  }, []);
  /** @param {Event} event */
  function add(event) {
    event.preventDefault();
    take(item, quantity, note.trim());
    onClose();
  }
  return html`
    <${Dialog} title=${name} onClose=${onClose}>
      ${picture && html`<${Picture} url=${picture} large />`}
      ${description && html`<p class="item-all">${description}</p>`}
      <p class="item-price">${money(price_minor, currency)}</p>
      ${
        sold
          ? html`<p><${Badge} tone="done" icon="cross">${sold}<//></p>`
          : html`<form onSubmit=${add} noValidate>
              <${Field} name="wish" label=${t("shop.wish")} hint=${t("shop.wish_hint")} value=${note} onInput=${setNote}
                most=${NOTE} optional />
              <div class="spread item-add">
                <${Stepper} name=${name} quantity=${quantity} least=${line ? 0 : 1} onChange=${setQuantity} />
                <${Button} type="submit" kind="primary">
                  ${quantity ? t("shop.into", { price: money(price_minor * quantity, currency) }) : t("basket.remove", { name })}
                <//>
              </div>
            </form>`
      }
    <//>
  `;
}

/** A picture in a frame that has its size before the picture comes. @param {{ url: string, large?: boolean }} props */
function Picture({ url, large = false }) {
  return html`<img class=${large ? "picture picture-large" : "picture"} src=${url} alt="" width="400" height="300"
    loading="lazy" decoding="async" />`;
}

/** @param {any} item @returns {string} that it is sold out, and until when; nothing if it is not */
function soldOut({ available, unavailable_until: until }) {
  if (until) return t("shop.sold_until", { time: clock(until) });
  return available ? "" : t("shop.sold_out");
}

/** How many of an item are in the basket. Only what changes is drawn anew. @param {string} itemId */
function useQuantity(itemId) {
  const [quantity, setQuantity] = useState(quantityOf(itemId));
  useEffect(() => {
    const look = () => setQuantity(quantityOf(itemId));
    look();
    return basket.subscribe(look);
  }, [itemId]);
  return quantity;
}

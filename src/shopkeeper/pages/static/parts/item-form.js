// A dialog that makes an item, or changes one.

import { post } from "../api.js";
import { business } from "../business.js";
import { changeItem, deleteItem, put } from "../catalogue.js";
import { digitsOf, minorOf, plain } from "../money.js";
import { shrunk, upload } from "../picture.js";
import { t } from "../texts.js";
import { html, useState } from "../vendor/preact.js";
import { Button } from "./button.js";
import { Area, Radios, Select } from "./choice.js";
import { Confirm } from "./confirm.js";
import { Dialog } from "./dialog.js";
import { Field } from "./field.js";
import { check, Failure } from "./form.js";
import { stockChange } from "./item-row.js";
import { PictureField } from "./picture-field.js";
import { useRecord } from "./record.js";
import { toast } from "./toast.js";

const STOCKS = /** @type {const} */ (["yes", "tomorrow", "no"]);

/** @typedef {import("../catalogue.js").Item} Item */
/** @typedef {import("./form.js").Values} Values */

/**
 * @param {{ item: Item | null, items: Item[], onMade: (itemId: string) => void, onClose: () => void }} props `onMade` is
 *   told of a new item whose picture could not be sent: the dialog goes on with it
 */
export function ItemForm({ item, items, onMade, onClose }) {
  const [isDeleting, setDeleting] = useState(false);
  const [progress, setProgress] = useState(/** @type {number | null} */ (null));
  const currencies = [...new Set([...items.map(({ currency }) => currency), ...Intl.supportedValuesOf("currency")])];
  const { form, bind, submit, busy, failure, values } = useRecord(
    item ? valuesOf(item) : { ...EMPTY, currency: items.at(-1)?.currency ?? "EUR" },
    checked,
    async ({ picture, ...changes }, all) => {
      const typed = bodyOf(item ? changes : all, all);
      /** @type {Item} */
      let saved;
      if (!item) {
        const { unavailable_until: _, ...body } = typed;
        const { data } = await post("/api/items", { business_id: business.value?.business_id, ...body });
        saved = data;
        put(saved);
        onMade(saved.item_id);
      } else {
        saved = Object.keys(typed).length ? await changeItem(item, typed) : item;
      }
      if (picture) {
        try {
          const name = await upload(saved.item_id, await shrunk(picture), setProgress);
          saved = await changeItem(saved, { picture: name });
        } finally {
          setProgress(null);
        }
      } else if (picture === null) {
        saved = await changeItem(saved, { picture });
      }
      toast(t("form.saved"));
      onClose();
      return valuesOf(saved);
    },
  );
  const categories = [...new Set(items.map(({ category }) => category ?? ""))].filter(Boolean).sort();
  const digits = digitsOf(values.currency);
  if (isDeleting && item) {
    return html`<${Confirm} title=${t("item.delete_title", { name: item.name })} text=${t("item.delete_text")} action=${t("item.delete")}
      onConfirm=${() => deleteItem(item).then(onClose)} onClose=${() => setDeleting(false)} />`;
  }
  return html`
    <${Dialog} title=${t(item ? "item.title" : "item.title_new")} onClose=${onClose}>
      <form ref=${form} onSubmit=${submit} noValidate>
        <${Field} ...${bind("name")} label=${t("item.name")} focused=${!item} />
        <div class="pair">
          <${Field} ...${bind("price_minor")} label=${t("item.price")} keys=${digits ? "decimal" : "numeric"} most=${20} />
          <${Select} ...${bind("currency")} label=${t("item.currency")} options=${currencies.map((one) => [one, one])} />
        </div>
        <${Field} ...${bind("category")} label=${t("item.category")} optional most=${100} suggestions=${categories} />
        <${Area} ...${bind("description")} label=${t("item.description")} most=${2000} />
        <${PictureField} label=${t("item.picture")} shown=${item?.picture_url} ...${bind("picture")} progress=${progress} />
        <${Radios} ...${bind("stock")} label=${t("item.stock")} options=${STOCKS.filter((one) => item || one !== "tomorrow").map((one) => [one, t(`stock.${one}`)])} />
        <${Failure} text=${failure} />
        <div class="acts">
          ${item && html`<${Button} kind="danger" onClick=${() => setDeleting(true)}>${t("item.delete")}<//>`}
          <${Button} type="submit" kind="primary" busy=${busy}>${t("form.save")}<//>
        </div>
      </form>
    <//>
  `;
}

/** `picture` is what is to be shown from now on: a file, null for none, an empty text for the same as before. */
const EMPTY = { name: "", price_minor: "", currency: "", category: "", description: "", stock: "yes", picture: "" };

/** @param {Item} item @returns {Values} */
function valuesOf({ name, price_minor, currency, category, description, available, unavailable_until: until }) {
  const stock = available ? (until ? "tomorrow" : "yes") : "no";
  const price = plain(price_minor, currency);
  return {
    name,
    price_minor: price,
    currency,
    category: category ?? "",
    description: description ?? "",
    stock,
    picture: "",
  };
}

/** @param {Values} values */
function checked(values) {
  const faults = check(values, { required: ["name", "price_minor"] });
  if (!faults.price_minor && minorOf(values.price_minor, values.currency) === null)
    faults.price_minor = t("item.price_wrong");
  return faults;
}

/**
 * Return the body of a request for what was typed.
 * @param {Values} changes
 * @param {Values} values
 */
function bodyOf({ name, stock, category, description, price_minor, currency }, values) {
  /** @type {Record<string, unknown>} */
  const body = { ...(stock && stockChange(stock)) };
  if (name !== undefined) body.name = name.trim();
  if (currency !== undefined) body.currency = currency;
  if (category !== undefined) body.category = category.trim() || null;
  if (description !== undefined) body.description = description.trim() || null;
  if ((price_minor ?? currency) !== undefined) body.price_minor = minorOf(values.price_minor, values.currency);
  return body;
}

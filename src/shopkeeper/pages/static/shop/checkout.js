// The checkout: the basket, the fulfilment, the customer, and placing the order.

import { Problem } from "../http.js";
import { money } from "../money.js";
import { Button } from "../parts/button.js";
import { Empty } from "../parts/empty.js";
import { Field } from "../parts/field.js";
import { check, Failure, useForm } from "../parts/form.js";
import { Icon } from "../parts/icon.js";
import { toast } from "../parts/toast.js";
import { phoneOf } from "../phone.js";
import { useSignal } from "../signal.js";
import { t } from "../texts.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { basket, change, totalOf } from "./basket.js";
import { kept } from "./kept.js";
import { Lines, Total } from "./lines.js";
import { takesOrders } from "./opening.js";
import { isUnsure, place, unfinished } from "./placing.js";

const WAYS = /** @type {const} */ ({ pickup: "bag", delivery: "road", table: "table" });
const PHONE = /^\+[1-9]\d{1,14}$/;
const ADDRESS = 500;
const NOTE = 1000;

const table = new URLSearchParams(location.search).get("table")?.slice(0, 50) ?? "";

/** What the customer typed, for this window. */
const details = kept("sessionStorage", "details", /** @type {Record<string, string>} */ ({ way: "pickup" }));
if (table && table !== details.value.table) details.set({ ...details.value, way: "table", table });

/** @param {{ business: any, reload: () => Promise<unknown> }} props */
export function Checkout({ business, reload }) {
  const lines = useSignal(basket);
  if (!lines.length) {
    return html`<${Empty} heading="h1" icon="bag" title=${t("basket.empty")} text=${t("basket.empty_lead")}>
      <a class="button button-primary" href="#">${t("shop.back")}</a>
    <//>`;
  }
  return html`
    <h1>${t("basket.title")}</h1>
    <div class="checkout">
      <section class="card checkout-lines" aria-label=${t("basket.title")}>
        <${Lines} lines=${lines} notes />
        <${Total} lines=${lines} />
      </section>
      <${OrderForm} lines=${lines} isOpen=${takesOrders(business)} reload=${reload} />
    </div>
  `;
}

/** @param {{ lines: import("./basket.js").Line[], isOpen: boolean, reload: () => Promise<unknown> }} props */
function OrderForm({ lines, isOpen, reload }) {
  const [isWaiting, setWaiting] = useState(false);
  const resumed = useRef(/** @type {any} */ (null));
  const ender = useRef(new AbortController());
  const total = totalOf(lines);

  /** @param {Record<string, string>} values */
  async function send(values) {
    ender.current = new AbortController();
    const order = resumed.current ?? orderOf(values, lines);
    resumed.current = null;
    try {
      const { order: placed, isEarlier } = await place(order, () => setWaiting(true), ender.current.signal);
      basket.set([]);
      details.set({ ...details.value, note: "" });
      if (isEarlier) toast(t("checkout.earlier"));
      location.replace(`#/order/${placed.order_id}`);
    } catch (error) {
      if (ender.current.signal.aborted) return;
      if (error instanceof Problem && [409, 422].includes(error.status)) {
        await reload().catch(() => {}); // the present state is shown
        if (error.code === "item_unavailable") change(String(error.facts.item_id), { gone: true });
      }
      throw error;
    } finally {
      setWaiting(false);
    }
  }

  const { form, bind, submit, busy, failure, values, setValues } = useForm(details.value, wrong, send);
  useEffect(() => details.set(values), [values]);
  useEffect(() => {
    // The page was left during the request: the same order is sent again, and placed only once.
    resumed.current = unfinished();
    if (resumed.current) form.current?.requestSubmit();
  }, []);

  const { way = "pickup" } = values;
  const isPossible = isOpen && total && !lines.some((line) => line.gone);
  const set = (/** @type {Record<string, string>} */ change) => setValues((before) => ({ ...before, ...change }));
  return html`
    <form class="card" ref=${form} onSubmit=${submit} noValidate>
      <fieldset class="group">
        <legend>${t("checkout.how")}</legend>
        <div class="choice ways">
          ${Object.entries(WAYS).map(
            ([name, icon]) => html`<label key=${name}>
              <input type="radio" name="way" value=${name} checked=${name === way} onChange=${() => set({ way: name })} />
              <span><${Icon} name=${icon} />${t(/** @type {any} */ (`checkout.${name}`))}</span>
            </label>`,
          )}
        </div>
        ${
          way === "delivery" &&
          html`<${Field} ...${bind("address")} label=${t("checkout.address")} hint=${t("checkout.address_hint")}
              autocomplete="street-address" most=${ADDRESS} />
            <${Field} ...${bind("instructions")} label=${t("checkout.instructions")} most=${ADDRESS} optional />`
        }
        ${way === "table" && html`<${Field} ...${bind("table")} label=${t("checkout.table_number")} most=${50} />`}
      </fieldset>
      <fieldset class="group">
        <legend>${t("checkout.who")}</legend>
        <${Field} ...${bind("name")} label=${t("checkout.name")} autocomplete="name" />
        <${Field} ...${bind("phone")} type="tel" label=${t("checkout.phone")} hint=${t("checkout.phone_hint")}
          autocomplete="tel" most=${30} optional=${Boolean(values.email)} />
        <${Field} ...${bind("email")} type="email" label=${t("checkout.email")} hint=${t("checkout.reach")}
          autocomplete="email" most=${254} optional=${Boolean(values.phone)} />
        ${
          values.email &&
          html`<label class="tick"><input type="checkbox" name="notify" checked=${Boolean(values.notify)}
            onChange=${(/** @type {any} */ event) => set({ notify: event.currentTarget.checked ? "1" : "" })} />
            <span>${t("checkout.notify")}</span></label>`
        }
        <${Field} ...${bind("note")} label=${t("checkout.note")} most=${NOTE} optional />
      </fieldset>
      <div class="place">
        <${Failure} text=${failure} />
        <div role="status">
          ${isWaiting && html`<p class="notice tone-new"><${Icon} name="clock" />${t("checkout.waiting")}</p>`}
          ${!busy && isUnsure() && html`<p class="notice tone-new"><${Icon} name="alert" />${t("checkout.unsure")}</p>`}
        </div>
        <button type="submit" class="button button-primary button-wide" aria-busy=${busy} disabled=${!busy && !isPossible}>
          ${total ? t("checkout.place", { price: money(total.minor, total.currency) }) : t("error.mixed_currencies")}
        </button>
        ${isWaiting && html`<${Button} wide onClick=${() => ender.current.abort()}>${t("checkout.stop")}<//>`}
      </div>
    </form>
  `;
}

/**
 * @param {Record<string, string>} values
 * @returns {Record<string, string>} what cannot be right, by field
 */
function wrong(values) {
  const { phone = "", email = "", way = "" } = values;
  const place = { delivery: ["address"], table: ["table"] }[way] ?? [];
  const faults = check(values, { required: ["name", ...place], emails: ["email"] });
  if (phone && !PHONE.test(phoneOf(phone))) faults.phone = t("checkout.phone_fault");
  if (!phone && !email) faults.phone = t("checkout.reach_fault");
  return faults;
}

/**
 * Return the order as the API takes it.
 * @param {Record<string, string>} values
 * @param {import("./basket.js").Line[]} lines
 */
function orderOf(values, lines) {
  const { way: type = "pickup", name = "", phone = "", email = "", notify } = values;
  const [address, instructions, note, place] = ["address", "instructions", "note", "table"].map((key) =>
    clean(values[key]),
  );
  const contact = {
    ...(phone && { phone: phoneOf(phone) }),
    ...(email && { email: email.trim(), notify: Boolean(notify) }),
  };
  return {
    customer: { name: name.trim(), ...contact },
    lines: lines.map(({ item_id, quantity, note }) => ({ item_id, quantity, note: clean(note) })),
    fulfilment: {
      type,
      ...(type === "delivery" && { address, instructions }),
      ...(type === "table" && { table: place }),
    },
    note,
    expected_total_minor: totalOf(lines)?.minor,
  };
}

/** @param {string | undefined} text @returns {string | null} */
function clean(text) {
  return text?.trim() || null;
}

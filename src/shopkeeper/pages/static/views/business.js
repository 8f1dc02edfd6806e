// The business: whether it takes orders, its hours, and what customers know of it.

import { remove } from "../api.js";
import { business, businessTag, changeBusiness, loadBusiness } from "../business.js";
import { Button } from "../parts/button.js";
import { Select, Tick } from "../parts/choice.js";
import { Confirm } from "../parts/confirm.js";
import { Copy } from "../parts/copy.js";
import { Empty } from "../parts/empty.js";
import { Field } from "../parts/field.js";
import { check, Failure } from "../parts/form.js";
import { HoursCard } from "../parts/hours.js";
import { PauseCard } from "../parts/pause.js";
import { useRecord } from "../parts/record.js";
import { SpecialDaysCard } from "../parts/special-days.js";
import { toast } from "../parts/toast.js";
import { phoneOf } from "../phone.js";
import { useSignal } from "../signal.js";
import { t } from "../texts.js";
import { html, useState } from "../vendor/preact.js";

const TYPES = /** @type {const} */ (["restaurant", "cafe", "bakery", "food_truck", "catering", "retail", "other"]);
const SCHEME = "https";
const SITE = /^(https:\/\/[a-z0-9.-]+(:\d{1,5})?|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?)?$/;
/** The languages of mails by their own names. @type {[string, string][]} */
const LANGUAGES = [
  ["en", "English"],
  ["de", "Deutsch"],
];
const CONTACTS = /** @type {const} */ (["phone", "email", "address"]);

/** The page. */
export function Business() {
  const shop = useSignal(business);
  if (!shop) {
    return html`<h1>${t("business.title")}</h1><${Empty} icon="shop" title=${t("orders.none")} text=${t("business.none")} />`;
  }
  return html`
    <h1>${t("business.title")}</h1>
    <div class="cards cards-wide" key=${shop.business_id}>
      <${PauseCard} shop=${shop} />
      <section class="card" aria-labelledby="page">
        <h2 id="page">${t("business.page")}</h2>
        <p class="muted">${t("business.page_lead")}</p>
        <${Copy} label=${t("business.link")} text=${`${location.origin}/shop/${shop.business_id}`} />
        <p><a class="link" href="/shop/${shop.business_id}" target="_blank" rel="noopener">${t("business.open")}</a></p>
      </section>
      <${HoursCard} shop=${shop} />
      <${SpecialDaysCard} shop=${shop} />
      <${FactsCard} shop=${shop} />
      <${EndCard} shop=${shop} />
    </div>
  `;
}

/** @param {{ shop: Record<string, any> }} props */
function FactsCard({ shop }) {
  const { form, bind, submit, busy, failure, values } = useRecord(
    valuesOf(shop),
    (typed) => {
      const faults = check(typed, { required: ["business_name", "phone", "email", "address"], emails: ["email"] });
      const minutes = typed.prepare_minutes.trim();
      if (!SITE.test(siteOf(typed.site))) faults.site = t("business.site_wrong");
      if (minutes && !/^[1-9]\d{0,3}$/.test(minutes)) faults.prepare_minutes = t("business.minutes_wrong");
      return faults;
    },
    async (changes) => {
      const { business_type, prepare_minutes, phone, site, ...others } = changes;
      /** @type {Record<string, unknown>} */
      const body = others;
      if (business_type !== undefined) body.business_type = business_type || null;
      if (prepare_minutes !== undefined) body.prepare_minutes = Number(prepare_minutes) || null;
      if (phone !== undefined) body.phone = phoneOf(phone);
      if (site !== undefined) body.site = siteOf(site) || null;
      const saved = await changeBusiness(body);
      toast(t("form.saved"));
      return valuesOf(saved);
    },
  );
  const types = /** @type {[string, string][]} */ (TYPES.map((one) => [one, t(`business_type.${one}`)]));
  const shown = bind("public_contact");
  return html`
    <section class="card" aria-labelledby="facts">
      <h2 id="facts">${t("business.facts")}</h2>
      <form ref=${form} onSubmit=${submit} noValidate>
        <${Field} ...${bind("business_name")} label=${t("setup.business_name")} autocomplete="organization" />
        <${Select} ...${bind("business_type")} label=${t("business.type")} options=${[["", "–"], ...types]} />
        <${Field} ...${bind("phone")} type="tel" label=${t("setup.phone")} hint=${t("setup.phone_hint")} autocomplete="tel" most=${40} />
        <${Field} ...${bind("email")} type="email" label=${t("setup.email")} autocomplete="email" most=${254} />
        <${Field} ...${bind("address")} label=${t("setup.address")} autocomplete="street-address" most=${500} />
        <fieldset class="radios">
          <legend>${t("business.public")}</legend>
          ${CONTACTS.map(
            (one) => html`
              <${Tick} key=${one} name="public_${one}" label=${t(`contact.${one}`)} checked=${values.public_contact.includes(one)}
                onInput=${(/** @type {boolean} */ isShown) => shown.onInput(CONTACTS.filter((name) => (name === one ? isShown : values.public_contact.includes(name))))} />`,
          )}
        </fieldset>
        <${Field} ...${bind("prepare_minutes")} label=${t("business.minutes")} hint=${t("business.minutes_hint")} optional keys="numeric" most=${4} />
        <${Field} ...${bind("site")} type="url" label=${t("business.site")} hint=${t("business.site_hint")} optional autocomplete="url" most=${200} />
        <${Tick} name="order_emails" label=${t("business.order_emails")} checked=${values.order_emails} onInput=${bind("order_emails").onInput} />
        <${Tick} name="traffic_emails" label=${t("business.traffic_emails")} checked=${values.traffic_emails} onInput=${bind("traffic_emails").onInput} />
        <${Select} ...${bind("mail_language")} label=${t("business.mail_language")} options=${LANGUAGES} />
        <${Failure} text=${failure} />
        <${Button} type="submit" kind="primary" busy=${busy}>${t("form.save")}<//>
      </form>
    </section>
  `;
}

/** @param {Record<string, any>} shop */
function valuesOf({
  business_name,
  business_type,
  phone,
  email,
  address,
  public_contact,
  prepare_minutes,
  order_emails,
  traffic_emails,
  mail_language,
  site,
}) {
  return {
    business_name,
    business_type: business_type ?? "",
    phone,
    email,
    address: typeof address === "string" ? address : Object.values(address).join(", "),
    public_contact: CONTACTS.filter((one) => public_contact.includes(one)),
    prepare_minutes: String(prepare_minutes ?? ""),
    order_emails,
    traffic_emails,
    mail_language,
    site: site ?? "",
  };
}

/** The origin of a site as it was typed, with or without its scheme. @param {string} typed */
function siteOf(typed) {
  const site = typed.trim().toLowerCase().replace(/\/$/, "");
  return !site || site.includes("://") ? site : `${SCHEME}://${site}`;
}

/** @param {{ shop: Record<string, any> }} props */
function EndCard({ shop }) {
  const [isAsking, setAsking] = useState(false);
  async function end() {
    await remove(`/api/businesses/${shop.business_id}`, businessTag());
    await loadBusiness();
  }
  return html`
    <section class="card" aria-labelledby="end">
      <h2 id="end">${t("business.end")}</h2>
      <p class="muted">${t("business.end_lead")}</p>
      <${Button} kind="danger" onClick=${() => setAsking(true)}>${t("business.delete")}<//>
      ${
        isAsking &&
        html`<${Confirm} title=${t("business.delete_title", { name: shop.business_name })} text=${t("business.delete_text")}
          action=${t("business.delete")} onConfirm=${end} onClose=${() => setAsking(false)} />`
      }
    </section>
  `;
}

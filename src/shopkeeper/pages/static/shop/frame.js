// The frame of the customers' page: above the business and whether it takes orders, below how to reach it.

import { Badge } from "../parts/badge.js";
import { Icon } from "../parts/icon.js";
import { LanguageSwitch } from "../parts/language.js";
import { useSignal } from "../signal.js";
import { t } from "../texts.js";
import { clock } from "../time.js";
import { html, useEffect } from "../vendor/preact.js";
import { takesOrders, weekOf, whenItOpens } from "./opening.js";
import { nameOf, remembered } from "./remembered.js";
import { stepOf } from "./steps.js";

/** @param {{ business: any, isMenu: boolean }} props */
export function Header({ business, isMenu }) {
  useEffect(() => {
    if (business) document.title = business.business_name;
  });
  return html`
    <header class="bar">
      ${isMenu ? html`<span class="bar-mark"><${Icon} name="shop" /></span>` : html`<a class="icon-button" href="#" aria-label=${t("shop.back")}><${Icon} name="back" /></a>`}
      <${isMenu ? "h1" : "p"} class="bar-title">${business?.business_name}<//>
      ${business && html`<${State} business=${business} />`}
    </header>
  `;
}

/** Whether the business takes orders: by a word, a colour and a shape. @param {{ business: any }} props */
function State({ business }) {
  const isPaused = !business.accepting_orders || business.paused_until;
  const [key, tone, icon] = takesOrders(business)
    ? /** @type {const} */ (["state.open", "good", "check"])
    : isPaused
      ? /** @type {const} */ (["state.paused", "new", "pause"])
      : /** @type {const} */ (["state.closed", "done", "cross"]);
  return html`<${Badge} tone=${tone} icon=${icon} announced>${t(key)}<//>`;
}

/** Why nobody can order now, and when they can. @param {{ business: any }} props */
export function NotNow({ business }) {
  return html`
    <div role="status">
      ${
        !takesOrders(business) &&
        html`<div class="notice tone-new"><${Icon} name="clock" />
          <p><strong>${whenItOpens(business) || t("error.paused")}</strong>${t("shop.stays")}</p>
        </div>`
      }
    </div>
  `;
}

/** @param {{ orders: import("./remembered.js").Remembered[] }} props */
export function OrderLinks({ orders }) {
  return html`
    <ul>
      ${orders.map((order) => {
        const { icon, tone, text } = stepOf(order.status);
        return html`<li key=${order.order_id}>
          <a href="#/order/${order.order_id}" class="spread yours-link">
            <span><strong>${t("shop.order")} ${nameOf(order)}</strong> <time class="muted" datetime=${order.at}>${clock(order.at)}</time></span>
            <${Badge} tone=${tone} icon=${icon}>${text}<//>
          </a>
        </li>`;
      })}
    </ul>
  `;
}

/** How to reach the business, as far as it shows that, and when it is open. @param {{ business: any }} props */
export function About({ business }) {
  const { address, phone, email } = business;
  const week = weekOf(business);
  const orders = useSignal(remembered);
  return html`
    <footer class="shop-about">
      ${
        (address || phone || email || week.length > 0) &&
        html`<section aria-labelledby="about">
          <h2 id="about">${t("shop.contact")}</h2>
          ${address && html`<p>${typeof address === "string" ? address : Object.values(address).join(", ")}</p>`}
          ${phone && html`<p><a class="link" href="tel:${phone}">${phone}</a></p>`}
          ${email && html`<p><a class="link" href="mailto:${email}">${email}</a></p>`}
          ${
            week.length > 0 &&
            html`<details>
              <summary>${t("shop.hours")}</summary>
              <dl class="facts">${week.map(([day, hours]) => html`<div key=${day}><dt>${day}</dt><dd>${hours}</dd></div>`)}</dl>
            </details>`
          }
        </section>`
      }
      ${
        orders.length > 0 &&
        html`<details class="yours">
          <summary>${t("shop.yours")} (${orders.length})</summary>
          <${OrderLinks} orders=${orders} />
        </details>`
      }
      <${LanguageSwitch} />
    </footer>
  `;
}

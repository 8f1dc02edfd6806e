// What is around every page: the bar with the business and its state, the navigation, the state of the connection.

import { waiting } from "../board.js";
import { business } from "../business.js";
import { online } from "../connection.js";
import { ROUTES } from "../routes.js";
import { useSignal } from "../signal.js";
import { t } from "../texts.js";
import { html, useEffect, useRef } from "../vendor/preact.js";
import { Icon } from "./icon.js";
import { StatePill } from "./state.js";
import { Toasts, toast } from "./toast.js";

/**
 * @param {{ route: import("../routes.js").RouteName, children: any }} props
 */
export function Shell({ route, children }) {
  const shop = useSignal(business);
  const isOnline = useSignal(online);
  const count = useSignal(waiting);
  const content = useRef(/** @type {HTMLElement | null} */ (null));
  const wasLost = useRef(false);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${count ? `(${count}) ` : ""}${t(ROUTES[route].title)} · ${shop?.business_name ?? t("app.name")}`;
  });
  useEffect(() => {
    if (isOnline && wasLost.current) toast(t("online.back"));
    wasLost.current = !isOnline;
  }, [isOnline]);
  useEffect(() => {
    if (!isFirst.current) {
      content.current?.focus({ preventScroll: true }); // so that a screen reader begins with the new page
      scrollTo(0, 0);
    }
    isFirst.current = false;
  }, [route]);
  return html`
    <div class="app">
      <a class="skip" href="#content" onClick=${(/** @type {Event} */ event) => {
        event.preventDefault();
        content.current?.focus();
      }}>${t("app.skip")}</a>
      <header class="bar">
        <span class="bar-mark"><${Icon} name="shop" /></span>
        <p class="bar-title">${shop?.business_name ?? t("app.name")}</p>
        ${shop && html`<${StatePill} business=${shop} />`}
      </header>
      <nav class="nav" aria-label=${t("nav.label")}>
        <ul>
          ${Object.entries(ROUTES).map(
            ([name, { icon, title }]) => html`
              <li key=${name}>
                <a href="#/${name}" aria-current=${name === route ? "page" : undefined}>
                  <${Icon} name=${icon} /><span>${t(title)}</span>
                  ${name === "orders" && count > 0 && html`<b class="nav-count">${count}<span class="unseen"> ${t("column.new")}</span></b>`}
                </a>
              </li>`,
          )}
        </ul>
      </nav>
      <main class="page" id="content" tabindex="-1" ref=${content}>
        <div role="alert">
          ${!isOnline && html`<p class="banner"><${Icon} name="alert" />${t("online.lost")}</p>`}
        </div>
        ${children}
      </main>
      <${Toasts} />
    </div>
  `;
}

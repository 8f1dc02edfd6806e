// The page on which customers order. It needs no account, and loads nothing of the owner's pages.

import { explain } from "./faults.js";
import { Problem, send } from "./http.js";
import { Button } from "./parts/button.js";
import { Empty, Loading } from "./parts/empty.js";
import { Toasts } from "./parts/toast.js";
import { renew } from "./shop/basket.js";
import { items, loadItems } from "./shop/catalogue.js";
import { Checkout } from "./shop/checkout.js";
import { About, Header, NotNow } from "./shop/frame.js";
import { businessId } from "./shop/kept.js";
import { Menu } from "./shop/menu.js";
import { Tracking } from "./shop/tracking.js";
import { useSignal } from "./signal.js";
import { language, learn, t } from "./texts.js";
import { html, render, useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact.js";
import { SHOP } from "./words/shop.js";

const LOOK_AGAIN_MS = 30_000;

learn(SHOP);
items.subscribe(renew);
history.scrollRestoration = "manual";

function Shop() {
  useSignal(language);
  const catalogue = useSignal(items);
  const route = useRoute();
  const [business, setBusiness] = useState(/** @type {any} */ (null));
  const [failure, setFailure] = useState(/** @type {unknown} */ (null));

  const look = () =>
    send("GET", `/api/businesses/${encodeURIComponent(businessId())}`).then(({ data }) => setBusiness(data));
  const reload = () => Promise.all([look(), loadItems()]);
  function load() {
    setFailure(null);
    reload().catch(setFailure);
  }
  useEffect(load, []);
  useEffect(() => {
    // It may open, close or pause while the page is open.
    const again = () => document.hidden || look().catch(() => {});
    const timer = setInterval(again, LOOK_AGAIN_MS);
    document.addEventListener("visibilitychange", again);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", again);
    };
  }, []);

  if (failure instanceof Problem && [400, 404].includes(failure.status)) {
    return html`<main class="page"><${Empty} heading="h1" icon="shop" title=${t("shop.missing")} text=${t("shop.missing_lead")} /></main>`;
  }
  const [, page, id] = route.split("/");
  const isMenu = page !== "basket" && page !== "order";
  return html`
    <div class="shop">
      <${Header} business=${business} isMenu=${isMenu} />
      <${Content} route=${route}>
        ${page === "order" && html`<${Tracking} key=${id} orderId=${id ?? ""} business=${business} />`}
        ${
          page !== "order" &&
          failure &&
          !(business && catalogue) &&
          html`<${Empty} icon="alert" title=${explain(failure)}><${Button} kind="primary" onClick=${load}>${t("app.retry")}<//><//>`
        }
        ${page !== "order" && !failure && !(business && catalogue) && html`<${Loading} cards=${6} />`}
        ${
          business &&
          catalogue &&
          html`
            ${page !== "order" && html`<${NotNow} business=${business} />`}
            <div hidden=${!isMenu}><${Menu} items=${catalogue} isShown=${isMenu} /></div>`
        }
        ${business && catalogue && page === "basket" && html`<${Checkout} business=${business} reload=${reload} />`}
      <//>
      ${isMenu && business && html`<${About} business=${business} />`}
      <${Toasts} />
    </div>
  `;
}

/** The scroll position of each page of this window, for the way back. @type {Map<string, number>} */
const left = new Map();

/** @param {{ route: string, children: any }} props */
function Content({ route, children }) {
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  const isFirst = useRef(true);
  useLayoutEffect(() => {
    if (!isFirst.current) {
      element.current?.focus({ preventScroll: true }); // so that a screen reader begins with the new page
      window.scrollTo(0, left.get(route) ?? 0);
    }
    isFirst.current = false;
    const note = () => left.set(route, window.scrollY);
    window.addEventListener("scroll", note, { passive: true });
    return () => window.removeEventListener("scroll", note);
  }, [route]);
  return html`<main class="page shop-page" id="content" tabindex="-1" ref=${element}>${children}</main>`;
}

/** @returns {string} the part of the address after `#` */
function useRoute() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const look = () => setHash(location.hash);
    window.addEventListener("hashchange", look);
    return () => window.removeEventListener("hashchange", look);
  }, []);
  return hash.slice(1);
}

const place = /** @type {HTMLElement} */ (document.getElementById("app"));
place.replaceChildren(); // what was shown until now
render(html`<${Shop} />`, place);

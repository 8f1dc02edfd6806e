// The page on which customers order.

import { explain } from "./faults.js";
import { Problem, send } from "./http.js";
import { Empty, Loading } from "./parts/empty.js";
import { StatePill } from "./parts/state.js";
import { useSignal } from "./signal.js";
import { language, t } from "./texts.js";
import { html, render, useEffect, useState } from "./vendor/preact.js";

/** @returns {string} the business that the address names */
export function businessId() {
  return decodeURIComponent(location.pathname.split("/")[2] ?? "");
}

function Shop() {
  useSignal(language);
  const [business, setBusiness] = useState(/** @type {any} */ (null));
  const [failure, setFailure] = useState(/** @type {unknown} */ (null));
  useEffect(() => {
    send("GET", `/api/businesses/${encodeURIComponent(businessId())}`).then(({ data }) => {
      document.title = data.business_name;
      setBusiness(data);
    }, setFailure);
  }, []);
  if (failure instanceof Problem && failure.status === 404) {
    return html`<main class="page"><${Empty} heading="h1" icon="shop" title=${t("shop.missing")} text=${t("shop.missing_lead")} /></main>`;
  }
  if (failure) return html`<main class="page"><${Empty} heading="h1" icon="alert" title=${explain(failure)} /></main>`;
  if (!business) return html`<main class="page"><${Loading} /></main>`;
  return html`
    <header class="bar">
      <h1 class="bar-title">${business.business_name}</h1>
      <${StatePill} business=${business} />
    </header>
    <main class="page" id="content"></main>
  `;
}

render(html`<${Shop} />`, /** @type {HTMLElement} */ (document.getElementById("app")));

// How a site comes to be counted: the tag for its pages, and where its address is set.

import { Copy } from "../parts/copy.js";
import { t } from "../texts.js";
import { html } from "../vendor/preact.js";

/**
 * @param {{ site: import("./report.js").Site, shop: Record<string, any> | null, isOpen: boolean }} props `shop` is the own business
 */
export function Counting({ site, shop, isOpen }) {
  const isOwn = shop?.business_id === site.site;
  const isHost = site.site.includes(".") || site.site.includes(":");
  const named = isHost ? "" : ` data-site="${site.site}"`;
  const tag = `<script src="${location.origin}/shop.js"${named} defer></script>`;
  return html`
    <section class="card card-wide" aria-label=${t("counting.title")}>
      <details open=${isOpen}>
        <summary class="opener"><h2>${t("counting.title")}</h2></summary>
        <ol class="counting-steps">
          ${
            isOwn &&
            html`<li>${t(shop?.site ? "counting.site" : "counting.no_site", { site: shop?.site ?? "" })}
              ${" "}<a class="link" href="#/business">${t("counting.to_business")}</a></li>`
          }
          <li>${t("counting.tag")}<${Copy} label=${t("counting.code")} text=${tag} /></li>
          <li>${t("counting.look")}</li>
        </ol>
        <p class="muted">${t("counting.privacy")}</p>
      </details>
    </section>
  `;
}

// The way to the API docs, for developers.

import { t } from "../texts.js";
import { html } from "../vendor/preact.js";

/** The server says in the page whether it has API docs, and where. */
const docs = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=help]"));

export function DevelopersLink() {
  return docs && html`<p><a class="link" href=${docs.getAttribute("href")}>${t("app.docs")}</a></p>`;
}

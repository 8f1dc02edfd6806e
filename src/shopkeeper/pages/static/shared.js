// The page of a site's traffic, for who has a link, or for anyone where traffic is public. The server wrote the numbers
// into it already. They stay until all is here that takes their place.

import { send } from "./http.js";
import { LanguageSwitch } from "./parts/language.js";
import { Toasts } from "./parts/toast.js";
import { useSignal } from "./signal.js";
import { language, learn, t } from "./texts.js";
import { Report } from "./traffic/report.js";
import { html, render } from "./vendor/preact.js";
import { TRAFFIC } from "./words/traffic.js";

learn(TRAFFIC);

const given = new URLSearchParams(location.search);
const token = given.get("share") ?? "";
/** @type {Record<string, string>} */
const headers = token ? { "Traffic-Share": token } : {};

/** @type {import("./traffic/report.js").Source} */
const SOURCE = {
  get: async (path) => (await send("GET", path, { headers })).data,
  credentials: async () => headers,
};

const app = /** @type {HTMLElement} */ (document.getElementById("app"));

function ready() {
  document.getElementById("plain")?.remove();
  app.hidden = false;
}

/** @param {{ sites: import("./traffic/report.js").Site[] }} props */
function Shared({ sites }) {
  useSignal(language);
  return html`
    <main class="page">
      <div class="spread page-head">
        <h1 class="long">${sites.length === 1 ? t("traffic.of", { site: sites[0]?.name ?? "" }) : t("nav.traffic")}</h1>
        <${LanguageSwitch} />
      </div>
      <${Report} source=${SOURCE} sites=${sites} onReady=${ready} />
    </main>
    <${Toasts} />
  `;
}

async function begin() {
  const site = given.get("site");
  const { sites } = await SOURCE.get(`/api/traffic/sites${site ? `?${new URLSearchParams({ site })}` : ""}`);
  if (sites.length) render(html`<${Shared} sites=${sites} />`, app);
}

begin().catch(() => {}); // the page that the server wrote stays

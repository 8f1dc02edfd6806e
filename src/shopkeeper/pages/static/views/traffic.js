// Traffic: how the owner's sites are visited. It is loaded when it is first opened.

import { call } from "../api.js";
import { business } from "../business.js";
import { explain } from "../faults.js";
import { Button } from "../parts/button.js";
import { Empty, Loading } from "../parts/empty.js";
import { accessToken } from "../session.js";
import { useSignal } from "../signal.js";
import { learn, t } from "../texts.js";
import { Counting } from "../traffic/counting.js";
import { Report } from "../traffic/report.js";
import { Sharing } from "../traffic/sharing.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { TRAFFIC } from "../words/traffic.js";

learn(TRAFFIC);

/** @type {import("../traffic/report.js").Source} */
const OWN = {
  get: async (path) => (await call("GET", path)).data,
  credentials: async () => ({ Authorization: `Bearer ${await accessToken()}` }),
};

/** The page. */
export function Traffic() {
  const shop = useSignal(business);
  const [sites, setSites] = useState(/** @type {import("../traffic/report.js").Site[] | null} */ (null));
  const [failure, setFailure] = useState("");
  async function load() {
    setFailure("");
    try {
      setSites((await OWN.get("/api/traffic/sites")).sites);
    } catch (problem) {
      setFailure(explain(problem));
    }
  }
  useEffect(() => {
    load();
  }, [shop?.business_id]);
  const beside = (/** @type {import("../traffic/report.js").Site} */ site, /** @type {boolean} */ isEmpty) => html`
    ${!isEmpty && html`<${Sharing} key=${site.site} site=${site.site} />`}
    <${Counting} site=${site} shop=${shop} isOpen=${isEmpty} />
  `;
  return html`
    <h1>${t("nav.traffic")}</h1>
    ${failure && html`<${Empty} icon="alert" title=${failure}><${Button} onClick=${load}>${t("app.retry")}<//><//>`}
    ${!failure && !sites && html`<${Loading} />`}
    ${sites?.length === 0 && html`<${Empty} icon="chart" title=${t("traffic.no_site")} text=${t("traffic.no_site_lead")} />`}
    ${Boolean(sites?.length) && html`<${Report} source=${OWN} sites=${sites} beside=${beside} />`}
  `;
}

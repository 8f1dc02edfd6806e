// A link with which others see a site's traffic and nothing else, until it is revoked.

import { call, Problem } from "../api.js";
import { Button } from "../parts/button.js";
import { Confirm } from "../parts/confirm.js";
import { Copy } from "../parts/copy.js";
import { useTask } from "../parts/task.js";
import { t } from "../texts.js";
import { html, useEffect, useState } from "../vendor/preact.js";

/** @param {{ site: string }} props */
export function Sharing({ site }) {
  const [path, setPath] = useState(/** @type {string | null} */ (null)); // empty if the site is not shared
  const [isAsking, setAsking] = useState(false);
  const { busy, run } = useTask();
  const address = `/api/traffic/share?${new URLSearchParams({ site })}`;
  useEffect(() => {
    call("GET", address).then(
      ({ data }) => setPath(data.path),
      (problem) => problem instanceof Problem && problem.status === 404 && setPath(""),
    );
  }, [address]);
  const share = () => run("share", async () => setPath((await call("POST", address)).data.path));
  async function revoke() {
    await call("DELETE", address);
    setPath("");
    setAsking(false);
  }
  return html`
    <section class="card" aria-label=${t("sharing.title")}>
      <h2>${t("sharing.title")}</h2>
      <p class="muted">${t("sharing.lead")}</p>
      ${
        path
          ? html`<${Copy} label=${t("sharing.link")} text=${location.origin + path} />
            <div><${Button} kind="danger" onClick=${() => setAsking(true)}>${t("sharing.revoke")}<//></div>`
          : html`<div><${Button} busy=${path === null || busy === "share"} onClick=${share}>${t("sharing.share")}<//></div>`
      }
      ${
        isAsking &&
        html`<${Confirm} title=${t("sharing.revoke_title")} text=${t("sharing.revoke_text")} action=${t("sharing.revoke")}
          onConfirm=${revoke} onClose=${() => setAsking(false)} />`
      }
    </section>
  `;
}

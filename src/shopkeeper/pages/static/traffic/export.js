// All that was counted, as files.

import { Problem } from "../http.js";
import { Button } from "../parts/button.js";
import { useTask } from "../parts/task.js";
import { t } from "../texts.js";
import { html } from "../vendor/preact.js";

const FORMS = /** @type {const} */ ({ csv: "CSV", jsonl: "JSON" });

/** @param {{ site: string, span: import("./periods.js").Span, source: import("./report.js").Source }} props */
export function Export({ site, span, source }) {
  const { busy, run } = useTask();
  const by = span.by === "month" ? "month" : "day"; // there is no export of hours
  const asked = new URLSearchParams({ site, from: span.from, to: span.to, by });
  return html`
    <section class="card" aria-label=${t("traffic.export")}>
      <h2>${t("traffic.export")}</h2>
      <p class="muted">${t("traffic.export_lead")}</p>
      <div class="exports">
        ${Object.entries(FORMS).map(
          ([ending, form]) => html`
            <${Button} key=${ending} busy=${busy === ending} onClick=${() => run(ending, () => save(`/api/traffic/export.${ending}?${asked}`, `traffic-${span.from}-${span.to}.${ending}`, source))}>
              ${t("traffic.save", { form })}<//>`,
        )}
      </div>
    </section>
  `;
}

/**
 * Save an answer as a file. Throws Problem.
 * @param {string} path
 * @param {string} name
 * @param {import("./report.js").Source} source
 */
async function save(path, name, source) {
  const response = await fetch(path, { headers: await source.credentials(), cache: "no-store", credentials: "omit" });
  if (!response.ok) throw new Problem(response.status, `http_${response.status}`, "");
  const href = URL.createObjectURL(await response.blob());
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

// What was counted most in one dimension or a few that belong together.

import { explain } from "../faults.js";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { toast } from "../parts/toast.js";
import { t } from "../texts.js";
import { html, useState } from "../vendor/preact.js";
import { named, number, share } from "./names.js";

let cards = 0;

/** @typedef {{ name: string, count: number }} Counted */
/** @typedef {{ dimension: string, names: Counted[], other: number, total: number }} Ranking */

/**
 * @param {{ rankings: Ranking[], more: (dimension: string) => Promise<Ranking> }} props `more` throws Problem
 */
export function RankingCard({ rankings, more }) {
  const [id] = useState(() => `ranking-${++cards}`);
  const [shown, setShown] = useState(0);
  const [whole, setWhole] = useState(/** @type {Ranking | null} */ (null));
  const ranking = rankings[shown] ?? rankings[0];
  if (!ranking) return null;
  const title = t(/** @type {any} */ (`traffic_of.${ranking.dimension}`));
  async function showMore() {
    try {
      setWhole(await more(ranking?.dimension ?? ""));
    } catch (problem) {
      toast(explain(problem), "bad");
    }
  }
  return html`
    <section class="card ranking" aria-label=${title}>
      ${
        rankings.length > 1
          ? html`<div class="choice" role="radiogroup" aria-label=${t("traffic.what")}>
            ${rankings.map(
              ({ dimension }, index) => html`
                <label key=${dimension}>
                  <input type="radio" name=${id} checked=${index === shown} onChange=${() => setShown(index)} />
                  <span>${t(/** @type {any} */ (`traffic_of.${dimension}`))}</span>
                </label>`,
            )}
          </div>`
          : html`<h2>${title}</h2>`
      }
      <${RankingTable} ranking=${ranking} />
      ${
        ranking.other > 0 &&
        ranking.names.length > 0 &&
        html`<div><${Button} onClick=${showMore}>${t("traffic.more")}<//></div>`
      }
      ${
        whole &&
        html`<${Dialog} title=${title} onClose=${() => setWhole(null)}><${RankingTable} ranking=${whole} /><//>`
      }
    </section>
  `;
}

/** @param {{ ranking: Ranking }} props */
function RankingTable({ ranking: { dimension, names, other, total } }) {
  if (!total) return html`<p class="muted">${t("traffic.nothing")}</p>`;
  const rows = names.map(({ name, count }) => ({ name: named(dimension, name), count }));
  if (other) rows.push({ name: t("traffic.other"), count: other });
  return html`
    <table class="ranked">
      <caption class="unseen">${t(/** @type {any} */ (`traffic_of.${dimension}`))}</caption>
      <thead class="unseen">
        <tr><th scope="col">${t("traffic.name")}</th><th scope="col">${t("traffic.count")}</th><th scope="col">${t("traffic.share")}</th></tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, count }, index) => html`
            <tr key=${index}>
              <th scope="row"><svg class="ranked-bar" aria-hidden="true"><rect width=${`${(count / total) * 100}%`} height="100%" /></svg><span class="ranked-name">${name}</span></th>
              <td>${number(count)}</td>
              <td class="muted">${share(count / total)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  `;
}

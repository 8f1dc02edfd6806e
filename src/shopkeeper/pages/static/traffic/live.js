// The last hour, read again every half minute while the page is seen.

import { t } from "../texts.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { named, number } from "./names.js";

const LOOKS_EVERY_MS = 30_000;
const MOST_NAMES = 3;

/** @typedef {import("./ranking.js").Counted} Counted */
/** @typedef {{ views: number, steps: { at: string, views: number }[], pages: Counted[], sources: Counted[] }} LastHour */

/** @param {{ site: string, source: import("./report.js").Source }} props */
export function Live({ site, source }) {
  const [live, setLive] = useState(/** @type {LastHour | null} */ (null));
  useEffect(() => {
    let isOver = false;
    const look = async () => {
      try {
        const found = await source.get(`/api/traffic/live?${new URLSearchParams({ site })}`);
        if (!isOver) setLive(found);
      } catch {
        // What is shown stays, and the next look may succeed.
      }
    };
    look();
    const timer = setInterval(() => document.hidden || look(), LOOKS_EVERY_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [site, source]);
  const most = Math.max(1, ...(live?.steps ?? []).map(({ views }) => views));
  const length = live?.steps.length ?? 0;
  return html`
    <section class="card card-wide live" aria-label=${t("traffic.live")} aria-busy=${!live}>
      <h2>${t("traffic.live")}</h2>
      <div class="live-parts">
      <div><p class="total-count">${live ? number(live.views) : "–"}</p>
      <svg class="live-steps" role="img" aria-label=${t("traffic.live_steps", { counts: live?.steps.map(({ views }) => views).join(", ") ?? "" })}>
        <line x2="100%" y1="100%" y2="100%" />
        ${live?.steps.map(
          ({ at, views }, index) =>
            html`<rect key=${at} x=${`${((index + 0.1) / length) * 100}%`} width=${`${80 / length}%`} y=${`${100 - (views / most) * 100}%`} height=${`${(views / most) * 100}%`} />`,
        )}
      </svg></div>
      ${list("pages", live?.pages ?? [])}
      ${list("sources", live?.sources ?? [])}
      </div>
    </section>
  `;
}

/** @param {"pages" | "sources"} dimension @param {Counted[]} names */
function list(dimension, names) {
  return html`
    <ul class="live-names" aria-label=${t(`traffic_of.${dimension}`)}>
      ${names.slice(0, MOST_NAMES).map(({ name, count }) => html`<li key=${name} class="live-line"><span class="live-name">${named(dimension, name)}</span><b>${number(count)}</b></li>`)}
    </ul>
  `;
}

// The traffic of a site in a time that one chooses: totals, a chart, and what was counted most.

import { explain } from "../faults.js";
import { Button } from "../parts/button.js";
import { Select } from "../parts/choice.js";
import { Empty, Loading } from "../parts/empty.js";
import { Field } from "../parts/field.js";
import { t } from "../texts.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Chart, SeriesTable } from "./chart.js";
import { Export } from "./export.js";
import { Live } from "./live.js";
import { chosen, keep, PERIODS, spanOf, todayIn } from "./periods.js";
import { RankingCard } from "./ranking.js";
import { Totals } from "./totals.js";

const CARDS = [
  ["pages", "entries"],
  ["sources", "campaigns"],
  ["countries"],
  ["browsers", "systems", "widths"],
  ["events"],
  ["bots", "families"],
];

/**
 * Where the numbers come from. `get` returns what a path answers, and throws Problem; `credentials` are the header
 * fields that allow it.
 * @typedef {{ get: (path: string) => Promise<any>, credentials: () => Promise<Record<string, string>> }} Source
 */

/** @typedef {{ site: string, name: string, time_zone: string }} Site */
/** @typedef {{ traffic: any, rankings: import("./ranking.js").Ranking[], span: import("./periods.js").Span }} Found */

/**
 * @param {{ source: Source, sites: Site[], onReady?: () => void, beside?: (site: Site, isEmpty: boolean) => any }} props
 *   `beside` returns cards that only the owner sees
 */
export function Report({ source, sites, onReady, beside }) {
  const [choice, setChoice] = useState(chosen);
  const [found, setFound] = useState(/** @type {Found | null} */ (null));
  const [failure, setFailure] = useState("");
  const [isBusy, setBusy] = useState(true);
  const asked = useRef(0);
  const site = sites.find((one) => one.site === choice.site) ?? /** @type {Site} */ (sites[0]);

  async function load() {
    const turn = ++asked.current;
    const span = spanOf(choice, todayIn(site.time_zone));
    const query = new URLSearchParams({ site: site.site, ...span });
    setBusy(true);
    try {
      const [traffic, { dimensions }] = await Promise.all([
        source.get(`/api/traffic?${query}`),
        source.get(`/api/traffic/dimensions?${query}`),
      ]);
      if (turn !== asked.current) return; // something else was chosen meanwhile
      setFound({ traffic, rankings: dimensions, span });
      setFailure("");
      onReady?.();
    } catch (problem) {
      if (turn === asked.current) setFailure(explain(problem));
    }
    if (turn === asked.current) setBusy(false);
  }
  useEffect(() => {
    load();
  }, [choice.period, choice.from, choice.to, site.site]);

  /** @param {Partial<import("./periods.js").Choice>} change */
  function choose(change) {
    const next = { ...choice, ...change };
    if (change.period === "custom" && found) Object.assign(next, { from: found.span.from, to: found.span.to });
    if (change.period && change.period !== "custom") Object.assign(next, { from: "", to: "" });
    keep(next);
    setChoice(next);
  }

  return html`
    <div class="traffic-tools">
      ${
        sites.length > 1 &&
        html`<${Select} name="site" label=${t("traffic.site")} value=${site.site} options=${sites.map((one) => [one.site, one.name])}
          onInput=${(/** @type {string} */ value) => choose({ site: value })} />`
      }
      <${Select} name="period" label=${t("traffic.period")} value=${choice.period}
        options=${PERIODS.map((one) => [one, t(`period.${one}`)])}
        onInput=${(/** @type {import("./periods.js").Period} */ period) => choose({ period })} />
      ${
        choice.period === "custom" &&
        html`
          <${Field} name="from" type="date" label=${t("traffic.from")} value=${choice.from} onInput=${(/** @type {string} */ from) => from && choose({ from })} />
          <${Field} name="to" type="date" label=${t("traffic.to")} value=${choice.to} onInput=${(/** @type {string} */ to) => to && choose({ to })} />`
      }
    </div>
    <div role="alert">${failure && html`<p class="failure traffic-failure">${failure} <${Button} onClick=${load}>${t("app.retry")}<//></p>`}</div>
    ${!found && !failure && html`<${Loading} />`}
    ${found && html`<${Numbers} found=${found} site=${site} source=${source} isBusy=${isBusy} beside=${beside} />`}
  `;
}

/**
 * @param {{ found: Found, site: Site, source: Source, isBusy: boolean, beside?: (site: Site, isEmpty: boolean) => any }} props
 */
function Numbers({ found: { traffic, rankings, span }, site, source, isBusy, beside }) {
  const { totals, before, series, by } = traffic;
  const isEmpty = !totals.views && !totals.bots;
  const isNew = isEmpty && !before?.totals.views && !before?.totals.bots;
  const query = new URLSearchParams({ site: site.site, ...span, limit: "100" });
  const more = (/** @type {string} */ dimension) => source.get(`/api/traffic/${dimension}?${query}`);
  const of = (/** @type {string} */ name) => rankings.filter(({ dimension }) => dimension === name);
  return html`
    <div class="traffic" aria-busy=${isBusy}>
      ${isEmpty && html`<${Empty} icon="chart" title=${t(isNew ? "traffic.none" : "traffic.none_here")} text=${t(isNew ? "traffic.none_lead" : "traffic.none_here_lead")} />`}
      ${isNew && html`<div class="traffic-cards">${beside?.(site, true)}</div>`}
      ${
        !isEmpty &&
        html`
          <div class="card traffic-main">
            <${Totals} totals=${totals} before=${before?.totals ?? null} />
            <${Chart} points=${series} by=${by} />
            <${SeriesTable} points=${series} by=${by} />
          </div>`
      }
      ${
        !isNew &&
        html`
          <div class="traffic-cards">
            <${Live} site=${site.site} source=${source} />
            ${!isEmpty && CARDS.map((names) => html`<${RankingCard} key=${names[0]} rankings=${names.flatMap(of)} more=${more} />`)}
            <${Export} site=${site.site} span=${span} source=${source} />
            ${beside?.(site, false)}
          </div>`
      }
    </div>
  `;
}

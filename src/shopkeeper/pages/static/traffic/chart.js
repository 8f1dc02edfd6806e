// A chart of views and visitors, drawn as bars. It has no text of its own for screen readers: the table has all of it.

import { t } from "../texts.js";
import { html, useState } from "../vendor/preact.js";
import { moment, number } from "./names.js";

const STEPS = 4;
const MOST_LABELS = 8;
const BAR = 0.76; // of the room of a point

/** @typedef {{ at: string, views: number, uniques: number | null, bots: number }} Point */
/** @typedef {"hour" | "day" | "month"} By */

/**
 * Return the least round number that goes STEPS times up to at least `most`.
 * @param {number} most
 */
export function stepOf(most) {
  const least = Math.max(1, most / STEPS);
  const power = 10 ** Math.floor(Math.log10(least));
  return (
    [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= least && Number.isInteger(one)) ?? 10 * power
  );
}

/** @param {number} part 0 to 1 */
const percent = (part) => `${Number((part * 100).toFixed(3))}%`;

/** @param {{ points: Point[], by: By }} props */
export function Chart({ points, by }) {
  const [shown, setShown] = useState(-1);
  const step = stepOf(Math.max(...points.map(({ views, uniques }) => Math.max(views, uniques ?? 0))));
  const most = step * STEPS;
  const room = 1 / points.length;
  const point = points[shown];
  return html`
    <figure class="chart" onPointerLeave=${() => setShown(-1)}>
      <figcaption class="chart-legend">
        <span class="chart-key chart-key-views">${t("traffic.views")}</span>
        <span class="chart-key chart-key-uniques">${t("traffic.uniques")}</span>
        <span class="chart-told" aria-hidden="true">${point && told(point, by)}</span>
      </figcaption>
      <div class="chart-scale" aria-hidden="true">
        ${Array.from({ length: STEPS + 1 }, (_, index) => html`<span key=${index}>${number(most - index * step)}</span>`)}
      </div>
      <svg class="chart-plot" role="img" aria-label=${t("traffic.chart")}>
        ${Array.from({ length: STEPS + 1 }, (_, index) => html`<line key=${index} x2="100%" y1=${percent(index / STEPS)} y2=${percent(index / STEPS)} />`)}
        ${points.map(
          (one, index) => html`
            <g key=${one.at} class=${index === shown ? "chart-point chart-shown" : "chart-point"} onPointerEnter=${() => setShown(index)}
              onPointerDown=${() => setShown(index)}>
              <rect class="chart-room" x=${percent(index * room)} width=${percent(room)} height="100%" />
              ${bar("chart-views", one.views / most, index * room, room)}
              ${bar("chart-uniques", (one.uniques ?? 0) / most, index * room, room)}
            </g>`,
        )}
      </svg>
      <svg class="chart-times" aria-hidden="true">
        ${labelled(points.length).map(
          (index) =>
            html`<text key=${index} x=${percent((index + 0.5) * room)} y="1.1em">${moment(points[index]?.at ?? "", by, true)}</text>`,
        )}
      </svg>
    </figure>
  `;
}

/** @param {string} name @param {number} height @param {number} start @param {number} room */
function bar(name, height, start, room) {
  if (!height) return null;
  const left = start + (room * (1 - BAR)) / 2;
  return html`<rect class=${name} x=${percent(left)} width=${percent(room * BAR)} y=${percent(1 - height)} height=${percent(height)} />`;
}

/** @param {Point} point @param {By} by */
function told({ at, views, uniques }, by) {
  const numbers = { time: moment(at, by), views: number(views), uniques: uniques === null ? "–" : number(uniques) };
  return t("traffic.told", numbers);
}

/** Return which of so many points have their times below them. @param {number} count @returns {number[]} */
function labelled(count) {
  const every = Math.ceil(count / MOST_LABELS);
  return Array.from({ length: Math.floor((count - 1) / every) + 1 }, (_, index) => index * every);
}

/** The same as a table. @param {{ points: Point[], by: By }} props */
export function SeriesTable({ points, by }) {
  return html`
    <details class="chart-table">
      <summary class="opener">${t("traffic.table")}</summary>
      <table class="numbers">
        <caption class="unseen">${t("traffic.chart")}</caption>
        <thead>
          <tr><th scope="col">${t("traffic.when")}</th><th scope="col">${t("traffic.views")}</th>
            <th scope="col">${t("traffic.uniques")}</th><th scope="col">${t("traffic.bots")}</th></tr>
        </thead>
        <tbody>
          ${points.map(
            ({ at, views, uniques, bots }) => html`
              <tr key=${at}><th scope="row">${moment(at, by)}</th><td>${number(views)}</td>
                <td>${uniques === null ? "–" : number(uniques)}</td><td>${number(bots)}</td></tr>`,
          )}
        </tbody>
      </table>
    </details>
  `;
}

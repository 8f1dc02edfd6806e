// Whether the business takes orders, and the buttons that pause and resume it.

import { changeBusiness } from "../business.js";
import { tomorrow } from "../opening.js";
import { t } from "../texts.js";
import { html } from "../vendor/preact.js";
import { Button } from "./button.js";
import { StatePill, stateOf } from "./state.js";
import { useTask } from "./task.js";

const MINUTES = [15, 30, 60];
const MOST_MS = 7 * 86_400_000;

/** @param {{ shop: Record<string, any> }} props */
export function PauseCard({ shop }) {
  const { busy, run } = useTask();
  // A press of one of these counts, even if the business was changed elsewhere.
  const change = (/** @type {string} */ name, /** @type {Record<string, unknown>} */ fields) =>
    run(name, () => changeBusiness(fields, { whatever: true }));
  const pause = (/** @type {string} */ name, /** @type {number} */ until) =>
    change(name, { paused_until: new Date(Math.min(until, Date.now() + MOST_MS - 1000)).toISOString() });
  const isStopped = stateOf(shop).icon === "pause";
  return html`
    <section class="card" aria-labelledby="state">
      <header class="spread">
        <h2 id="state">${t("pause.title")}</h2>
        <span role="status"><${StatePill} business=${shop} /></span>
      </header>
      ${
        isStopped
          ? html`<${Button} kind="primary" wide busy=${busy === "resume"}
              onClick=${() => change("resume", { paused_until: null, accepting_orders: true })}>${t("pause.resume")}<//>`
          : html`
            <p class="muted">${t("pause.lead")}</p>
            <div class="choices">
              ${MINUTES.map(
                (count) => html`
                  <${Button} key=${count} busy=${busy === `${count}`} onClick=${() => pause(`${count}`, Date.now() + count * 60_000)}>
                    ${t("pause.minutes", { count })}
                  <//>`,
              )}
              <${Button} busy=${busy === "tomorrow"} onClick=${() => pause("tomorrow", tomorrow(shop).getTime())}>${t("pause.tomorrow")}<//>
              <${Button} busy=${busy === "stop"} onClick=${() => change("stop", { accepting_orders: false })}>${t("pause.stop")}<//>
            </div>`
      }
    </section>
  `;
}

// The deliveries of a webhook, the newest first.

import { get } from "../api.js";
import { explain } from "../faults.js";
import { t } from "../texts.js";
import { clock } from "../time.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { Badge } from "./badge.js";
import { Button } from "./button.js";
import { Failure } from "./form.js";
import { Icon } from "./icon.js";
import { useTask } from "./task.js";

const LOOKS = /** @type {const} */ ({
  delivered: { tone: "good", icon: "check" },
  pending: { tone: "info", icon: "ring" },
  failing: { tone: "new", icon: "alert" },
  set_aside: { tone: "new", icon: "clock" },
  abandoned: { tone: "bad", icon: "cross" },
  missed: { tone: "bad", icon: "cross" },
});

/** @typedef {Record<string, any>} Delivery */

/** @param {{ path: string, at: string, replay: (first: string) => void }} props they are read again when `at` changes */
export function Deliveries({ path, at, replay }) {
  const [deliveries, setDeliveries] = useState(/** @type {Delivery[] | null} */ (null));
  const [next, setNext] = useState("");
  const [failure, setFailure] = useState("");
  const { busy, run } = useTask();

  /** @param {string} cursor @param {Delivery[]} before */
  async function load(cursor, before) {
    const { data } = await get(`${path}/deliveries?${new URLSearchParams({ limit: "20", ...(cursor && { cursor }) })}`);
    setDeliveries([...before, ...data.deliveries]);
    setNext(data.next ?? "");
    setFailure("");
  }
  useEffect(() => {
    load("", []).catch((problem) => setFailure(explain(problem)));
  }, [at]);

  return html`
    <${Failure} text=${failure} />
    ${deliveries?.length === 0 && html`<p class="muted">${t("deliveries.none")}</p>`}
    <ol class="rows">
      ${deliveries?.map(
        ({ seq, type, state, attempts, status, error, last_at, next_at }) => html`
          <li class="row delivery" key=${seq}>
            <span class="row-text">
              <span class="row-name">#${seq} ${type}</span>
              <span><${DeliveryBadge} state=${state} /></span>
              <span class="row-price">${clock(last_at)} · ${t("deliveries.attempts", { count: attempts })}${status && ` · ${status}`}</span>
              ${error && html`<span class="row-price long">${error}</span>`}
              ${next_at && html`<span class="row-price">${t("webhooks.next", { time: clock(next_at) })}</span>`}
            </span>
              <button type="button" class="icon-button" aria-label=${t("deliveries.replay", { number: seq })} title=${t("deliveries.replay", { number: seq })}
                onClick=${() => replay(`${seq}`)}><${Icon} name="again" /></button>
          </li>`,
      )}
    </ol>
    ${next && html`<${Button} busy=${busy === "more"} onClick=${() => run("more", () => load(next, deliveries ?? []))}>${t("deliveries.more")}<//>`}
  `;
}

/** @param {{ state: keyof typeof LOOKS }} props */
function DeliveryBadge({ state }) {
  const { tone, icon } = LOOKS[state];
  return html`<${Badge} tone=${tone} icon=${icon}>${t(`delivery.${state}`)}<//>`;
}

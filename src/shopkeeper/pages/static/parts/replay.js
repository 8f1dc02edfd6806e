// A dialog that sends former events to a webhook again: from a number on, or from a time on.

import { get } from "../api.js";
import { Problem } from "../http.js";
import { t } from "../texts.js";
import { html } from "../vendor/preact.js";
import { Button } from "./button.js";
import { Radios } from "./choice.js";
import { Dialog } from "./dialog.js";
import { Field } from "./field.js";
import { check, Failure, useForm } from "./form.js";

const WAYS = /** @type {const} */ (["number", "time"]);

/**
 * @param {{ first: string, newest: number, businessId: string, send: (first: number) => Promise<void>,
 *   onClose: () => void }} props
 */
export function ReplayForm({ first, newest, businessId, send, onClose }) {
  const { form, bind, submit, busy, failure, values } = useForm(
    { way: "number", number: first, time: "" },
    (typed) => {
      const faults = check(typed, { required: [typed.way] });
      if (typed.way === "number" && !faults.number && !/^[1-9]\d{0,14}$/.test(typed.number))
        faults.number = t("replay.wrong");
      return faults;
    },
    async ({ way, number, time }) => {
      await send(
        way === "number" ? Number(number) : await firstSince(businessId, new Date(time).toISOString(), newest),
      );
      onClose();
    },
  );
  return html`
    <${Dialog} title=${t("webhooks.replay")} onClose=${onClose}>
      <p class="muted">${t("replay.lead", { newest })}</p>
      <form ref=${form} onSubmit=${submit} noValidate>
        <${Radios} ...${bind("way")} label=${t("replay.way")} options=${WAYS.map((one) => [one, t(`replay_way.${one}`)])} />
        ${
          values.way === "number"
            ? html`<${Field} ...${bind("number")} label=${t("replay_way.number")} keys="numeric" most=${15} />`
            : html`<${Field} ...${bind("time")} type="datetime-local" label=${t("replay_way.time")} />`
        }
        <${Failure} text=${failure} />
        <div class="acts"><${Button} type="submit" kind="primary" busy=${busy}>${t("replay.send")}<//></div>
      </form>
    <//>
  `;
}

/**
 * Return the number of the first event that happened at a moment or later, and is still kept. Numbers have no gaps, so
 * a binary search finds it. Throws Problem if there is none.
 * @param {string} businessId
 * @param {string} since
 * @param {number} newest
 */
async function firstSince(businessId, since, newest) {
  let low = 1;
  let high = newest + 1; // the first one is within low and high
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const at = await timeOf(businessId, middle);
    if (at === null || at < since) low = middle + 1;
    else high = middle;
  }
  if (low > newest) throw new Problem(404, "no_events", "");
  return low;
}

/**
 * Return when an event happened, null if it is not kept any more.
 * @param {string} businessId
 * @param {number} number
 */
async function timeOf(businessId, number) {
  try {
    const { data } = await get(`/api/businesses/${businessId}/events?after=${number - 1}&limit=1`);
    return new Date(data.events[0].at).toISOString();
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 410) return null;
    throw problem;
  }
}

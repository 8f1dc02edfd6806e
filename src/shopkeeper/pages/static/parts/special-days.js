// Days that have other hours than their day of the week, or none.

import { changeBusiness } from "../business.js";
import { locale, t } from "../texts.js";
import { html, useState } from "../vendor/preact.js";
import { wallTime } from "../zone.js";
import { Button } from "./button.js";
import { Dialog } from "./dialog.js";
import { Field } from "./field.js";
import { check, Failure, useForm } from "./form.js";
import { Icon } from "./icon.js";
import { isIncomplete, Spans } from "./spans.js";
import { useTask } from "./task.js";

/** @typedef {import("../opening.js").SpecialDay} SpecialDay */

/** @param {string} date */
function nameOf(date) {
  const options = /** @type {const} */ ({
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
  return new Intl.DateTimeFormat(locale(), options).format(new Date(date));
}

/** @param {{ shop: Record<string, any> }} props */
export function SpecialDaysCard({ shop }) {
  const [edited, setEdited] = useState(/** @type {SpecialDay | null} */ (null));
  const { busy, run } = useTask();
  /** @type {SpecialDay[]} */
  const days = shop.special_hours;
  const without = (/** @type {string} */ date) => days.filter((day) => day.date !== date);
  return html`
    <section class="card" aria-labelledby="special">
      <h2 id="special">${t("special.title")}</h2>
      <p class="muted">${t("special.lead")}</p>
      <ul class="rows">
        ${days
          .toSorted((one, other) => (one.date < other.date ? -1 : 1))
          .map(
            (day) => html`
              <li class="row" key=${day.date}>
                <button type="button" class="plain-button row-main" onClick=${() => setEdited(day)}>
                  <span class="row-text">
                    <span class="row-name">${nameOf(day.date)}</span>
                    <span class="row-price">${day.hours.map(({ opens, closes }) => `${opens}–${closes}`).join(", ") || t("hours.closed")}${day.note && ` · ${day.note}`}</span>
                  </span>
                </button>
                <button type="button" class="icon-button" aria-busy=${busy === day.date} aria-label=${t("special.remove", { day: nameOf(day.date) })}
                  onClick=${() => run(day.date, () => changeBusiness({ special_hours: without(day.date) }))}><${Icon} name="close" /></button>
              </li>`,
          )}
      </ul>
      <${Button} onClick=${() => setEdited({ date: wallTime(new Date(), shop.time_zone).slice(0, 10), hours: [] })}>${t("special.add")}<//>
      ${
        edited &&
        html`<${DayForm} day=${edited} onClose=${() => setEdited(null)}
          onSave=${(/** @type {SpecialDay} */ day) =>
            changeBusiness({
              special_hours: [...without(edited.date).filter(({ date }) => date !== day.date), day],
            })} />`
      }
    </section>
  `;
}

/** @param {{ day: SpecialDay, onSave: (day: SpecialDay) => Promise<unknown>, onClose: () => void }} props */
function DayForm({ day, onSave, onClose }) {
  const { form, bind, submit, busy, failure, values } = useForm(
    { ...day, note: day.note ?? "" },
    (typed) => ({
      ...check(typed, { required: ["date"] }),
      ...(isIncomplete(typed.hours) && { hours: t("hours.incomplete") }),
    }),
    async ({ date, hours, note }) => {
      await onSave({ date, hours, note: note.trim() || null });
      onClose();
    },
  );
  return html`
    <${Dialog} title=${t("special.add")} onClose=${onClose}>
      <form ref=${form} onSubmit=${submit} noValidate>
        <${Field} ...${bind("date")} type="date" label=${t("special.date")} />
        <${Field} ...${bind("note")} label=${t("special.note")} optional most=${100} />
        <${Spans} label=${t("hours.title")} spans=${values.hours} onInput=${bind("hours").onInput} fault=${bind("hours").fault} />
        <${Failure} text=${failure} />
        <div class="acts"><${Button} type="submit" kind="primary" busy=${busy}>${t("form.save")}<//></div>
      </form>
    <//>
  `;
}

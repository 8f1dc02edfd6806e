// The opening hours of each week, and the time zone in which they are meant.

import { changeBusiness } from "../business.js";
import { Problem } from "../http.js";
import { DAYS } from "../opening.js";
import { locale, t } from "../texts.js";
import { html, useState } from "../vendor/preact.js";
import { allZones } from "../zone.js";
import { Button } from "./button.js";
import { Radios, Select, Tick } from "./choice.js";
import { Dialog } from "./dialog.js";
import { Failure } from "./form.js";
import { Icon } from "./icon.js";
import { useRecord } from "./record.js";
import { isIncomplete, Spans } from "./spans.js";
import { toast } from "./toast.js";

/** @typedef {typeof DAYS[number]} Day */
/** @typedef {import("../opening.js").Week} Week */

const EMPTY = /** @type {Week} */ (/** @type {unknown} */ (Object.fromEntries(DAYS.map((day) => [day, []]))));

/** @param {Day} day @param {"long" | "short"} [length] */
function nameOf(day, length = "long") {
  // The first of January 2024 was a Monday.
  const date = new Date(Date.UTC(2024, 0, 1 + DAYS.indexOf(day)));
  return new Intl.DateTimeFormat(locale(), { weekday: length, timeZone: "UTC" }).format(date);
}

/** @param {{ shop: Record<string, any> }} props */
export function HoursCard({ shop }) {
  const [source, setSource] = useState(/** @type {Day | null} */ (null));
  const { form, bind, submit, busy, failure, values } = useRecord(
    valuesOf(shop),
    ({ mode, week }) => {
      if (mode === "always") return {};
      const wrong = DAYS.filter((day) => isIncomplete(week[day]));
      return Object.fromEntries(wrong.map((day) => [day, t("hours.incomplete")]));
    },
    async ({ time_zone }, { mode, week }) => {
      try {
        const saved = await changeBusiness({ time_zone, opening_hours: mode === "always" ? null : week });
        toast(t("form.saved"));
        return valuesOf(saved);
      } catch (problem) {
        throw named(problem);
      }
    },
  );
  /** @type {Week} */
  const week = values.week;
  const set = (/** @type {Partial<Week>} */ change) => bind("week").onInput({ ...week, ...change });
  const modes = /** @type {const} */ (["always", "hours"]);
  return html`
    <section class="card card-tall" aria-labelledby="hours">
      <h2 id="hours">${t("hours.title")}</h2>
      <form ref=${form} onSubmit=${submit} noValidate>
        <${Radios} ...${bind("mode")} label=${t("hours.when")} options=${modes.map((one) => [one, t(`hours_mode.${one}`)])} />
        ${
          values.mode === "hours" &&
          html`<div class="week">
            ${DAYS.map(
              (day) => html`
                <div class="day" role="group" aria-label=${nameOf(day)} key=${day}>
                  <span class="day-name" aria-hidden="true">${nameOf(day)}</span>
                  <${Spans} label=${nameOf(day)} spans=${week[day]} fault=${bind(day).fault} onInput=${(/** @type {any} */ spans) => set({ [day]: spans })}>
                    <button type="button" class="icon-button" aria-label=${t("hours.copy", { day: nameOf(day) })}
                      title=${t("hours.copy", { day: nameOf(day) })} onClick=${() => setSource(day)}><${Icon} name="copy" /></button>
                  <//>
                </div>`,
            )}
          </div>`
        }
        <${Select} ...${bind("time_zone")} label=${t("hours.zone")} options=${zones(values.time_zone)} />
        <${Failure} text=${failure} />
        <${Button} type="submit" kind="primary" busy=${busy}>${t("form.save")}<//>
      </form>
      ${
        source &&
        html`<${CopyDialog} day=${source} onClose=${() => setSource(null)}
          onCopy=${(/** @type {Day[]} */ days) => set(Object.fromEntries(days.map((day) => [day, week[source]])))} />`
      }
    </section>
  `;
}

/** @param {{ day: Day, onCopy: (days: Day[]) => void, onClose: () => void }} props */
function CopyDialog({ day, onCopy, onClose }) {
  const others = DAYS.filter((one) => one !== day);
  const [chosen, setChosen] = useState(others);
  return html`
    <${Dialog} title=${t("hours.copy", { day: nameOf(day) })} onClose=${onClose}>
      <div class="ticks">
        ${others.map(
          (one) => html`<${Tick} key=${one} label=${nameOf(one)} checked=${chosen.includes(one)}
            onInput=${(/** @type {boolean} */ isChosen) => setChosen(others.filter((other) => (other === one ? isChosen : chosen.includes(other))))} />`,
        )}
      </div>
      <div class="acts">
        <${Button} kind="primary" onClick=${() => {
          onCopy(chosen);
          onClose();
        }}>${t("copy.copy")}<//>
      </div>
    <//>
  `;
}

/** @param {Record<string, any>} shop */
function valuesOf({ opening_hours: hours, time_zone }) {
  return { mode: hours ? "hours" : "always", week: { ...EMPTY, ...hours }, time_zone };
}

/** @param {string} chosen */
function zones(chosen) {
  return [...new Set([...allZones(), chosen])].map((zone) => [zone, zone.replaceAll("_", " ")]);
}

/**
 * Name the day where the server complains of a span: the only thing that can be wrong then is that it overlaps.
 * @param {unknown} problem
 */
function named(problem) {
  if (problem instanceof Problem) {
    problem.faults = problem.faults.map(({ field, message }) => {
      const day = /^opening_hours\.(\w+)/.exec(field)?.[1];
      return day ? { field: day, message: t("hours.overlap") } : { field, message };
    });
  }
  return problem;
}

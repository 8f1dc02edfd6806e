// Dialogs about an order: when it will be ready, and why it ends.

import { nameOf } from "../board.js";
import { business } from "../business.js";
import { t } from "../texts.js";
import { minutes } from "../time.js";
import { html, useState } from "../vendor/preact.js";
import { Button } from "./button.js";
import { Dialog } from "./dialog.js";
import { Field } from "./field.js";
import { check, useForm } from "./form.js";
import { lead } from "./order.js";

const MINUTES = [10, 15, 20, 30, 45, 60];
const REASONS = /** @type {const} */ ({
  reject: ["sold_out", "busy", "closing", "far"],
  cancel: ["sold_out", "busy", "closing", "wish"],
});

/** @typedef {import("../board.js").Order} Order */

/** Accepts an order. @param {{ order: Order, onClose: () => void }} props */
export function Minutes({ order, onClose }) {
  const usual = business.value?.prepare_minutes;
  const choices = usual ? [usual, ...MINUTES.filter((count) => count !== usual)] : MINUTES;
  const [busy, setBusy] = useState(-1);

  /** @param {number} count 0 for no time */
  async function accept(count) {
    if (busy >= 0) return;
    setBusy(count);
    await lead(order, "accept", count ? { prepare_minutes: count } : undefined);
    onClose();
  }

  return html`
    <${Dialog} title=${t("minutes.title", { order: nameOf(order) })} onClose=${onClose}>
      <div class="choices">
        ${choices.map(
          (count) => html`
            <${Button} key=${count} kind=${count === usual ? "primary" : "quiet"} busy=${busy === count} onClick=${() => accept(count)}>
              ${minutes(count)}
            <//>`,
        )}
      </div>
      ${!usual && html`<${Button} wide busy=${busy === 0} onClick=${() => accept(0)}>${t("minutes.without")}<//>`}
    <//>
  `;
}

/** Rejects or cancels an order. @param {{ order: Order, step: "reject" | "cancel", onClose: () => void }} props */
export function Ending({ order, step, onClose }) {
  const { form, bind, submit, busy, values, setValues } = useForm(
    { reason: "" },
    (typed) => check(typed, { required: ["reason"] }),
    async ({ reason }) => {
      await lead(order, step, { reason });
      onClose();
    },
  );
  const title = t(`reason.${step}`, { order: nameOf(order) });
  const reasons = REASONS[step].filter((key) => key !== "far" || order.fulfilment.type === "delivery");
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <p class="muted">${t("reason.lead")}</p>
      <form ref=${form} onSubmit=${submit} noValidate>
        <div class="reasons">
          ${reasons.map((key) => {
            const reason = t(`reason.${key}`);
            return html`
              <button key=${key} type="button" class="toggle" aria-pressed=${values.reason === reason}
                onClick=${() => setValues({ reason })}>${reason}</button>`;
          })}
        </div>
        <${Field} ...${bind("reason")} label=${t("reason.label")} most=${500} />
        <${Button} type="submit" kind="danger" busy=${busy}>${title}<//>
      </form>
    <//>
  `;
}

// The strip of the shift: whether new orders ring, with a test and the switches.

import { audible, test } from "../ring.js";
import { endShift, shift, startShift } from "../shift.js";
import { useSignal } from "../signal.js";
import { t } from "../texts.js";
import { printsAccepted, setPrintsAccepted } from "../ticket.js";
import { html } from "../vendor/preact.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

/** The strip. */
export function Shift() {
  const isRunning = useSignal(shift);
  const isHeard = useSignal(audible);
  const prints = useSignal(printsAccepted);
  const rings = isRunning && isHeard;
  return html`
    <div class="shift">
      <p class="shift-state tone-${rings ? "good" : "new"}"><${Icon} name=${rings ? "bell" : "alert"} />${t(rings ? "shift.on" : "shift.off")}</p>
      ${
        rings
          ? html`<${Button} key="test" onClick=${test}>${t("shift.test")}<//><${Button} key="end" onClick=${endShift}>${t("shift.end")}<//>`
          : html`<${Button} key="start" kind="primary" onClick=${startShift}>${t("shift.start")}<//>`
      }
      <button type="button" class="toggle" aria-pressed=${prints} title=${t("shift.print_title")} onClick=${() => setPrintsAccepted(!prints)}>
        <${Icon} name=${prints ? "check" : "print"} />${t("shift.print")}
      </button>
    </div>
  `;
}

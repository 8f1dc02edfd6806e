// How many: a plus, and a minus once there are some.

import { Icon } from "../parts/icon.js";
import { t } from "../texts.js";
import { html } from "../vendor/preact.js";

/**
 * @param {{ name: string, quantity: number, least?: number, onChange: (quantity: number) => void }} props
 */
export function Stepper({ name, quantity, least = 0, onChange }) {
  /** @param {any} event */
  function less({ currentTarget: button }) {
    if (quantity === 1) button.parentElement.lastElementChild.focus(); // the minus goes away with the last one
    onChange(quantity - 1);
  }
  return html`
    <div class="stepper" role="group" aria-label=${name}>
      ${
        quantity > 0 &&
        html`<button key="less" type="button" class="round" aria-label=${t("shop.less", { name })} disabled=${quantity <= least}
            onClick=${less}><${Icon} name="minus" /></button>
          <span key="count" class="stepper-count">${quantity}</span>`
      }
      <button key="more" type="button" class="round round-more" aria-label=${t(quantity ? "shop.more" : "shop.add", { name })}
        onClick=${() => onChange(quantity + 1)}><${Icon} name="plus" /></button>
    </div>
  `;
}

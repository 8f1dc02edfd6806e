// The picture of an item: to choose, show or remove it.

import { t } from "../texts.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

/**
 * @param {{ label: string, shown?: string | null, value: File | null | "", onInput: (value: any) => void,
 *   progress: number | null }} props `value` is a new picture, null for none, an empty text for the one that is `shown`
 */
export function PictureField({ label, shown, value, onInput, progress }) {
  const [preview, setPreview] = useState("");
  useEffect(() => {
    if (!value) return setPreview("");
    const url = URL.createObjectURL(value);
    setPreview(url);
    return () => URL.revokeObjectURL(url);
  }, [value]);
  const picture = value === null ? "" : preview || shown;
  return html`
    <div class="picture">
      <span class="thumb">${picture ? html`<img src=${picture} alt=${label} />` : html`<${Icon} name="image" />`}</span>
      <label class="tick">
        <input type="file" name="picture" accept="image/*" onChange=${(/** @type {any} */ event) => onInput(event.currentTarget.files[0] ?? "")} />
        <span>${label}</span>
      </label>
      ${picture && html`<${Button} onClick=${() => onInput(shown ? null : "")}>${t("item.picture_none")}<//>`}
      ${progress !== null && html`<progress value=${progress} aria-label=${t("item.picture_sent")} />`}
    </div>
  `;
}

// A field to search a long list with.

import { html, useRef } from "../vendor/preact.js";

const TYPING_MS = 150;

/**
 * The text is shown at once, and `onInput` gets it when the typing stops.
 * @param {{ label: string, text: string, onInput: (text: string) => void }} props `text` is what it begins with
 */
export function Search({ label, text, onInput }) {
  const timer = useRef(0);
  /** @param {any} event */
  function type({ currentTarget: { value } }) {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onInput(value), TYPING_MS);
  }
  return html`<input class="input" type="search" name="search" placeholder=${label} aria-label=${label} defaultValue=${text}
    maxlength="100" autocomplete="off" onInput=${type} />`;
}

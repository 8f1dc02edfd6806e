// Short messages that go away by themselves. Screen readers read them aloud, and nothing depends on seeing them.

import { signal, useSignal } from "../signal.js";
import { html } from "../vendor/preact.js";
import { Icon } from "./icon.js";

const SHOWN_MS = 6_000;

/** @typedef {{ id: number, text: string, kind: "good" | "bad" }} Toast */

/** @type {import("../signal.js").Signal<Toast[]>} */
const toasts = signal(/** @type {Toast[]} */ ([]));
let last = 0;

/**
 * Show a message for some seconds.
 * @param {string} text
 * @param {"good" | "bad"} [kind]
 */
export function toast(text, kind = "good") {
  const id = ++last;
  toasts.set([...toasts.value, { id, text, kind }]);
  setTimeout(() => toasts.set(toasts.value.filter((one) => one.id !== id)), SHOWN_MS);
}

/** Where the messages appear. */
export function Toasts() {
  const shown = useSignal(toasts);
  return html`
    <div class="toasts" role="status" aria-live="polite">
      ${shown.map(
        ({ id, text, kind }) =>
          html`<p key=${id} class="toast toast-${kind}"><${Icon} name=${kind === "good" ? "check" : "alert"} />${text}</p>`,
      )}
    </div>
  `;
}

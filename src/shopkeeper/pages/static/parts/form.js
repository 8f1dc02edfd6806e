// Forms: what was typed, what is wrong with it, and whether it is on its way.

import { explain, faultsOf } from "../faults.js";
import { t } from "../texts.js";
import { html, useRef, useState } from "../vendor/preact.js";
import { Icon } from "./icon.js";

const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;

/** @typedef {Record<string, any>} Values */
/** @typedef {Record<string, string>} Faults */

/**
 * Return a sentence for each value that cannot be right, before the server is asked.
 * @param {Values} values
 * @param {{ required?: string[], emails?: string[], least?: Record<string, number> }} rules
 * @returns {Faults}
 */
export function check(values, { required = [], emails = [], least = {} }) {
  /** @type {Faults} */
  const faults = {};
  for (const [name, length] of Object.entries(least)) {
    if ((values[name] ?? "").length < length) faults[name] = t("form.short", { length });
  }
  for (const name of emails) if (values[name] && !EMAIL.test(values[name])) faults[name] = t("form.email");
  for (const name of required) if (!(values[name] ?? "").trim()) faults[name] = t("form.required");
  return faults;
}

/**
 * The state of a form. `bind(name)` gives a field its value and its fault; `submit` is the form's own handler.
 * @param {Values} first
 * @param {(values: Values) => Faults} checked what is wrong before the server is asked
 * @param {(values: Values) => Promise<void>} send throws what went wrong
 */
export function useForm(first, checked, send) {
  const [values, setValues] = useState(first);
  const [faults, setFaults] = useState(/** @type {Faults} */ ({}));
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));

  /** @param {Faults} found */
  function show(found) {
    setFaults(found);
    setTimeout(() => /** @type {HTMLElement | null} */ (form.current?.querySelector("[aria-invalid=true]"))?.focus());
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    if (busy) return;
    setFailure("");
    const wrong = checked(values);
    show(wrong);
    if (Object.keys(wrong).length) return;
    setBusy(true);
    try {
      await send(values);
    } catch (error) {
      setFailure(explain(error));
      show(faultsOf(error));
    } finally {
      setBusy(false);
    }
  }

  /** @param {string} name */
  function bind(name) {
    return {
      name,
      value: values[name] ?? "",
      fault: faults[name],
      onInput: (/** @type {any} */ value) => setValues((before) => ({ ...before, [name]: value })),
    };
  }

  return { form, bind, submit, busy, failure, values, setValues };
}

/** What went wrong with a whole form. @param {{ text: string }} props */
export function Failure({ text }) {
  return html`<div role="alert">${text && html`<p class="failure"><${Icon} name="alert" />${text}</p>`}</div>`;
}

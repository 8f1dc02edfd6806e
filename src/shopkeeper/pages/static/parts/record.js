// A form for something that exists, and that others may change at the same time.

import { useEffect, useRef } from "../vendor/preact.js";
import { useForm } from "./form.js";

/** @typedef {import("./form.js").Values} Values */

/** @param {unknown} one @param {unknown} other */
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * Like `useForm`, for the values of a record. When the record changes elsewhere, untouched fields follow it and edited
 * fields stay. `save` gets the differences from the record, and all values, and returns the new values of the record.
 * @param {Values} record
 * @param {(values: Values) => import("./form.js").Faults} checked
 * @param {(changes: Values, values: Values) => Promise<Values>} save
 */
export function useRecord(record, checked, save) {
  const base = useRef(record);
  const form = useForm(record, checked, async (values) => {
    const saved = await save(changed(base.current, values), values);
    base.current = saved;
    form.setValues(saved);
  });
  useEffect(() => {
    const before = base.current;
    if (isSame(before, record)) return;
    base.current = record;
    form.setValues((typed) => ({ ...record, ...changed(before, typed) }));
  });
  return { ...form, isTouched: !isSame(base.current, { ...base.current, ...form.values }) };
}

/**
 * Return the values that differ from those of a record.
 * @param {Values} record
 * @param {Values} values
 * @returns {Values}
 */
function changed(record, values) {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => !isSame(value, record[name])));
}

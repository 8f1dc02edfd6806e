// A value that components can watch.

import { useEffect, useState } from "./vendor/preact.js";

/**
 * @template T
 * @typedef {{ readonly value: T, set: (value: T) => void, subscribe: (watch: (value: T) => void) => () => void }} Signal
 */

/**
 * Make a signal. `subscribe` returns a function that ends the subscription.
 * @template T
 * @param {T} first
 * @returns {Signal<T>}
 */
export function signal(first) {
  let value = first;
  /** @type {Set<(value: T) => void>} */
  const watchers = new Set();
  return {
    get value() {
      return value;
    },
    set(next) {
      if (next === value) return;
      value = next;
      for (const watch of [...watchers]) watch(value);
    },
    subscribe(watch) {
      watchers.add(watch);
      return () => watchers.delete(watch);
    },
  };
}

/**
 * Return the value of a signal in a component, which is rendered again when the value changes.
 * @template T
 * @param {Signal<T>} source
 * @returns {T}
 */
export function useSignal(source) {
  const [value, setValue] = useState(source.value);
  useEffect(() => {
    setValue(() => source.value);
    return source.subscribe((next) => setValue(() => next));
  }, [source]);
  return value;
}

/**
 * Wait until a signal has a value that fits.
 * @template T
 * @param {Signal<T>} source
 * @param {(value: T) => boolean} fits
 * @returns {Promise<T>}
 */
export function until(source, fits) {
  if (fits(source.value)) return Promise.resolve(source.value);
  return new Promise((resolve) => {
    const stop = source.subscribe((value) => {
      if (!fits(value)) return;
      stop();
      resolve(value);
    });
  });
}

// Work that only one tab may do at a time.

/** @type {Map<string, Promise<unknown>>} */
const queues = new Map();

/**
 * Do some work while no other tab does any under this name. Browsers have locks (Web Locks) only on https and on
 * this machine; elsewhere the work is at least alone in its tab.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function alone(name, work) {
  if (navigator.locks) return navigator.locks.request(name, work);
  const before = queues.get(name) ?? Promise.resolve();
  const mine = before.then(work, work);
  queues.set(name, mine);
  return mine;
}

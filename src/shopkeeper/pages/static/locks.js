// Locks between tabs, and the number of tabs.

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

/** @type {Map<string, Promise<unknown>>} */
const presences = new Map();

/**
 * Count this tab under a name from now on, and return how many others are counted under it; null if it is not known.
 * @param {string} name
 * @returns {Promise<number | null>}
 */
export async function othersOf(name) {
  if (!navigator.locks) return null;
  const lock = `${name}.tab`;
  if (!presences.has(lock)) {
    const counted = new Promise((resolve) => {
      navigator.locks.request(lock, { mode: "shared" }, () => {
        resolve(undefined);
        return new Promise(() => {}); // until the tab is closed
      });
    });
    presences.set(lock, counted);
  }
  await presences.get(lock);
  const { held = [] } = await navigator.locks.query();
  return held.filter((one) => one.name === lock).length - 1;
}

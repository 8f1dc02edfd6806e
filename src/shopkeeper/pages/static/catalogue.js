// The items of the business: all of them, as they were last loaded.

import { get, patch, remove } from "./api.js";
import { Problem } from "./http.js";
import { signal } from "./signal.js";

/**
 * @typedef {object} Item
 * @property {string} item_id
 * @property {string} name
 * @property {string | null} [description]
 * @property {number} price_minor
 * @property {string} currency
 * @property {string | null} [category]
 * @property {number | null} [position]
 * @property {boolean} available
 * @property {string | null} [unavailable_until]
 * @property {number} version
 * @property {string | null} [picture_url]
 */

/** Null until they are loaded. */
export const items = signal(/** @type {Item[] | null} */ (null));

/**
 * Read all items, and show them as they come. Throws Problem.
 * @param {string} businessId
 */
export async function loadItems(businessId) {
  /** @type {Item[]} */
  let found = [];
  for (let cursor = null; ; ) {
    const asked = new URLSearchParams({ business_id: businessId, limit: "100", ...(cursor && { cursor }) });
    const { data } = await get(`/api/items?${asked}`);
    found = [...found, ...data.items];
    if (!items.value || !data.next) items.set(found);
    if (!data.next) return;
    cursor = data.next;
  }
}

/** Show an item as it is now. @param {Item} item */
export function put(item) {
  const known = items.value ?? [];
  const isKnown = known.some(({ item_id }) => item_id === item.item_id);
  items.set(isKnown ? known.map((one) => (one.item_id === item.item_id ? item : one)) : [...known, item]);
}

/** @param {string} itemId */
function drop(itemId) {
  items.set((items.value ?? []).filter(({ item_id }) => item_id !== itemId));
}

/** Read an item again, and show it. @param {string} itemId */
export async function refreshItem(itemId) {
  try {
    put((await get(pathOf(itemId))).data);
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status !== 404) throw problem;
    drop(itemId);
  }
}

/**
 * Change an item in the version that was seen, and return it. Throws Problem; if it was changed elsewhere, the newest
 * version is shown first.
 * @param {Item} item
 * @param {Record<string, unknown>} change
 * @returns {Promise<Item>}
 */
export async function changeItem(item, change) {
  const { data } = await renewed(item, () => patch(pathOf(item.item_id), change, `"${item.version}"`));
  put(data);
  return data;
}

/** Delete an item in the version that was seen. Throws as `changeItem`. @param {Item} item */
export async function deleteItem(item) {
  await renewed(item, () => remove(pathOf(item.item_id), `"${item.version}"`));
  drop(item.item_id);
}

/**
 * @template T
 * @param {Item} item
 * @param {() => Promise<T>} work
 */
async function renewed(item, work) {
  try {
    return await work();
  } catch (problem) {
    if (problem instanceof Problem && [404, 409, 412].includes(problem.status)) await refreshItem(item.item_id);
    throw problem;
  }
}

/** @param {string} itemId */
const pathOf = (itemId) => `/api/items/${encodeURIComponent(itemId)}`;

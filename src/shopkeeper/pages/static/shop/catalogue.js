// The items of the business: all of them, by category, with a search.

import { send } from "../http.js";
import { signal } from "../signal.js";
import { businessId } from "./kept.js";

const PAGE = 100;

/** @typedef {{ name: string, items: any[] }} Category the one of items without a category has no name */

/** Null until they are known. @type {import("../signal.js").Signal<any[] | null>} */
export const items = signal(/** @type {any[] | null} */ (null));

/** Read all items. Throws Problem. */
export async function loadItems() {
  const found = [];
  let cursor = "";
  do {
    const query = new URLSearchParams({ business_id: businessId(), limit: String(PAGE), ...(cursor && { cursor }) });
    const { data } = await send("GET", `/api/items?${query}`);
    found.push(...data.items);
    cursor = data.next ?? "";
  } while (cursor);
  items.set(found);
}

/**
 * Return the items in which a text is found, by category: first what the owner put first.
 * @param {any[]} all
 * @param {string} text
 * @returns {Category[]}
 */
export function categoriesOf(all, text) {
  const words = fold(text).split(/\s+/).filter(Boolean);
  /** @type {Map<string, any[]>} */
  const groups = new Map();
  for (const item of all) {
    const where = fold(`${item.name} ${item.description ?? ""} ${item.category ?? ""}`);
    if (!words.every((word) => where.includes(word))) continue;
    const name = item.category ?? "";
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  const sorted = [...groups].map(([name, group]) => ({
    name,
    items: group.sort((one, other) => place(one) - place(other) || compare(one.name, other.name)),
  }));
  const first = (/** @type {Category} */ { items: [item] }) => place(item);
  return sorted.sort(
    (one, other) =>
      Number(!one.name) - Number(!other.name) || first(one) - first(other) || compare(one.name, other.name),
  );
}

/** @param {any} item */
function place(item) {
  return item.position ?? Number.MAX_SAFE_INTEGER;
}

/** Letters without case and accents. @param {string} text */
function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

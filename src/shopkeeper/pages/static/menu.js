// The order of a catalogue: categories, and the items of each by their positions.

const STEP = 1000;
const LAST = 1_000_000; // the API takes no greater position

/** @typedef {import("./catalogue.js").Item} Item */

/**
 * Return the items by category, in the order of the catalogue: those with a position first, then by name. The items
 * without a category come last.
 * @param {Item[]} items
 * @returns {[category: string, items: Item[]][]}
 */
export function grouped(items) {
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  /** @type {Map<string, Item[]>} */
  const groups = new Map();
  for (const item of items) {
    const category = item.category ?? "";
    const group = groups.get(category);
    if (group) group.push(item);
    else groups.set(category, [item]);
  }
  const place = (/** @type {Item} */ item) => item.position ?? LAST + 1;
  for (const group of groups.values()) {
    group.sort(
      (one, two) => place(one) - place(two) || compare(one.name, two.name) || compare(one.item_id, two.item_id),
    );
  }
  return [...groups].sort(([one], [two]) => Number(!one) - Number(!two) || compare(one, two));
}

/**
 * Return the items that need another position, with it, so that the one at `from` comes to `to`: only that one if there
 * is room between its new neighbours.
 * @param {Item[]} group in its order
 * @param {number} from
 * @param {number} to
 * @returns {[item: Item, position: number][]}
 */
export function moved(group, from, to) {
  const item = group[from];
  if (!item || to < 0 || to >= group.length) return [];
  const order = group.filter((one) => one !== item);
  order.splice(to, 0, item);
  const before = to ? order[to - 1]?.position : -1;
  const after = order[to + 1]?.position;
  if (before != null) {
    const position = after == null ? Math.max(before, 0) + STEP : Math.floor((before + after) / 2);
    if (position > before && position <= LAST) return [[item, position]];
  }
  const last = Math.max(
    to,
    order.findLastIndex((one) => one.position != null),
  );
  const step = Math.min(STEP, Math.floor(LAST / (last + 1)));
  return order
    .slice(0, last + 1)
    .map((one, index) => /** @type {[Item, number]} */ ([one, (index + 1) * step]))
    .filter(([one, position]) => one.position !== position);
}

/**
 * Return the items in whose name, category or description a search is found, whatever its case and accents.
 * @param {Item[]} items
 * @param {string} search
 */
export function found(items, search) {
  const wanted = folded(search.trim());
  if (!wanted) return items;
  return items.filter(({ name, category, description }) =>
    folded(`${name} ${category} ${description}`).includes(wanted),
  );
}

/** @param {string} text */
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

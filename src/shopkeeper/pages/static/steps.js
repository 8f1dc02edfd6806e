// The life cycle of an order for its owner: which column it is in, and which steps are next.

/** @typedef {import("./board.js").Order} Order */
/** @typedef {"accept" | "reject" | "prepare" | "ready" | "dispatch" | "deliver" | "complete" | "cancel"} Step */

/** Statuses of orders that are not finished. */
export const OPEN = ["received", "accepted", "preparing", "ready", "out_for_delivery"];

/** The next steps of each status; the first is the usual one. @type {Record<string, Step[]>} */
const STEPS = {
  received: ["accept", "reject"],
  accepted: ["prepare", "cancel"],
  preparing: ["ready", "cancel"],
  ready: ["complete"],
  out_for_delivery: ["deliver", "complete"],
  delivered: ["complete"],
};

/** The columns, each with its look. All other statuses are in `done`. */
export const COLUMNS = /** @type {const} */ ({
  new: { statuses: ["received"], tone: "new", icon: "dot" },
  work: { statuses: ["accepted", "preparing"], tone: "work", icon: "half" },
  ready: { statuses: ["ready", "out_for_delivery"], tone: "good", icon: "check" },
  done: { statuses: [], tone: "done", icon: "check" },
});

/** @typedef {keyof typeof COLUMNS} ColumnName */

const COLUMN_OF = /** @type {Record<string, ColumnName>} */ (
  Object.fromEntries(
    Object.entries(COLUMNS).flatMap(([name, { statuses }]) => statuses.map((status) => [status, name])),
  )
);

/**
 * Return what can be done with an order.
 * @param {Order} order
 * @returns {Step[]}
 */
export function stepsOf({ status, fulfilment }) {
  const steps = STEPS[status] ?? [];
  return status === "ready" && fulfilment.type === "delivery" ? ["dispatch", ...steps] : steps;
}

/** When an order got its status. @param {Order} order */
const changedAt = (order) => order.history[order.history.length - 1]?.at ?? order.created_at;

/**
 * How each column is sorted. New orders: newest first. Orders in progress: first due first. Finished orders: last
 * finished first.
 * @type {Record<ColumnName, (one: Order, other: Order) => number>}
 */
const SORTED = {
  new: (one, other) => compare(other.created_at, one.created_at),
  work: (one, other) => compare(one.ready_at ?? one.created_at, other.ready_at ?? other.created_at),
  ready: (one, other) => compare(changedAt(one), changedAt(other)),
  done: (one, other) => compare(changedAt(other), changedAt(one)),
};

/**
 * Return the orders of each column in their order. Of those that are done only today's are there.
 * @param {Iterable<Order>} orders
 * @returns {Record<ColumnName, Order[]>}
 */
export function arrange(orders) {
  /** @type {Record<ColumnName, Order[]>} */
  const columns = { new: [], work: [], ready: [], done: [] };
  for (const order of orders) {
    const name = COLUMN_OF[order.status] ?? "done";
    if (name !== "done" || isToday(changedAt(order))) columns[name].push(order);
  }
  for (const [name, sorted] of Object.entries(SORTED)) columns[/** @type {ColumnName} */ (name)].sort(sorted);
  return columns;
}

/** @param {string} moment */
export function isToday(moment) {
  return new Date(moment).toDateString() === new Date().toDateString();
}

/**
 * @param {string} one
 * @param {string} other
 */
function compare(one, other) {
  return one < other ? -1 : Number(one > other);
}

// The orders of the business: the open ones, and today's. They are kept up to date by the feed, on every page.
//
// The feed begins before the orders are read, so no change is missed. An event only says which order must be read
// again.

import { get, Problem, post } from "./api.js";
import { pauseAfter } from "./backoff.js";
import { business } from "./business.js";
import { coalesced } from "./coalesce.js";
import { explain } from "./faults.js";
import { listen } from "./live.js";
import { toast } from "./parts/toast.js";
import { signal } from "./signal.js";
import { isToday, OPEN } from "./steps.js";
import { isText, t } from "./texts.js";
import { everySecond, setClock } from "./ticks.js";

const PAGE = 100;
const MOST_PAGES_OF_TODAY = 5;
const AT_A_TIME = 6;
/** If more orders than this changed at once, all are read. */
const MOST_SINGLY = 50;
const LAGS_MS = 5_000;

/** @typedef {{ item_id: string, name: string, quantity: number, total_minor: number, note?: string | null }} Line */
/** @typedef {{ type: "pickup" | "delivery" | "table", address?: string | Record<string, string>, instructions?: string, table?: string }} Fulfilment */
/**
 * @typedef {object} Order
 * @property {string} order_id
 * @property {number | null} [number]
 * @property {string} status
 * @property {{ name: string, phone?: string, email?: string }} customer
 * @property {Fulfilment} fulfilment
 * @property {Line[]} lines
 * @property {string} currency
 * @property {number} total_minor
 * @property {string | null} [note]
 * @property {string | null} [reason]
 * @property {string | null} [ready_at]
 * @property {string} created_at
 * @property {string} accept_until
 * @property {number} version
 * @property {{ status: string, at: string, by: string }[]} history
 */

/** Orders by their id. Null until they are read. */
export const orders = signal(/** @type {ReadonlyMap<string, Order> | null} */ (null));
/** How many orders nobody has answered yet. */
export const waiting = signal(0);
/** Why the orders cannot be read. */
export const failure = signal("");
/** What happened last, to be read aloud. */
export const news = signal("");

/** @type {Board | null} */
let board = null;

orders.subscribe((all) => {
  waiting.set([...(all?.values() ?? [])].filter(({ status }) => status === "received").length);
});

business.subscribe((shop) => {
  const id = shop?.business_id ?? null;
  if (id === (board?.businessId ?? null)) return;
  board?.stop();
  orders.set(null);
  failure.set("");
  news.set("");
  board = id && new Board(id);
});

// The first call from the feed asks for all orders to be read.
listen((events) => board?.hear(events));

/** What an order is called. @param {Order} order */
export const nameOf = ({ number, order_id }) => (number ? `#${number}` : `…${order_id.slice(-4)}`);

/** @param {string} status */
function wordOf(status) {
  const key = `status.${status}`;
  return isText(key) ? t(key) : status;
}

/**
 * Take a step of an order, and return whether it succeeded. If it did not, the person is told why; if somebody else
 * was faster, the order shows its new status.
 * @param {Order} order
 * @param {import("./steps.js").Step} step
 * @param {Record<string, unknown>} [body]
 */
export async function take(order, step, body) {
  const path = `/api/orders/${encodeURIComponent(order.order_id)}`;
  try {
    const { data } = await post(`${path}/${step}`, body);
    board?.put(data);
    news.set(`${nameOf(data)}: ${wordOf(data.status)}`);
    return true;
  } catch (problem) {
    if (problem instanceof Problem && problem.code === "out_of_turn") {
      board?.look(order.order_id);
      toast(t("orders.meanwhile", { order: nameOf(order), status: wordOf(String(problem.facts.order_status)) }), "bad");
    } else {
      toast(t("orders.undone", { order: nameOf(order), why: explain(problem) }), "bad");
    }
    return false;
  }
}

/** Read everything again. */
export function reload() {
  failure.set("");
  board?.hear(null);
}

class Board {
  /** @param {string} businessId */
  constructor(businessId) {
    this.businessId = businessId;
    this.path = `/api/businesses/${encodeURIComponent(businessId)}`;
    this.isOver = false;
    /** Orders that are to be read again. @type {Set<string>} */
    this.changed = new Set();
    this.isStale = false;
    this.again = 0;
    this.end = everySecond((moment) => this.tick(moment));
  }

  stop() {
    this.isOver = true;
    clearTimeout(this.again);
    this.end();
  }

  /** @param {import("./feed.js").FeedEvent[] | null} events */
  hear(events) {
    if (!events) {
      this.isStale = true;
      // DynamoDB's indexes lag: a list may lack an order that was placed a moment ago.
      clearTimeout(this.again);
      this.again = window.setTimeout(() => {
        this.isStale = true;
        this.read();
      }, LAGS_MS);
    }
    for (const { type, subject, data } of events ?? []) {
      if (!type.startsWith("order.")) continue;
      // An order has each status only once: one that has had this status is known already.
      const known = orders.value?.get(subject);
      if (!known?.history.some(({ status }) => status === data.status)) this.changed.add(subject);
    }
    this.read();
  }

  /** Read an order again. @param {string} orderId */
  look(orderId) {
    this.changed.add(orderId);
    this.read();
  }

  /** @param {Order} order */
  put(order) {
    const known = orders.value?.get(order.order_id);
    if (!orders.value || (known && known.version > order.version)) return;
    if (!known && order.status === "received") {
      news.set(t("orders.arrived", { order: nameOf(order), name: order.customer.name }));
    }
    orders.set(new Map(orders.value).set(order.order_id, order));
  }

  /** Read what has changed, until nothing has. */
  read = coalesced(async () => {
    try {
      while (!this.isOver && (this.isStale || this.changed.size)) {
        if (this.isStale || this.changed.size > MOST_SINGLY) await this.readAll();
        else await Promise.all([...this.changed].slice(0, AT_A_TIME).map((id) => this.readOne(id)));
      }
    } catch (problem) {
      this.isStale = true; // whatever was not read is read with the next event
      if (!this.isOver) failure.set(explain(problem));
    }
  });

  async readAll() {
    this.isStale = false;
    this.changed.clear();
    /** @type {Map<string, Order>} */
    const found = new Map();
    const keep = (/** @type {Order} */ order) => {
      const known = found.get(order.order_id);
      if (!known || known.version <= order.version) found.set(order.order_id, order);
    };
    for (const status of [...OPEN, ""]) {
      let cursor = "";
      for (let page = 1; ; page++) {
        const query = `limit=${PAGE}${status && `&status=${status}`}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
        const { data, headers } = await this.insist(() => get(`${this.path}/orders?${query}`));
        setClock(headers);
        data.orders.forEach(keep);
        cursor = data.next ?? "";
        const isOver = !status && (page === MOST_PAGES_OF_TODAY || !isToday(data.orders.at(-1)?.created_at));
        if (!cursor || isOver) break;
      }
    }
    if (this.isOver) return;
    // A known order may be newer than a list. Open orders that are no longer in any list are read one by one.
    for (const order of orders.value?.values() ?? []) {
      if (!found.has(order.order_id)) {
        if (!OPEN.includes(order.status)) continue;
        this.changed.add(order.order_id);
      }
      keep(order);
    }
    failure.set("");
    orders.set(found);
  }

  /** @param {string} orderId */
  async readOne(orderId) {
    this.changed.delete(orderId);
    try {
      const { data } = await this.insist(() => get(`/api/orders/${encodeURIComponent(orderId)}`));
      this.put(data);
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.status !== 404) throw problem;
    }
  }

  /**
   * Retry until the server succeeds. Throws Problem if it never will.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async insist(work) {
    for (let failures = 0; ; failures++) {
      try {
        return await work();
      } catch (problem) {
        if (!(problem instanceof Problem) || !problem.passes || this.isOver) throw problem;
        failure.set(explain(problem));
        await new Promise((resolve) => setTimeout(resolve, pauseAfter(failures, problem.retryAfter)));
      }
    }
  }

  /** Orders that nobody accepted in time have expired, even before the server says so. @param {number} moment */
  tick(moment) {
    for (const order of orders.value?.values() ?? []) {
      if (order.status !== "received" || Date.parse(order.accept_until) > moment) continue;
      const expired = { status: "expired", at: order.accept_until, by: "system" };
      const late = { ...order, status: "expired", history: [...order.history, expired] };
      orders.set(new Map(orders.value).set(order.order_id, late));
    }
  }
}

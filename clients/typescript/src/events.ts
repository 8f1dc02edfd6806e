// The feed of a business: every event once and in order, whatever the network does.

import { pauseAfter, sleep } from "./backoff.js";
import type { Api, FeedEvent } from "./paths.js";
import { hasCode, problemOf, retryAfterOf, ShopkeeperError } from "./problem.js";

const WAIT_SECONDS = 25;
const FUTURE = Number.MAX_SAFE_INTEGER; // a number that no feed reaches: the answer says which it has reached

/** Where to begin, and what ends it. */
export interface EventOptions {
  /** The `seq` of the last event that is known: those after it come. 0 begins with the oldest; without it, now. */
  after?: number;
  /** Ends the loop, without an error. */
  signal?: AbortSignal;
  /** Called with false when the server does not answer, and with true when it does again. */
  onConnection?: (online: boolean) => void;
}

/**
 * Yield the events of a business as they happen. Lost connections and outages are waited out. Throws ShopkeeperError
 * `events_gone` if events after that number are no longer kept, or if a backup was restored that ends before it:
 * `problem.newest` is the number to go on after, once everything was loaded again. Throws others if the caller may not read the feed.
 */
export async function* follow(api: Api, businessId: string, options: EventOptions): AsyncGenerator<FeedEvent, void> {
  const { signal, onConnection } = options;
  let { after } = options;
  let failures = 0;
  while (!signal?.aborted) {
    let page: Page = { events: [], pause: 0 };
    try {
      if (after === undefined) after = await newest(api, businessId, signal);
      else page = await ask(api, businessId, after, signal);
      if (failures) onConnection?.(true);
      failures = 0;
    } catch (error) {
      if (signal?.aborted) return;
      if (!(error instanceof ShopkeeperError) || !error.passes) throw error;
      if (!failures) onConnection?.(false);
      page.pause = pauseAfter(failures++, error.retryAfter);
    }
    for (const event of page.events) {
      yield event;
      after = event.seq;
      if (signal?.aborted) return;
    }
    if (page.events.length === 0 && page.pause) await sleep(page.pause, signal).catch(() => {});
  }
}

/** Return the number of the newest event of a business. Throws ShopkeeperError. */
export async function newest(api: Api, businessId: string, signal?: AbortSignal): Promise<number> {
  try {
    const { events } = await ask(api, businessId, FUTURE, signal);
    return events.at(-1)?.seq ?? FUTURE;
  } catch (error) {
    if (hasCode(error, "events_gone")) return error.problem.newest;
    throw error;
  }
}

interface Page {
  events: FeedEvent[];
  /** Milliseconds after which to ask again. */
  pause: number;
}

async function ask(api: Api, businessId: string, after: number, signal?: AbortSignal): Promise<Page> {
  const { data, error, response } = await api.GET("/api/businesses/{business_id}/events", {
    params: { path: { business_id: businessId }, query: { after, wait: WAIT_SECONDS } },
    ...(signal && { signal }),
  });
  if (data) return { events: data.events, pause: (retryAfterOf(response) ?? 0) * 1000 };
  const facts: object = error ?? {};
  throw problemOf(response, "newest" in facts ? { ...facts, code: "events_gone" } : facts);
}

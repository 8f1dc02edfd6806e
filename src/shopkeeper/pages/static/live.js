// Passes the events of the business to every page and part that watches, while somebody is signed in.

import { online } from "./connection.js";
import { follow } from "./feed.js";
import { useEffect, useRef } from "./vendor/preact.js";

/** @typedef {import("./feed.js").FeedEvent} FeedEvent */

/**
 * Gets events, oldest first; null means that some may have been missed, and everything must be loaded again.
 * @typedef {(events: FeedEvent[] | null) => void} Watcher
 */

/** @type {Set<Watcher>} */
const watchers = new Set();

/**
 * Follow the feed of a business from now on. The shell does it once for all. The returned function ends it.
 * @param {string} businessId
 */
export function watch(businessId) {
  const stop = follow(businessId, null, { events: tell, gone: () => tell(null), online: online.set });
  return () => {
    stop();
    online.set(true); // nothing checks the connection any more
  };
}

/**
 * Watch events, until the returned function is called.
 * @param {Watcher} watcher
 */
export function listen(watcher) {
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
  };
}

/**
 * Let a component watch events while it is shown.
 * @param {Watcher} watcher
 */
export function useEvents(watcher) {
  const latest = useRef(watcher);
  latest.current = watcher;
  useEffect(() => listen((events) => latest.current(events)), []);
}

/** @type {Watcher} */
function tell(events) {
  for (const watcher of [...watchers]) watcher(events);
}

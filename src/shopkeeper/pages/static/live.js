// What happens in the business, told to every page and part that wants to know, as long as somebody is signed in.

import { online } from "./connection.js";
import { follow } from "./feed.js";
import { useEffect, useRef } from "./vendor/preact.js";

/** @typedef {import("./feed.js").FeedEvent} FeedEvent */

/**
 * Is told of events, oldest first; null says that some may have been missed, and all is to be loaded anew.
 * @typedef {(events: FeedEvent[] | null) => void} Watcher
 */

/** @type {Set<Watcher>} */
const watchers = new Set();

/**
 * Follow the feed of a business from now on. The shell does it once for all; what is returned ends it.
 * @param {string} businessId
 */
export function watch(businessId) {
  const stop = follow(businessId, null, { events: tell, gone: () => tell(null), online: online.set });
  return () => {
    stop();
    online.set(true); // nobody asks any more
  };
}

/**
 * Be told of events, until what is returned is called.
 * @param {Watcher} watcher
 */
export function listen(watcher) {
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
  };
}

/**
 * Let a component be told of events while it is shown.
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

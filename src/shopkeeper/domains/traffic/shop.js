/**
 * What a page loads to be counted: `<script src="https://api.example.com/shop.js" defer></script>`.
 *
 * `make script` writes `shop.min.js`, which is served, with the path of hits in the place of HIT_PATH. That path is
 * resolved beside the script, so it keeps the stage, or the folder of a proxy, that the script is under.
 */

/** @typedef {Window & { shopkeeper?: (name?: string) => void }} Page */
/** @typedef {Navigator & { globalPrivacyControl?: boolean }} Browser */
/** @typedef {Document & { prerendering?: boolean }} Shown */

((document, location) => {
  // A page that has the tag twice is counted once. An element of this id is no function.
  if (/** @type {Page} */ (window).shopkeeper?.call) return;

  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const data = script.dataset;
  const origin = location.origin;
  const isLocal = /^(127\.|\[::1]|$)|localhost$/.test(location.hostname);
  let isOff =
    /** @type {Browser} */ (navigator).globalPrivacyControl ||
    navigator.doNotTrack === "1" ||
    (isLocal && !("local" in data));
  try {
    isOff = isOff || localStorage.shopkeeper === "off";
  } catch {
    // A page that may not keep anything is counted.
  }

  /**
   * The path that was counted last, what it was counted as, and the canonical address that stood there then.
   * @type {string | undefined}
   */
  let path;
  /** @type {string | undefined} */
  let page;
  /** @type {string | undefined} */
  let canonical;

  /** @param {string} address */
  const withoutQuery = (address) => address.replace(/[?#].*/, "");

  /** @param {string} referrer @param {string} [event] */
  const send = (referrer, event) => {
    if (isOff) return;
    const url = new URL("HIT_PATH", script.src);
    const body = JSON.stringify({
      p: page,
      r: referrer,
      n: data.site,
      w: innerWidth,
      z: Intl.DateTimeFormat().resolvedOptions().timeZone,
      e: event,
      b: navigator.webdriver ? 1 : 0,
    });
    if (!navigator.sendBeacon?.(url, body))
      fetch(url, { method: "POST", body, keepalive: true, mode: "no-cors" }).catch(() => {});
  };

  /**
   * A page that a browser loads in advance is not seen before it is activated.
   * @param {() => void} action
   */
  const whenSeen = (action) => {
    if (/** @type {Shown} */ (document).prerendering) document.addEventListener("prerenderingchange", action);
    else action();
  };

  const view = () =>
    whenSeen(() => {
      if (path === location.pathname) return;
      const referrer = path ? origin : withoutQuery(document.referrer);
      page = path = location.pathname;
      const link = /** @type {HTMLLinkElement?} */ (document.querySelector("link[rel=canonical]"))?.href;
      // One that stayed the same while the path changed is that of the former page.
      if (link !== canonical && link?.startsWith(`${origin}/`)) page = withoutQuery(link.slice(origin.length));
      canonical = link;
      // Of the query only campaigns leave the page.
      page += (location.search.match(/[?&](utm_\w+|ref|source)=[^&]*/g) || []).join("").replace(/^&/, "?");
      send(referrer);
    });

  /** @param {string} [name] */
  const tell = (name) => {
    if (name) whenSeen(() => send(origin, name));
  };
  /** @type {Page} */ (window).shopkeeper = tell;

  for (const method of /** @type {const} */ (["pushState", "replaceState"])) {
    const original = history[method];
    history[method] = (...values) => {
      original.apply(history, values);
      // What follows at once, a redirection or a new canonical address, belongs to the same view.
      setTimeout(view);
    };
  }
  addEventListener("popstate", view);
  addEventListener("pageshow", (event) => {
    if (event.persisted) send(origin);
  });
  addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const marked = /** @type {HTMLElement | undefined} */ (target.closest?.("[data-event]"));
    tell(marked?.dataset.event);
  });
  view();
})(document, location);

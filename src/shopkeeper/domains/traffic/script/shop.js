/**
 * What a page loads to be counted: `<script src="https://api.example.com/shop.js" defer></script>`.
 *
 * Minified, it is `shop.min.js`: `make script` writes it. The server puts the path of hits in the place of
 * `HIT_PATH`. It is resolved beside the script, and so keeps the stage or the folder of a proxy before it.
 */
((window, document, navigator, history) => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const target = new URL("HIT_PATH", script.src).href;
  const isHere = () => !/^(.*\.)?localhost$|^127\.|^\[::1]$|^$/.test(location.hostname) || "local" in script.dataset;

  /** The path that was counted last, and the canonical address that the page had then. */
  let path = "";
  let canonical = "";

  const mayCount = () => {
    try {
      if (localStorage.shopkeeper === "off") return false;
    } catch {
      // A page without storage is counted.
    }
    return isHere() && !navigator.globalPrivacyControl && navigator.doNotTrack !== "1";
  };

  /** @param {string} page @param {string} referrer @param {string} [name] */
  const send = (page, referrer, name) => {
    if (!mayCount()) return;
    const body = JSON.stringify({
      p: page,
      r: referrer,
      n: script.dataset.site,
      w: innerWidth,
      z: Intl.DateTimeFormat().resolvedOptions().timeZone,
      e: name,
      b: navigator.webdriver ? 1 : undefined,
    });
    if (!navigator.sendBeacon?.(target, body))
      fetch(target, { method: "POST", body, keepalive: true, mode: "no-cors" }).catch(() => {});
  };
})(window, document, navigator, history);

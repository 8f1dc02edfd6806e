// Pages of the shell that are loaded when they are first opened, so that the first load of all is light.

import { explain } from "./faults.js";
import { Problem } from "./http.js";
import { Button } from "./parts/button.js";
import { Empty, Loading } from "./parts/empty.js";
import { t } from "./texts.js";
import { html, useEffect, useState } from "./vendor/preact.js";

/**
 * Return a component that loads another one and its style sheet, and then shows it.
 * @param {() => Promise<any>} load
 * @param {string} style
 */
export function later(load, style) {
  /** @type {any} */
  let loaded = null;
  return function Later() {
    const [view, setView] = useState(() => loaded);
    const [failure, setFailure] = useState("");
    async function begin() {
      setFailure("");
      try {
        [loaded] = await Promise.all([load(), styled(style)]);
        setView(() => loaded);
      } catch {
        setFailure(explain(new Problem(0, "unreachable", "")));
      }
    }
    useEffect(() => {
      if (!view) begin();
    }, []);
    if (view) return html`<${view} />`;
    if (!failure) return html`<${Loading} />`;
    return html`<${Empty} icon="alert" title=${failure}><${Button} onClick=${begin}>${t("app.retry")}<//><//>`;
  };
}

/** Load a style sheet, unless it is there. Throws what happened if it cannot be loaded. @param {string} href */
function styled(href) {
  return new Promise((resolve, reject) => {
    if (document.head.querySelector(`link[href="${href}"]`)) return resolve(undefined);
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    link.addEventListener("load", () => resolve(undefined));
    link.addEventListener("error", () => {
      link.remove();
      reject(new Error(href));
    });
    document.head.append(link);
  });
}

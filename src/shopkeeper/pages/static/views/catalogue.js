// The catalogue: what the business sells, by category.

import { business } from "../business.js";
import { changeItem, items, loadItems, refreshItem } from "../catalogue.js";
import { coalesced } from "../coalesce.js";
import { explain } from "../faults.js";
import { useEvents } from "../live.js";
import { found, grouped, moved } from "../menu.js";
import { Button } from "../parts/button.js";
import { Empty, Loading } from "../parts/empty.js";
import { ItemForm } from "../parts/item-form.js";
import { ItemRow } from "../parts/item-row.js";
import { Search } from "../parts/search.js";
import { Still } from "../parts/still.js";
import { toast } from "../parts/toast.js";
import { useSignal } from "../signal.js";
import { language, t } from "../texts.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

/** @typedef {import("../catalogue.js").Item} Item */

/** The page. */
export function Catalogue() {
  const shop = useSignal(business);
  if (!shop)
    return html`<h1>${t("catalogue.title")}</h1><${Empty} icon="shop" title=${t("orders.none")} text=${t("business.none")} />`;
  return html`<${Items} key=${shop.business_id} businessId=${shop.business_id} />`;
}

/** @param {{ businessId: string }} props */
function Items({ businessId }) {
  const all = useSignal(items);
  const [failure, setFailure] = useState("");
  const [search, setSearch] = useState("");
  const [isSorting, setSorting] = useState(false);
  const [edited, setEdited] = useState(/** @type {string | null} */ (null)); // an id, or "new"
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const [load] = useState(() =>
    coalesced(async () => {
      setFailure("");
      await loadItems(businessId).catch((problem) => setFailure(explain(problem)));
    }),
  );
  useEffect(() => {
    load();
    return () => items.set(null);
  }, []);
  useEvents((events) => {
    if (!events) load();
    for (const { subject } of events?.filter(({ type }) => type.startsWith("item.")) ?? [])
      refreshItem(subject).catch(() => {});
  });
  const [edit] = useState(() => (/** @type {string} */ itemId) => setEdited(itemId));
  const [step] = useState(
    () => (/** @type {Item} */ item, /** @type {-1 | 1} */ by) => move(item, by).finally(() => refocus(item, by)),
  );

  /** @param {Item} item @param {number} by */
  function refocus({ item_id }, by) {
    setTimeout(() =>
      /** @type {HTMLElement | null | undefined} */ (
        list.current?.querySelector(`[data-item="${item_id}"] [data-by="${by}"]`)
      )?.focus(),
    );
  }

  const groups = all ? grouped(found(all, isSorting ? "" : search)) : [];
  return html`
    <div class="spread page-head">
      <h1>${t("catalogue.title")}</h1>
      ${Boolean(all?.length) && html`<${Button} kind="primary" onClick=${() => setEdited("new")}>${t("catalogue.add")}<//>`}
    </div>
    ${failure && html`<${Empty} icon="alert" title=${failure}><${Button} onClick=${load}>${t("app.retry")}<//><//>`}
    ${!failure && !all && html`<${Loading} />`}
    ${
      all?.length === 0 &&
      html`<${Empty} icon="catalogue" title=${t("catalogue.empty")} text=${t("catalogue.empty_lead")}>
        <${Button} kind="primary" onClick=${() => setEdited("new")}>${t("catalogue.add")}<//>
      <//>`
    }
    ${
      Boolean(all?.length) &&
      html`
        <div class="tools" role="search">
          ${
            !isSorting &&
            html`<div class="field"><${Search} label=${t("catalogue.search")} text=${search} onInput=${setSearch} /></div>`
          }
          <${Button} onClick=${() => setSorting(!isSorting)}>${t(isSorting ? "catalogue.sorted" : "catalogue.sort")}<//>
        </div>
        <p class="unseen" role="status">${search && t("catalogue.found", { count: groups.flatMap(([, group]) => group).length })}</p>
        <div ref=${list}>
          ${groups.map(
            ([category, group]) => html`
              <section class="group-of" key=${category} aria-labelledby="category-${category}">
                <h2 id="category-${category}">${category || t("catalogue.uncategorised")} <span class="muted">${group.length}</span></h2>
                <ul class="rows">
                  ${group.map(
                    (item, index) => html`
                      <${Still} view=${ItemRow} key=${item.item_id} item=${item} edit=${edit} isSorting=${isSorting} step=${step}
                        isFirst=${!index} isLast=${index === group.length - 1} language=${language.value} />`,
                  )}
                </ul>
              </section>`,
          )}
          ${!groups.length && html`<${Empty} icon="catalogue" title=${t("catalogue.nothing")} />`}
        </div>`
    }
    ${
      edited !== null &&
      html`<${ItemForm} item=${all?.find(({ item_id }) => item_id === edited) ?? null} items=${all ?? []}
        onMade=${setEdited} onClose=${() => setEdited(null)} />`
    }
  `;
}

/**
 * Move an item within its category.
 * @param {Item} item
 * @param {-1 | 1} by
 */
async function move(item, by) {
  const group = grouped(items.value ?? []).find(([category]) => category === (item.category ?? ""))?.[1] ?? [];
  const from = group.findIndex(({ item_id }) => item_id === item.item_id);
  try {
    for (const [one, position] of moved(group, from, from + by)) await changeItem(one, { position });
  } catch (problem) {
    toast(explain(problem), "bad");
  }
}

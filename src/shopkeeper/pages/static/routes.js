// The pages of the shell, in the order of the navigation. A page is a line here, a file in `views/`, and its texts.

import { later } from "./later.js";
import { Account } from "./views/account.js";
import { Business } from "./views/business.js";
import { Catalogue } from "./views/catalogue.js";
import { Orders } from "./views/orders.js";
import { Webhooks } from "./views/webhooks.js";

const Traffic = later(async () => (await import("./views/traffic.js")).Traffic, "/assets/traffic.css");

/**
 * A page: its component, and its name in the navigation.
 * @typedef {{ view: any, title: import("./texts.js").TextKey, icon: import("./parts/icon.js").IconName }} Route
 */

/** The address of a page is its name here: `#/orders`. @satisfies {Record<string, Route>} */
export const ROUTES = /** @type {const} */ ({
  orders: { view: Orders, title: "nav.orders", icon: "orders" },
  catalogue: { view: Catalogue, title: "nav.catalogue", icon: "catalogue" },
  traffic: { view: Traffic, title: "nav.traffic", icon: "chart" },
  business: { view: Business, title: "nav.business", icon: "shop" },
  webhooks: { view: Webhooks, title: "nav.webhooks", icon: "link" },
  account: { view: Account, title: "nav.account", icon: "account" },
});

/** @typedef {keyof typeof ROUTES} RouteName */

/** @returns {RouteName} the page that the address names, the first one if it names none */
export function currentRoute() {
  const name = location.hash.replace(/^#\//, "").split(/[/?]/)[0] ?? "";
  return name in ROUTES ? /** @type {RouteName} */ (name) : "orders";
}

// The client of the browser. Its requests go through this site, and so does its session.

import { createShopkeeper, routeStorage } from "@shopkeeper/client";

export const shop = createShopkeeper({ baseUrl: "/shopkeeper", storage: routeStorage("/session") });

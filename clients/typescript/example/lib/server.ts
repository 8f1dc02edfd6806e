// Clients for code that runs on the server.

import "server-only";
import { cookieStorage, createShopkeeper, type Schemas, type Shopkeeper } from "@shopkeeper/client";
import { cookies } from "next/headers";
import { SHOPKEEPER_URL } from "./address";

/** A client for what everybody may read. All requests share it. */
export const shop = createShopkeeper({ baseUrl: SHOPKEEPER_URL });

/** Return a client for the visitor who sent this request, with the session in their cookie. */
export async function visitor(): Promise<Shopkeeper> {
  const secure = process.env.NODE_ENV === "production";
  const storage = cookieStorage(await cookies(), { sameSite: "strict", secure, path: "/session" });
  return createShopkeeper({ baseUrl: SHOPKEEPER_URL, storage });
}

/** What a page of the shop shows. */
export interface Catalogue {
  business: Schemas["PublicBusiness"];
  items: Schemas["Item"][];
}

/** Return the shop that this site is for: `BUSINESS_ID` names it, else it is the one that has items. Null without one. */
export async function readCatalogue(): Promise<Catalogue | null> {
  const named = process.env.BUSINESS_ID;
  const { items } = await shop.get("/api/items", { params: { query: named ? { business_id: named } : {} } });
  const businessId = named ?? items[0]?.business_id;
  if (!businessId) return null;
  const business = await shop.get("/api/businesses/{business_id}", { params: { path: { business_id: businessId } } });
  return { business, items: items.filter((item) => item.business_id === businessId) };
}

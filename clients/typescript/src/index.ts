/**
 * A typed client of Shopkeeper, for browsers, Node.js and edge runtimes.
 *
 * @packageDocumentation
 */

export { type Call, createShopkeeper, ifMatch, type Shopkeeper, type ShopkeeperOptions } from "./client.js";
export type { EventOptions } from "./events.js";
export type { Fetch } from "./exchange.js";
export { newKey } from "./keys.js";
export type { Api, FeedEvent, Paths, Schemas, WebhookEvent } from "./paths.js";
export { type Code, hasCode, type Problem, ShopkeeperError } from "./problem.js";
export { type RouteSession, routeStorage } from "./route-storage.js";
export type { Session } from "./session.js";
export {
  type ClientStorage,
  type CookieJar,
  type CookieOptions,
  cookieStorage,
  memoryStorage,
  type Tokens,
  type WebStorage,
  webStorage,
} from "./storage.js";
export { type Delivery, verifyWebhook, WebhookError, type WebhookFault } from "./webhook.js";

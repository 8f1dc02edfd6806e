// The types of the API, in the form that the client takes.

import type { Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

/** The types of all bodies, by their names in the OpenAPI document. */
export type Schemas = components["schemas"];

/** An operation whose `Idempotency-Key` may be left out: the client makes one. */
type WithKey<Operation> = Operation extends { parameters: { header: { "Idempotency-Key": string } } }
  ? Omit<Operation, "parameters"> & {
      parameters: Omit<Operation["parameters"], "header"> & { header?: { "Idempotency-Key"?: string } };
    }
  : Operation;

/** Every path of the API, with its methods. */
export type Paths = { [Path in keyof paths]: { [Method in keyof paths[Path]]: WithKey<paths[Path][Method]> } };

/** A client of `openapi-fetch` for these paths. */
export type Api = Client<Paths>;

/** An event of the feed of a business. */
export type FeedEvent = Schemas["Event"];

/** What a webhook sends. `type` tells what `data` has. New types may be added. */
export interface WebhookEvent {
  /** What happened, like `order.accepted`. */
  type: string;
  /** When it happened (RFC 3339). */
  timestamp: string;
  /** The data of the event in the feed. `subject` is the id of what it is about, such as the order. */
  data: { business_id: string; seq?: number; subject?: string; [name: string]: unknown };
}

// What the tests share: the server, what can happen to it, and a shop on it.

import { once } from "node:events";
import { request as ask, createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createShopkeeper, type Schemas, type Shopkeeper } from "../src/index.ts";

/** Where the server is. The test that starts it says so. */
export const URL_OF_SERVER = variable("SHOPKEEPER_URL");
export const PASSWORD = "correct horse battery";

/** Return a variable of the environment. */
export function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: tests/integration/test_typescript_client.py runs these tests`);
  return value;
}

/** Kill the server, or start it again on its port and its data. */
export async function tell(action: "kill" | "start"): Promise<void> {
  const answer = await fetch(`${variable("SHOPKEEPER_CONTROL")}/${action}`, { method: "POST" });
  if (!answer.ok) throw new Error(await answer.text());
}

/** What a proxy does with a request: pass it on, lose its answer, lose the request itself, or answer another status. */
export type Fate =
  | "pass"
  | "lose answer"
  | "cut answer"
  | "lose request"
  | { status: number; headers?: Record<string, string>; body?: object };

/** A proxy that loses what it is told to. It knows each request that it got. */
export class LossyProxy {
  readonly seen: { method: string; path: string; key: string | undefined }[] = [];
  #fates: Fate[] = [];
  #only: RegExp = /./;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#handle(request, response));
  }

  static async start(): Promise<LossyProxy> {
    const proxy = new LossyProxy();
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Treat the next requests to matching paths like this; those after them pass. */
  expect(only: RegExp, ...fates: Fate[]): void {
    this.#only = only;
    this.#fates = fates;
    this.seen.length = 0;
  }

  /** Return how many requests to matching paths came. */
  count(path: RegExp): number {
    return this.seen.filter((one) => path.test(one.path)).length;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "";
    this.seen.push({ method: request.method ?? "", path, key: request.headers["idempotency-key"]?.toString() });
    const fate = this.#only.test(path) ? (this.#fates.shift() ?? "pass") : "pass";
    if (fate === "lose request") {
      response.destroy();
    } else if (typeof fate === "object") {
      response
        .writeHead(fate.status, { "Content-Type": "application/problem+json", ...fate.headers })
        .end(JSON.stringify(fate.body ?? {}));
    } else {
      const { method, headers } = request;
      const onward = ask(`${URL_OF_SERVER}${path}`, { method, headers }, (answer) => {
        if (fate === "lose answer") {
          answer.resume().once("end", () => response.destroy());
        } else if (fate === "cut answer") {
          response.writeHead(answer.statusCode ?? 0, answer.headers);
          answer.once("data", (part) => response.write(part.subarray(0, 5), () => response.destroy()));
        } else {
          response.writeHead(answer.statusCode ?? 0, answer.headers);
          answer.pipe(response);
        }
      });
      onward.once("error", () => response.destroy());
      response.once("close", () => onward.destroy());
      request.pipe(onward);
    }
  }
}

/** Someone with a business and an item. */
export interface Owner {
  shop: Shopkeeper;
  email: string;
  businessId: string;
  item: Schemas["Item"];
}

let people = 0;

/** Register an account, and return its address. */
export async function register(shop: Shopkeeper): Promise<string> {
  const email = `person-${process.pid}-${people++}@example.com`;
  await shop.post("/api/auth/register", { body: { email, password: PASSWORD, name: "Zoë" } });
  return email;
}

/** Return a new owner, signed in. */
export async function openShop(shop = createShopkeeper({ baseUrl: URL_OF_SERVER })): Promise<Owner> {
  const email = await register(shop);
  await shop.session.signIn(email, PASSWORD);
  const me = await shop.get("/api/users/me");
  const business = await shop.post("/auth/register-business", {
    body: {
      business_name: "Café Zoë",
      email,
      phone: "+14155550123",
      address: "1 Main St",
      cognito_user_id: me.user_id,
    },
  });
  const businessId = business.business_id;
  const item = await shop.post("/api/items", {
    body: { business_id: businessId, name: "Espresso", price_minor: 250, currency: "EUR" },
  });
  return { shop, email, businessId, item };
}

/** Return an order for two of an item. `note` makes it another order than those before it. */
export function orderFor(owner: Owner, note?: string): Schemas["NewOrder"] {
  return {
    customer: { name: "Bob", phone: "+14155550199" },
    lines: [{ item_id: owner.item.item_id, quantity: 2 }],
    ...(note && { note }),
  };
}

/** Place an order. */
export function place(shop: Shopkeeper, owner: Owner, body: Schemas["NewOrder"]): Promise<Schemas["PlacedOrder"]> {
  const path = { business_id: owner.businessId };
  return shop.post("/api/businesses/{business_id}/orders", { params: { path }, body });
}

/** Return how many orders a business has. */
export async function countOrders(owner: Owner): Promise<number> {
  const path = { business_id: owner.businessId };
  return (await owner.shop.get("/api/businesses/{business_id}/orders", { params: { path } })).orders.length;
}

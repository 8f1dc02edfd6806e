import assert from "node:assert/strict";
import { before, test } from "node:test";
import { createShopkeeper, hasCode, ifMatch, ShopkeeperError } from "../src/index.ts";
import { countOrders, type Owner, openShop, orderFor, PASSWORD, place, register, URL_OF_SERVER } from "./support.ts";

let owner: Owner;
const visitor = createShopkeeper({ baseUrl: `${URL_OF_SERVER}/` });

before(async () => {
  owner = await openShop();
});

test("an owner signs in, changes an item in the version that was read, and leads an order through its steps", async () => {
  const { shop, item } = owner;
  const path = { item_id: item.item_id };
  const changed = await shop.patch("/api/items/{item_id}", {
    params: { path, header: ifMatch(item) },
    body: { price_minor: 280 },
  });
  assert.equal(changed.version, 2);
  const stale = shop.patch("/api/items/{item_id}", {
    params: { path, header: ifMatch(item) },
    body: { price_minor: 300 },
  });
  await assert.rejects(stale, (error) => hasCode(error, "precondition_failed") && error.status === 412);

  const order = await place(visitor, owner, orderFor(owner, "steps"));
  assert.equal(order.total_minor, 560);
  for (const step of ["accept", "prepare", "ready", "complete"] as const)
    await shop.post(`/api/orders/{order_id}/${step}`, { params: { path: { order_id: order.order_id } } });
  const seen = await visitor.get("/api/orders/{order_id}", {
    params: { path: { order_id: order.order_id } },
    headers: { "Order-Token": order.order_token },
  });
  assert.equal(seen.status, "completed");
});

test("what is removed is answered without a body", async () => {
  const { shop, businessId } = owner;
  const body = { business_id: businessId, name: "Tea", price_minor: 200, currency: "EUR" };
  const item = await shop.post("/api/items", { body });
  const params = { path: { item_id: item.item_id }, header: ifMatch(item) };
  assert.equal(await shop.delete("/api/items/{item_id}", { params }), undefined);
});

test("a problem has its code, its status and its facts", async () => {
  const body = { email: "no address", password: "short", name: "" };
  const error: unknown = await visitor.post("/api/auth/register", { body }).catch((caught) => caught);
  assert.ok(error instanceof ShopkeeperError && hasCode(error, "invalid_input"));
  assert.equal(error.status, 400);
  assert.deepEqual(error.problem.errors?.map(({ field }) => field).sort(), ["email", "name", "password"]);
  assert.ok(!hasCode(error, "not_found"));
  assert.match(error.problem.requestId, /^[0-9a-f-]{36}$/);
});

test("an unknown path has the gateway's answer as its problem", async () => {
  const error: unknown = await visitor.get("/nowhere" as "/health").catch((caught) => caught);
  assert.ok(error instanceof ShopkeeperError);
  assert.deepEqual([error.code, error.message], ["http_403", "Missing Authentication Token"]);
});

test("the client of openapi-fetch beneath returns problems instead of throwing them", async () => {
  const { error, response } = await visitor.api.POST("/api/auth/login", {
    body: { email: "nobody@example.com", password: PASSWORD },
  });
  assert.equal(response.status, 401);
  assert.equal(error && "code" in error && error.code, "wrong_credentials");
});

test("two orders that are alike are two orders, and an order that is sent twice at once is one", async () => {
  const before = await countOrders(owner);
  const first = await place(visitor, owner, orderFor(owner, "alike"));
  const second = await place(visitor, owner, orderFor(owner, "alike"));
  assert.notEqual(first.order_id, second.order_id);
  const twice = await Promise.all([1, 2].map(() => place(visitor, owner, orderFor(owner, "at once"))));
  assert.equal(twice[0]?.order_id, twice[1]?.order_id);
  assert.equal(await countOrders(owner), before + 3);
});

test("an order that is sent twice at once is one, even if the first is answered before the second has its key", async (t) => {
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  let digests = 0;
  t.mock.method(crypto.subtle, "digest", async (...given: Parameters<typeof digest>) => {
    digests += 1;
    if (digests === 2) await new Promise((goOn) => setTimeout(goOn, 1_000));
    return digest(...given);
  });
  const twice = await Promise.all([1, 2].map(() => place(visitor, owner, orderFor(owner, "late key"))));
  assert.equal(digests, 2);
  assert.equal(twice[0]?.order_id, twice[1]?.order_id);
});

test("a key of one's own is respected", async () => {
  const params = { path: { business_id: owner.businessId }, header: { "Idempotency-Key": `own-${Date.now()}` } };
  const send = () => visitor.post("/api/businesses/{business_id}/orders", { params, body: orderFor(owner, "own key") });
  assert.equal((await send()).order_id, (await send()).order_id);
});

test("an account that is not signed in is refused, and nothing is renewed", async () => {
  const error: unknown = await visitor.get("/api/users/me").catch((caught) => caught);
  assert.ok(hasCode(error, "unauthenticated"));
  assert.equal(await visitor.session.accessToken(), null);
});

test("signing out ends the session on the server too", async () => {
  const shop = createShopkeeper({ baseUrl: URL_OF_SERVER });
  const heard: boolean[] = [];
  const stop = shop.session.onChange((signedIn) => heard.push(signedIn));
  await shop.session.signIn(await register(shop), PASSWORD);
  assert.equal(await shop.session.isSignedIn(), true);
  await shop.session.signOut();
  stop();
  assert.deepEqual(heard, [true, false]);
  assert.equal(await shop.session.accessToken(), null);
});

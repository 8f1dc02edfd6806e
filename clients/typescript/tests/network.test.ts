import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createShopkeeper, hasCode, ifMatch, type Schemas, type Shopkeeper, webStorage } from "../src/index.ts";
import { countOrders, LossyProxy, type Owner, openShop, orderFor, place, tell, URL_OF_SERVER } from "./support.ts";
import { FakeWebStorage } from "./web-storage.ts";

const ORDERS = /\/orders$/;
const NOW = { "Retry-After": "0" };

let proxy: LossyProxy;
let owner: Owner;
let visitor: Shopkeeper;

before(async () => {
  proxy = await LossyProxy.start();
  owner = await openShop(createShopkeeper({ baseUrl: proxy.url }));
});

beforeEach(() => {
  visitor = createShopkeeper({ baseUrl: proxy.url, attempts: 2 });
});

after(() => proxy.stop());

for (const fate of ["lose request", "lose answer", "cut answer"] as const) {
  test(`an order is placed once, though the network does this to it: ${fate}`, async () => {
    const before = await countOrders(owner);
    proxy.expect(ORDERS, fate);
    const order = await place(visitor, owner, orderFor(owner, fate));
    assert.equal(order.status, "received");
    assert.equal(proxy.count(ORDERS), 2);
    assert.equal(new Set(proxy.seen.map(({ key }) => key)).size, 1);
    assert.equal(await countOrders(owner), before + 1);
  });
}

test("an order whose answers were all lost is the same order when the customer presses the button again", async () => {
  const before = await countOrders(owner);
  proxy.expect(ORDERS, "lose answer", "lose answer");
  await assert.rejects(place(visitor, owner, orderFor(owner, "again")), (error) => hasCode(error, "unreachable"));
  await place(visitor, owner, orderFor(owner, "again"));
  assert.equal(await countOrders(owner), before + 1);
});

test("an order is the same after the page was loaded again, in web storage", async () => {
  const before = await countOrders(owner);
  const storage = new FakeWebStorage();
  const page = () => createShopkeeper({ baseUrl: proxy.url, attempts: 1, storage: webStorage(storage) });
  proxy.expect(ORDERS, "lose answer");
  await assert.rejects(place(page(), owner, orderFor(owner, "reload")));
  assert.ok(!storage.text().includes("Bob"), "the storage has keys, and no order");
  await place(page(), owner, orderFor(owner, "reload"));
  assert.equal(await countOrders(owner), before + 1);
  assert.equal(storage.text(), "");
});

test("an order is placed once, though the server is killed and comes back", async () => {
  const before = await countOrders(owner);
  const patient = createShopkeeper({ baseUrl: URL_OF_SERVER, attempts: 8 });
  await tell("kill");
  const placed = place(patient, owner, orderFor(owner, "outage"));
  await tell("start");
  assert.equal((await placed).status, "received");
  assert.equal(await countOrders(owner), before + 1);
});

test("what would be done twice is not sent again", async () => {
  const body = { business_id: owner.businessId, name: "Once", price_minor: 100, currency: "EUR" };
  proxy.expect(/\/items$/, "lose answer");
  await assert.rejects(owner.shop.post("/api/items", { body }), (error) => hasCode(error, "unreachable"));
  assert.equal(proxy.count(/\/items$/), 1);
  proxy.expect(/\/counter$/, "lose answer");
  await assert.rejects(visitor.get("/counter"), (error) => hasCode(error, "unreachable"));
  assert.equal(proxy.count(/\/counter$/), 1);
});

test("what is read is asked for again: after a lost answer, 503 and 429", async () => {
  proxy.expect(/\/items/, "lose answer", { status: 503, headers: NOW }, { status: 429, headers: NOW });
  const patient = createShopkeeper({ baseUrl: proxy.url });
  const page = await patient.get("/api/items", { params: { query: { business_id: owner.businessId } } });
  assert.ok(page.items.length > 0);
  assert.equal(proxy.count(/\/items/), 4);
});

test("a 429 is waited out by whatever was refused, unless the wait is long", async () => {
  proxy.expect(/\/counter$/, { status: 429, headers: NOW });
  assert.ok((await visitor.get("/counter")).count > 0);
  proxy.expect(/\/counter$/, { status: 429, headers: { "Retry-After": "600" } });
  const error: unknown = await visitor.get("/counter").catch((caught) => caught);
  assert.ok(error instanceof Error && "retryAfter" in error && error.retryAfter === 600);
  assert.equal(proxy.count(/\/counter$/), 1);
});

async function change(item: Schemas["Item"], price: number): Promise<Schemas["Item"]> {
  const params = { path: { item_id: item.item_id }, header: ifMatch(item) };
  return owner.shop.patch("/api/items/{item_id}", { params, body: { price_minor: price } });
}

test("a change that was lost on its way is made", async () => {
  proxy.expect(/\/items\//, "lose request");
  owner.item = await change(owner.item, 300);
  assert.equal(owner.item.price_minor, 300);
});

test("a change whose answer was lost is made once, and nobody is told that another made it", async () => {
  proxy.expect(/\/items\//, "lose answer");
  await assert.rejects(change(owner.item, 310), (error) => hasCode(error, "outcome_unknown"));
  const path = { item_id: owner.item.item_id };
  const now = await owner.shop.get("/api/items/{item_id}", { params: { path } });
  assert.deepEqual([now.price_minor, now.version], [310, owner.item.version + 1]);
  owner.item = now;
});

test("a server that says nothing is given up", async () => {
  const silent = createShopkeeper({ baseUrl: proxy.url, timeout: 50, attempts: 2, fetch: hangs });
  await assert.rejects(silent.get("/health"), (error) => hasCode(error, "unreachable"));
});

test("a request that is aborted ends with the reason of its signal", async () => {
  const ender = new AbortController();
  const asked = createShopkeeper({ baseUrl: proxy.url, fetch: hangs }).get("/health", { signal: ender.signal });
  ender.abort(new Error("enough"));
  await assert.rejects(asked, { message: "enough" });
});

/** A `fetch` that never answers. */
function hangs(request: Request): Promise<Response> {
  return new Promise((_, reject) => {
    const end = () => reject(request.signal.reason);
    if (request.signal.aborted) end();
    request.signal.addEventListener("abort", end);
  });
}

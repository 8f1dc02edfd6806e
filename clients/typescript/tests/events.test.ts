import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createShopkeeper, type FeedEvent, hasCode } from "../src/index.ts";
import { LossyProxy, type Owner, openShop, orderFor, place, tell } from "./support.ts";

const EVENTS = /\/events\?/;

let proxy: LossyProxy;
let owner: Owner;

before(async () => {
  proxy = await LossyProxy.start();
  owner = await openShop(createShopkeeper({ baseUrl: proxy.url }));
});

after(() => proxy.stop());

test("each event comes once and in order, though answers are lost and the server is killed", async () => {
  const visitor = createShopkeeper({ baseUrl: proxy.url, attempts: 8 });
  const connections: boolean[] = [];
  const ender = new AbortController();
  const seen: FeedEvent[] = [];
  proxy.expect(EVENTS, "cut answer", "pass", "lose answer", "lose request");
  const onConnection = (online: boolean) => connections.push(online);
  await place(visitor, owner, orderFor(owner, "event 0"));
  for await (const event of owner.shop.events(owner.businessId, { after: 0, signal: ender.signal, onConnection })) {
    seen.push(event);
    if (event.seq === 4) {
      await tell("kill");
      setTimeout(() => void tell("start"), 3_000); // longer than one request is tried
    }
    if (event.seq < 6) await place(visitor, owner, orderFor(owner, `event ${event.seq}`));
    else ender.abort();
  }
  assert.deepEqual(
    seen.map(({ seq }) => seq),
    [1, 2, 3, 4, 5, 6],
  );
  assert.ok(seen.every(({ type }) => type === "order.received"));
  assert.deepEqual(connections.slice(-1), connections.length ? [true] : []);
});

test("without a number the feed begins now", async () => {
  const visitor = createShopkeeper({ baseUrl: proxy.url });
  const feed = owner.shop.events(owner.businessId);
  proxy.expect(EVENTS);
  const first = feed.next();
  while (proxy.count(EVENTS) < 2) await new Promise((resolve) => setTimeout(resolve, 10)); // it waits
  const order = await place(visitor, owner, orderFor(owner, "now"));
  assert.equal((await first).value?.subject, order.order_id);
  await feed.return();
});

test("a loop that is aborted while it waits ends without an error", async () => {
  const ender = new AbortController();
  proxy.expect(EVENTS);
  const next = owner.shop.events(owner.businessId, { signal: ender.signal }).next();
  while (proxy.count(EVENTS) < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  ender.abort();
  assert.equal((await next).done, true);
});

test("events that are no longer kept are told as a problem with the newest number", async () => {
  const read = (after: number) => owner.shop.events(owner.businessId, { after }).next();
  const inAnotherLife: unknown = await read(1_000).catch((caught) => caught); // before a backup was restored
  assert.ok(hasCode(inAnotherLife, "events_gone"));
  assert.equal(inAnotherLife.problem.newest, 7);
  proxy.expect(EVENTS, { status: 410, body: { code: "events_gone", oldest: 40, newest: 42 } });
  const error: unknown = await read(1).catch((caught) => caught);
  assert.ok(hasCode(error, "events_gone"));
  assert.deepEqual([error.problem.oldest, error.problem.newest], [40, 42]);
});

test("whoever may not read a feed is told at once", async () => {
  const stranger = createShopkeeper({ baseUrl: proxy.url });
  await assert.rejects(stranger.events(owner.businessId).next(), (error) => hasCode(error, "unauthenticated"));
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { verifyWebhook, WebhookError, type WebhookFault } from "../src/index.ts";
import { openShop, variable } from "./support.ts";

/** Deliveries that another implementation of Standard Webhooks has signed. */
const ORACLE: { secret: string; headers: Record<string, string>; body: string; now: number } = JSON.parse(
  variable("SIGNED_WEBHOOK"),
);
const OTHER = `whsec_${btoa("another secret of thirty-two byt")}`;
const { secret, headers, body, now } = ORACLE;

function refused(code: WebhookFault): (error: unknown) => boolean {
  return (error) => error instanceof WebhookError && error.code === code;
}

test("what another implementation signed is accepted, in each form of body and headers", async () => {
  const bytes = new TextEncoder().encode(body);
  const capitals = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
  for (const form of [body, bytes, bytes.buffer])
    for (const fields of [headers, new Headers(headers), capitals])
      assert.equal((await verifyWebhook(secret, fields, form, { now })).event.type, "order.accepted");
});

test("either secret is enough while it is changed, and either signature", async () => {
  const both = { ...headers, "webhook-signature": `v1a,x v1,!! v1,${btoa("no")} ${headers["webhook-signature"]}` };
  const { id } = await verifyWebhook([OTHER, secret], both, body, { now });
  assert.equal(id, headers["webhook-id"]);
});

test("anything else is refused", async () => {
  const check = (fields: Record<string, string>, text = body, time = now, key = secret) =>
    verifyWebhook(key, fields, text, { now: time });
  await assert.rejects(check(headers, body, now, OTHER), refused("wrong_signature"));
  await assert.rejects(check(headers, `${body} `), refused("wrong_signature"));
  await assert.rejects(check({ ...headers, "webhook-id": "evt_other_1" }), refused("wrong_signature"));
  await assert.rejects(check({ ...headers, "webhook-timestamp": String(now + 1) }), refused("wrong_signature"));
  await assert.rejects(check({ ...headers, "webhook-signature": "v1," }), refused("wrong_signature"));
  await assert.rejects(check({ ...headers, "webhook-timestamp": "soon" }), refused("stale"));
  await assert.rejects(check({}), refused("missing_header"));
  await assert.rejects(check(headers, body, now + 301), refused("stale"));
  await assert.rejects(check(headers, body, now - 301), refused("stale"));
  await assert.rejects(verifyWebhook("whsec_", headers, body, { now }), TypeError);
});

test("a delivery of the server is accepted, with the former secret too after a change", async () => {
  const owner = await openShop();
  const got: { headers: Record<string, string | string[] | undefined>; body: string }[] = [];
  const receiver = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    got.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
    response.end();
  }).listen(0, "localhost");
  await once(receiver, "listening");
  const path = { business_id: owner.businessId };
  const url = `http://localhost:${(receiver.address() as AddressInfo).port}/`;
  const made = await owner.shop.post("/api/businesses/{business_id}/webhooks", { params: { path }, body: { url } });
  const params = { path: { ...path, webhook_id: made.webhook_id } };
  await owner.shop.post("/api/businesses/{business_id}/webhooks/{webhook_id}/test", { params });
  const rotated = await owner.shop.post("/api/businesses/{business_id}/webhooks/{webhook_id}/rotate", { params });
  await owner.shop.post("/api/businesses/{business_id}/webhooks/{webhook_id}/test", { params });
  receiver.close();
  receiver.closeAllConnections();
  const [first, second] = got;
  assert.ok(first && second);
  const { event } = await verifyWebhook(made.secret, first.headers, first.body);
  assert.deepEqual([event.type, event.data.business_id], ["webhook.test", owner.businessId]);
  for (const either of [made.secret, rotated.secret]) await verifyWebhook(either, second.headers, second.body);
  await assert.rejects(verifyWebhook(rotated.secret, first.headers, first.body), refused("wrong_signature"));
});

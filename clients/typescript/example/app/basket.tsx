"use client";

import { hasCode, type Schemas, ShopkeeperError } from "@shopkeeper/client";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { shop } from "../lib/browser";
import { price } from "../lib/money";

/** What a customer may buy and has chosen, and the form that orders it. */
export function Basket({ businessId, items }: { businessId: string; items: Schemas["Item"][] }) {
  const router = useRouter();
  const [chosen, setChosen] = useState<Record<string, number>>({});
  const [fault, setFault] = useState("");
  const [isSending, setSending] = useState(false);
  const lines = items.flatMap((item) => {
    const quantity = chosen[item.item_id] ?? 0;
    return quantity ? [{ item, quantity }] : [];
  });
  const total = lines.reduce((sum, { item, quantity }) => sum + item.price_minor * quantity, 0);

  async function order(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setSending(true);
    setFault("");
    try {
      // If an answer is lost, the same order is sent again with the same key: by the client, or by this button.
      const placed = await shop.post("/api/businesses/{business_id}/orders", {
        params: { path: { business_id: businessId } },
        body: {
          customer: { name: String(form.get("name")), phone: String(form.get("phone")) },
          lines: lines.map(({ item, quantity }) => ({ item_id: item.item_id, quantity })),
          expected_total_minor: total,
        },
      });
      router.push(`/orders/${placed.order_id}#${placed.order_token}`); // what follows the # is sent to no server
    } catch (error) {
      setFault(explain(error));
    } finally {
      setSending(false);
    }
  }

  return (
    <>
      <ul>
        {items.map((item) => (
          <li key={item.item_id}>
            {item.name}, {price(item.price_minor, item.currency)}{" "}
            <button
              type="button"
              disabled={!item.available}
              onClick={() => setChosen((now) => ({ ...now, [item.item_id]: (now[item.item_id] ?? 0) + 1 }))}
            >
              Add {item.name}
            </button>
          </li>
        ))}
      </ul>
      <h2>Basket</h2>
      {lines.length === 0 && <p>It is empty.</p>}
      <ul>
        {lines.map(({ item, quantity }) => (
          <li key={item.item_id}>
            {quantity} × {item.name}
          </li>
        ))}
      </ul>
      {lines[0] && (
        <form onSubmit={order}>
          <p>Total: {price(total, lines[0].item.currency)}</p>
          <label>
            Name <input name="name" required autoComplete="name" />
          </label>
          <label>
            Phone, like +14155550123 <input name="phone" type="tel" required autoComplete="tel" />
          </label>
          <button type="submit" disabled={isSending}>
            Order
          </button>
        </form>
      )}
      <p role="alert">{fault}</p>
    </>
  );
}

/** Return what a customer is told. */
function explain(error: unknown): string {
  if (hasCode(error, "closed")) return "We are closed.";
  if (hasCode(error, "total_differs")) return "A price has changed. Load this page again.";
  if (hasCode(error, "unreachable")) return "No answer. Press the button again: you will not order twice.";
  return error instanceof ShopkeeperError ? error.message : "That did not work.";
}

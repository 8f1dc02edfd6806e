"use client";

import { type Schemas, ShopkeeperError } from "@shopkeeper/client";
import { type FormEvent, useCallback, useEffect, useState } from "react";
import { shop } from "../../lib/browser";

/** The orders of a business as they come, for its owner. */
export default function OwnerPage() {
  const [signedIn, setSignedIn] = useState<boolean | null>(null);
  const [fault, setFault] = useState("");

  useEffect(() => {
    shop.session.isSignedIn().then(setSignedIn, () => setSignedIn(false));
    return shop.session.onChange(setSignedIn);
  }, []);

  async function signIn(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setFault("");
    try {
      await shop.session.signIn(String(form.get("email")), String(form.get("password")));
    } catch (error) {
      setFault(error instanceof ShopkeeperError ? error.message : "That did not work.");
    }
  }

  if (signedIn === null) return null;
  if (signedIn) return <Orders />;
  return (
    <form onSubmit={signIn}>
      <h1>Sign in</h1>
      <label>
        Email <input name="email" type="email" required autoComplete="username" />
      </label>
      <label>
        Password <input name="password" type="password" required autoComplete="current-password" />
      </label>
      <button type="submit">Sign in</button>
      <p role="alert">{fault}</p>
    </form>
  );
}

function Orders() {
  const [orders, setOrders] = useState<Schemas["Order"][]>([]);
  const [online, setOnline] = useState(true);

  const load = useCallback(async (businessId: string) => {
    const params = { path: { business_id: businessId } };
    setOrders((await shop.get("/api/businesses/{business_id}/orders", { params })).orders);
  }, []);

  useEffect(() => {
    const ender = new AbortController();
    async function follow() {
      const { business_id: id } = await shop.get("/api/businesses/mine");
      const after = await shop.newestEvent(id); // before the orders are read, so that none is missed between
      await load(id);
      for await (const _ of shop.events(id, { after, signal: ender.signal, onConnection: setOnline })) await load(id);
    }
    follow().catch(() => setOnline(false));
    return () => ender.abort();
  }, [load]);

  const accept = (order: Schemas["Order"]) =>
    shop.post("/api/orders/{order_id}/accept", { params: { path: { order_id: order.order_id } } });

  return (
    <>
      <h1>Orders</h1>
      {!online && <p role="alert">The server cannot be reached.</p>}
      <ul>
        {orders.map((order) => (
          <li key={order.order_id}>
            {order.number}: {order.customer.name}, {order.status}{" "}
            {order.status === "received" && (
              <button type="button" onClick={() => accept(order).catch(() => load(order.business_id))}>
                Accept order {order.number}
              </button>
            )}
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => shop.session.signOut()}>
        Sign out
      </button>
    </>
  );
}

"use client";

import { type Schemas, ShopkeeperError } from "@shopkeeper/client";
import { useParams } from "next/navigation";
import { useEffect, useState } from "react";
import { shop } from "../../../lib/browser";
import { price } from "../../../lib/money";

const PAUSE_MS = 3_000;

/** An order and how far it is. The address has the token that allows reading it. */
export default function OrderPage() {
  const { orderId } = useParams<{ orderId: string }>();
  const [order, setOrder] = useState<Schemas["Order"] | null>(null);
  const [fault, setFault] = useState("");

  useEffect(() => {
    const ender = new AbortController();
    async function read() {
      try {
        const params = { path: { order_id: orderId } };
        const headers = { "Order-Token": window.location.hash.slice(1) };
        setOrder(await shop.get("/api/orders/{order_id}", { params, headers, signal: ender.signal }));
        setFault("");
      } catch (error) {
        if (ender.signal.aborted) return;
        setFault(error instanceof ShopkeeperError ? error.message : "That did not work.");
      }
      if (!ender.signal.aborted) timer = setTimeout(read, PAUSE_MS);
    }
    let timer = setTimeout(read);
    return () => {
      clearTimeout(timer);
      ender.abort();
    };
  }, [orderId]);

  return (
    <>
      {order && (
        <>
          <h1>Order {order.number}</h1>
          <p>{price(order.total_minor, order.currency)}</p>
          <p role="status">{order.status}</p>
        </>
      )}
      <p role="alert">{fault}</p>
    </>
  );
}

"use client";

import { useEffect, useState } from "react";
import { shop } from "../lib/browser";

let counted: Promise<number> | null = null; // a visit is counted once, however often this is shown

/** The visitor counter. */
export function Visits() {
  const [count, setCount] = useState<number | null>(null);
  useEffect(() => {
    counted ??= shop.get("/counter").then((visit) => visit.count);
    counted.then(setCount, () => {}); // a shop is open without its counter
  }, []);
  return count === null ? null : <p>You are visitor {count}.</p>;
}

import { connection } from "next/server";
import { readCatalogue } from "../lib/server";
import { Basket } from "./basket";

/** The catalogue, read on the server. */
export default async function Page() {
  await connection(); // prices change at any time
  const catalogue = await readCatalogue();
  if (!catalogue) return <p>There is nothing to buy yet. Add items on the pages of Shopkeeper.</p>;
  const { business, items } = catalogue;
  return (
    <>
      <h1>{business.business_name}</h1>
      <p>{business.open_now ? "We are open." : "We are closed."}</p>
      <Basket businessId={business.business_id} items={items} />
    </>
  );
}

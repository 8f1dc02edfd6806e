/** Where Shopkeeper is. `make serve` serves it here. */
export const SHOPKEEPER_URL = process.env.SHOPKEEPER_URL ?? "http://127.0.0.1:8000";

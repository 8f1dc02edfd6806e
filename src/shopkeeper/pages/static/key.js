// Random keys.

/** @returns {string} a fresh Idempotency-Key; `crypto.randomUUID` needs https */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Verifying what a webhook sent (Standard Webhooks 1.0.0).

import type { WebhookEvent } from "./paths.js";

const TOLERANCE_SECONDS = 300;
const MOST_SIGNATURES = 10;
const PREFIX = "whsec_";

/** Why a delivery was refused. */
export type WebhookFault = "missing_header" | "stale" | "wrong_signature" | "malformed_body";

/** A delivery that is not genuine, not new, or not JSON. */
export class WebhookError extends Error {
  override readonly name = "WebhookError";
  /** Why it was refused. */
  readonly code: WebhookFault;

  constructor(code: WebhookFault, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** A delivery that is genuine and new. */
export interface Delivery {
  /** The same each time this event is sent: store it, and ignore events that come again. */
  id: string;
  /** What happened. */
  event: WebhookEvent;
}

/**
 * Return a delivery of a webhook if it is genuine and new. Throws WebhookError if it is not.
 *
 * @param secrets the secret of the webhook; several while it is being changed
 * @param headers those of the request
 * @param body the bytes of the request, as they came, before anything parses them
 * @param options `tolerance`: by how many seconds the clocks may differ (300); `now`: the time in seconds
 */
export async function verifyWebhook(
  secrets: string | readonly string[],
  headers: Headers | Record<string, string | string[] | undefined>,
  body: string | Uint8Array | ArrayBuffer,
  options: { tolerance?: number; now?: number } = {},
): Promise<Delivery> {
  const read = (name: string) => header(headers, name);
  const [id, timestamp, signatures] = [read("webhook-id"), read("webhook-timestamp"), read("webhook-signature")];
  if (!id || !timestamp || !signatures) throw new WebhookError("missing_header", "A header of the webhook is missing.");
  const { tolerance = TOLERANCE_SECONDS, now = Date.now() / 1000 } = options;
  if (!/^\d{1,15}$/.test(timestamp) || Math.abs(now - Number(timestamp)) > tolerance)
    throw new WebhookError("stale", "The delivery is too old, or from the future.");
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body);
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  if (!(await isSigned([secrets].flat(), signatures, signed)))
    throw new WebhookError("wrong_signature", "No signature is by a secret of this webhook.");
  return { id, event: parse(bytes) };
}

/** Tell whether any signature is by any secret. `crypto.subtle.verify` compares in constant time. */
async function isSigned(secrets: string[], signatures: string, signed: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const given = signatures.split(" ").filter((one) => one.startsWith("v1,"));
  let found = false;
  for (const secret of secrets) {
    const key = await importKey(secret);
    for (const one of given.slice(0, MOST_SIGNATURES)) {
      const signature = decoded(one.slice(3));
      if (signature && (await crypto.subtle.verify("HMAC", key, signature, signed))) found = true;
    }
  }
  return found;
}

function importKey(secret: string): Promise<CryptoKey> {
  const key = decoded(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret);
  if (!key?.length) throw new TypeError("A secret of a webhook is whsec_ and a base64 text.");
  return crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

function parse(bytes: Uint8Array): WebhookEvent {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new WebhookError("malformed_body", "The body is not JSON.");
  }
}

function header(headers: Headers | Record<string, string | string[] | undefined>, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const found = Object.entries(headers).find(([one]) => one.toLowerCase() === name)?.[1];
  return Array.isArray(found) ? found[0] : found;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** Return the bytes of a base64 text, null if it is none. */
function decoded(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

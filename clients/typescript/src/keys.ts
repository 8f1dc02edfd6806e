// Idempotency keys: one for each order, however often it is sent.

import type { Repeatable } from "./exchange.js";
import type { ClientStorage } from "./storage.js";

/** An `Idempotency-Key` is declared for these. */
const TAKES_KEY = /\/api\/businesses\/[^/]+\/orders$/;
const KEPT_MS = 12 * 3_600_000;
const MOST = 20;

/** What is known of an order whose answer is still to come. */
interface Kept {
  print: string;
  key: string;
  at: number;
}

/** Return a fresh Idempotency-Key. (`crypto.randomUUID` needs https.) */
export function newKey(): string {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}

/**
 * The keys of the orders that were sent and not answered yet. The same order has the same key until the server has
 * decided on it, so that whoever presses a button again after a lost answer does not order twice.
 */
export class Keys {
  #kept: Kept[] = [];
  #loaded: Promise<void> | null = null;
  /** The searches for a key that have not ended yet. */
  readonly #asking = new Set<Promise<unknown>>();
  readonly #storage: ClientStorage;

  constructor(storage: ClientStorage) {
    this.#storage = storage;
  }

  /** Return the key for a request, null if it needs none or has one already. Call it as soon as the request is sent. */
  async keyFor(request: Request, sent: Promise<Pick<Repeatable, "body">>): Promise<Kept | null> {
    const takesKey = request.method === "POST" && TAKES_KEY.test(new URL(request.url).pathname);
    if (!takesKey || request.headers.has("Idempotency-Key")) return null;
    const asking = this.#find(request.url, sent);
    this.#asking.add(asking);
    try {
      return await asking;
    } finally {
      this.#asking.delete(asking);
    }
  }

  async #find(url: string, sent: Promise<Pick<Repeatable, "body">>): Promise<Kept> {
    const print = await fingerprint(url, (await sent).body);
    await this.#load();
    const now = Date.now();
    const kept = this.#kept.filter((one) => one.at > now - KEPT_MS);
    const known = kept.find((one) => one.print === print);
    if (known) return known;
    const fresh = { print, key: newKey(), at: now };
    await this.#write([...kept, fresh].slice(-MOST));
    return fresh;
  }

  /** The server has decided on the order: one like it that is sent from now on is another. */
  async forget(used: Kept): Promise<void> {
    await Promise.allSettled(this.#asking); // those were sent before
    await this.#write(this.#kept.filter((one) => one.key !== used.key));
  }

  #load(): Promise<void> {
    this.#loaded ??= Promise.resolve(this.#storage.readKeys?.()).then((text) => {
      this.#kept = parse(text);
    });
    return this.#loaded;
  }

  async #write(kept: Kept[]): Promise<void> {
    this.#kept = kept;
    await this.#storage.writeKeys?.(kept.length ? JSON.stringify(kept) : null);
  }
}

function parse(text: string | null | undefined): Kept[] {
  try {
    return text ? JSON.parse(text) : [];
  } catch {
    return [];
  }
}

/** Return a text that only this request to this address has. It need not be secret. */
async function fingerprint(url: string, body: ArrayBuffer | null): Promise<string> {
  const text = `${url}\n${new TextDecoder().decode(body ?? new ArrayBuffer(0))}`;
  if (!crypto.subtle) return text; // browsers have it on https and on this machine only
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

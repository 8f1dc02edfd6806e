// One attempt: a request, and its whole answer.

import { clientError } from "./problem.js";

/** What sends a request, like the global `fetch`. */
export type Fetch = (request: Request) => Promise<Response>;

/** A request that can be sent several times. */
export interface Repeatable {
  request: Request;
  /** The body in whole, null if there is none. */
  body: ArrayBuffer | null;
}

/** Statuses whose answers can have no body (the Fetch standard). */
const WITHOUT_BODY = [101, 103, 204, 205, 304];

/** Return a request in a form that can be sent several times. */
export async function repeatable(request: Request): Promise<Repeatable> {
  const body = request.method === "GET" || request.method === "HEAD" ? null : await request.arrayBuffer();
  return { request, body: body?.byteLength ? body : null };
}

/**
 * Send a request and return its answer when it is there to its last byte. The answer counts as lost after some
 * milliseconds, and beyond those the seconds that the request itself asks the server to `wait`.
 * Throws ShopkeeperError `unreachable`, and the reason of the request's own signal if that aborts.
 */
export async function exchange(
  fetch: Fetch,
  { request, body }: Repeatable,
  headers: Record<string, string>,
  timeout: number,
): Promise<Response> {
  const ender = new AbortController();
  const abort = () => ender.abort();
  const wait = Number(new URL(request.url).searchParams.get("wait") ?? 0) * 1000;
  const timer = setTimeout(abort, timeout + wait);
  request.signal.addEventListener("abort", abort);
  try {
    request.signal.throwIfAborted();
    const sent = new Headers(request.headers);
    for (const [name, value] of Object.entries(headers)) sent.set(name, value);
    const attempt = new Request(request, { headers: sent, signal: ender.signal, body });
    if ("next" in request) Object.assign(attempt, { next: request.next }); // how Next.js caches it
    const response = await fetch(attempt);
    const content = await response.arrayBuffer();
    const { status, statusText } = response;
    return new Response(WITHOUT_BODY.includes(status) ? null : content, {
      status,
      statusText,
      headers: response.headers,
    });
  } catch (error) {
    request.signal.throwIfAborted();
    throw clientError("unreachable", "The server did not answer.", error);
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener("abort", abort);
  }
}

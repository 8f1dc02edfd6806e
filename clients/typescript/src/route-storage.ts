// A session that a route of the site's own server keeps, in a cookie that no script can read.

import { clientError, problemOf } from "./problem.js";
import type { ClientStorage, Tokens } from "./storage.js";

/** What the route answers: the access token, and for how many seconds it is good. */
export interface RouteSession {
  access: string;
  expires_in: number;
}

/**
 * Return a storage for browsers whose session is kept by a route of the same site. `GET` of the route answers
 * `session.forRoute()` of a client on that server, and renews the token before it ends; `POST` with `email` and `password` signs in and answers
 * the same; `DELETE` signs out. The refresh token never reaches the browser.
 */
export function routeStorage(route: string, fetch: typeof globalThis.fetch = globalThis.fetch): ClientStorage {
  async function ask(method: string, body?: unknown): Promise<RouteSession | null> {
    const sent =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
    const response = await fetch(route, { method, cache: "no-store", ...sent }).catch((error: unknown) => {
      throw clientError("unreachable", "The server did not answer.", error);
    });
    const content: unknown = await response.json().catch(() => null);
    if (!response.ok) throw problemOf(response, content);
    return content as RouteSession | null;
  }
  // The clocks of a browser and of its server may differ, so the end is told in seconds from now.
  const asTokens = (session: RouteSession | null): Tokens | null =>
    session && { refresh: "", access: session.access, expires: Date.now() + session.expires_in * 1000 };
  return {
    readTokens: async () => asTokens(await ask("GET")),
    async writeTokens(tokens) {
      if (!tokens) await ask("DELETE");
    },
    async signIn(email, password) {
      const tokens = asTokens(await ask("POST", { email, password }));
      if (!tokens) throw clientError("unreachable", "The route gave no session.");
      return tokens;
    },
  };
}

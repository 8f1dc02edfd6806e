// The client: typed requests that renew their session and survive a bad network.

import createClient, { type ClientPathsWithMethod, type FetchResponse, type MaybeOptionalInit } from "openapi-fetch";
import { type EventOptions, follow, newest } from "./events.js";
import { exchange, type Fetch, type Repeatable, repeatable } from "./exchange.js";
import { Keys } from "./keys.js";
import type { Api, FeedEvent, Paths } from "./paths.js";
import { problemOf } from "./problem.js";
import { withRepeats } from "./repeats.js";
import { type Requests, Session } from "./session.js";
import { type ClientStorage, memoryStorage } from "./storage.js";

const TIMEOUT_MS = 15_000;
const ATTEMPTS = 4;
const REFRESH_ATTEMPTS = 3; // within the ten seconds in which the server takes a used token as a lost reply
/** Requests that begin, continue or end a session are sent without one. */
const WITHOUT_SESSION = /\/api\/auth\/(login|refresh|logout|register|reset|reset\/request)$/;

/** Only browsers have cookies; some edge runtimes refuse the option. */
const WITHOUT_COOKIES: RequestInit = typeof document === "object" ? { credentials: "omit" } : {};

/** How a client is made. */
export interface ShopkeeperOptions {
  /** Where the API is, like `https://shop.example`; an empty text is the page's own site. */
  baseUrl: string;
  /** Where the session is kept: `memoryStorage()` (the default), `webStorage(…)`, `cookieStorage(…)`, `routeStorage(…)`. */
  storage?: ClientStorage;
  /** What sends requests, instead of the global `fetch`. */
  fetch?: Fetch;
  /** Milliseconds after which an answer counts as lost: 15,000. */
  timeout?: number;
  /** How often a request is sent at most: 4. */
  attempts?: number;
}

type Method = "get" | "post" | "patch" | "delete";
type Init<Path extends keyof Paths, Verb extends Method> = MaybeOptionalInit<Paths[Path], Verb>;
type Arguments<I> = undefined extends I ? [init?: I] : [init: I];
/** What an operation answers if it succeeds. */
type Answer<Operation extends Record<string | number, unknown>> = Extract<
  FetchResponse<Operation, object, `${string}/${string}`>,
  { data: unknown }
>["data"];

/** A method of `openapi-fetch` whose types are told elsewhere: by `Call`. */
type Untyped = (path: string, init?: object) => Promise<{ data?: unknown; error?: unknown; response: Response }>;

/** A method: returns what the server answers, and throws ShopkeeperError for everything else. */
export type Call<Verb extends Method> = <
  Path extends ClientPathsWithMethod<Api, Verb>,
  I extends Init<Path, Verb> = Init<Path, Verb>,
>(
  path: Path,
  ...init: Arguments<I>
) => Promise<Answer<Paths[Path][Verb] & Record<string | number, unknown>>>;

/** A client of Shopkeeper. */
export interface Shopkeeper {
  /** Who is signed in. */
  readonly session: Session;
  /** Read something. */
  readonly get: Call<"get">;
  /** Do something. An order gets its `Idempotency-Key` by itself. */
  readonly post: Call<"post">;
  /** Change something. `ifMatch` names the version that is changed. */
  readonly patch: Call<"patch">;
  /** Remove something. */
  readonly delete: Call<"delete">;
  /** The same requests as `openapi-fetch` returns them: `{ data, error, response }`. Throws only without an answer. */
  readonly api: Api;
  /** Yield the events of your business as they happen, without gap or repeat. */
  events(businessId: string, options?: EventOptions): AsyncGenerator<FeedEvent, void>;
  /** Return the number of the newest event. Ask for it, then load what you show, then follow `events` after it. */
  newestEvent(businessId: string, options?: { signal?: AbortSignal }): Promise<number>;
}

/** Return a client of the API at an address. */
export function createShopkeeper(options: ShopkeeperOptions): Shopkeeper {
  const { baseUrl, storage = memoryStorage(), timeout = TIMEOUT_MS, attempts = ATTEMPTS } = options;
  const fetch: Fetch = options.fetch ?? ((request) => globalThis.fetch(request));
  const keys = new Keys(storage);
  const session = new Session(storage, requestsOf(baseUrl, fetch, timeout));
  const api = createClient<Paths>({ baseUrl, ...WITHOUT_COOKIES, fetch: send });

  async function send(request: Request): Promise<Response> {
    const reading = repeatable(request);
    const key = await keys.keyFor(request, reading);
    const sent = await reading;
    const answer = await sendAuthorized(sent, key ? { "Idempotency-Key": key.key } : {});
    if (key && isDecided(answer)) await keys.forget(key);
    return answer;
  }

  async function sendAuthorized(sent: Repeatable, headers: Record<string, string>): Promise<Response> {
    const { request } = sent;
    const ownsToken = request.headers.has("Authorization") || WITHOUT_SESSION.test(new URL(request.url).pathname);
    const token = ownsToken ? null : await session.accessToken();
    const repeated = (fields: Record<string, string>) =>
      withRepeats(request, headers, attempts, () => exchange(fetch, sent, { ...headers, ...fields }, timeout));
    const answer = await repeated(bearer(token));
    if (answer.status !== 401 || !token || (await codeOf(answer)) !== "unauthenticated") return answer;
    const renewed = await session.renew(token);
    return renewed ? repeated(bearer(renewed)) : answer;
  }

  const call = (method: "GET" | "POST" | "PATCH" | "DELETE") => async (path: string, init?: object) => {
    const { data, error, response } = await (api[method] as Untyped)(path, init);
    if (!response.ok) throw problemOf(response, error);
    return data;
  };
  return {
    session,
    api,
    get: call("GET") as Call<"get">,
    post: call("POST") as Call<"post">,
    patch: call("PATCH") as Call<"patch">,
    delete: call("DELETE") as Call<"delete">,
    events: (businessId, how = {}) => follow(api, businessId, how),
    newestEvent: (businessId, how = {}) => newest(api, businessId, how.signal),
  };
}

/** Return the header that names the version to change: that of an item, a business, a user or a webhook. */
export function ifMatch(record: { version: number }): { "If-Match": string } {
  return { "If-Match": `"${record.version}"` };
}

/** Return the requests of a session. They are sent without one. */
function requestsOf(baseUrl: string, fetch: Fetch, timeout: number): Requests {
  const send = async (request: Request) => {
    const sent = await repeatable(request);
    return withRepeats(request, {}, REFRESH_ATTEMPTS, () => exchange(fetch, sent, {}, timeout));
  };
  const api = createClient<Paths>({ baseUrl, ...WITHOUT_COOKIES, fetch: send });
  return {
    async login(email, password) {
      const { data, error, response } = await api.POST("/api/auth/login", { body: { email, password } });
      if (!data) throw problemOf(response, error);
      return data;
    },
    async refresh(token) {
      const { data, error, response } = await api.POST("/api/auth/refresh", { body: { refresh_token: token } });
      if (!data) throw problemOf(response, error);
      return data;
    },
    async logout(token) {
      await api.POST("/api/auth/logout", { body: { refresh_token: token } });
    },
  };
}

function bearer(token: string | null): Record<string, string> {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Tell whether the server has decided on an order, so that the next one like it is another order. */
function isDecided(answer: Response): boolean {
  return answer.status < 500 && answer.status !== 429 && answer.status !== 408;
}

async function codeOf(answer: Response): Promise<string> {
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => null);
  return problemOf(answer, body).code;
}

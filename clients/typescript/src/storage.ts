// Where a session is kept between requests, pages and visits.

/** The tokens of a session. Storages that are read by scripts leave out the access token. */
export interface Tokens {
  /** What continues the session, good for one use. Empty where a server keeps it. */
  refresh: string;
  /** What requests are sent with. */
  access?: string;
  /** When the access token ends, in milliseconds of the Unix epoch. */
  expires?: number;
}

/** Where a client keeps its session, and the keys of orders without an answer. */
export interface ClientStorage {
  /** Return the tokens, null if nobody is signed in. */
  readTokens(): Promise<Tokens | null> | Tokens | null;
  /** Keep tokens; null removes them. If it throws, nothing can be kept now, and no token is renewed. */
  writeTokens(tokens: Tokens | null): Promise<void> | void;
  /** Return the keys of orders, as `writeKeys` got them. */
  readKeys?(): Promise<string | null> | string | null;
  /** Keep the keys of orders; null removes them. */
  writeKeys?(keys: string | null): Promise<void> | void;
  /** Sign in by the server that keeps the session, and return its tokens. */
  signIn?(email: string, password: string): Promise<Tokens>;
  /** The name under which tabs of a browser share the session. Without one they do not. */
  readonly tabs?: string;
}

/** Return a storage that ends with this page or process. */
export function memoryStorage(): ClientStorage {
  let kept: Tokens | null = null;
  return {
    readTokens: () => kept,
    writeTokens(tokens) {
      kept = tokens;
    },
  };
}

/** A part of the Web Storage interface. */
export type WebStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/**
 * Return a storage for browsers: `sessionStorage` ends with the tab, `localStorage` does not. Only the refresh token is
 * stored. Tabs of one site share their session, so that no token is used twice.
 */
export function webStorage(storage: WebStorage, name = "shopkeeper"): ClientStorage {
  const put = (key: string, text: string | null) => {
    if (text === null) storage.removeItem(key);
    else storage.setItem(key, text);
  };
  return {
    tabs: name,
    readTokens() {
      const refresh = storage.getItem(`${name}.refresh`);
      return refresh ? { refresh } : null;
    },
    writeTokens: (tokens) => put(`${name}.refresh`, tokens?.refresh ?? null),
    readKeys: () => storage.getItem(`${name}.keys`),
    writeKeys: (keys) => put(`${name}.keys`, keys),
  };
}

/** The cookies of one request to a server, such as those of `await cookies()` in Next.js. */
export interface CookieJar {
  get(name: string): { value: string } | undefined;
  set(name: string, value: string, options: CookieOptions): unknown;
}

/** How a cookie is set. */
export interface CookieOptions {
  httpOnly: boolean;
  secure: boolean;
  sameSite: "strict" | "lax";
  path: string;
  /** Seconds; 0 removes the cookie. */
  maxAge: number;
}

const COOKIE_SECONDS = 30 * 86_400; // as long as the server keeps a session that is not used
const BETWEEN = "~"; // no token has it

/**
 * Return a storage in an HttpOnly cookie, for servers: make a client for each request. Next.js sets cookies only in route
 * handlers, server actions and middleware; elsewhere a token that has ended is not renewed.
 */
export function cookieStorage(
  jar: CookieJar,
  options: { name?: string; secure?: boolean; sameSite?: "strict" | "lax"; path?: string } = {},
): ClientStorage {
  const { name = "shopkeeper", secure = true, sameSite = "lax", path = "/" } = options;
  return {
    readTokens() {
      const [refresh, access, expires] = jar.get(name)?.value.split(BETWEEN) ?? [];
      if (!refresh) return null;
      return access ? { refresh, access, expires: Number(expires) } : { refresh };
    },
    writeTokens(tokens) {
      const value = tokens ? [tokens.refresh, tokens.access ?? "", tokens.expires ?? 0].join(BETWEEN) : "";
      jar.set(name, value, { httpOnly: true, secure, sameSite, path, maxAge: tokens ? COOKIE_SECONDS : 0 });
    },
  };
}

// The session: who is signed in.

import type { Schemas } from "./paths.js";
import { clientError, ShopkeeperError } from "./problem.js";
import type { RouteSession } from "./route-storage.js";
import type { ClientStorage, Tokens } from "./storage.js";
import { Tabs } from "./tabs.js";

const RENEW_BEFORE_MS = 30_000;
const REMEMBERED_MS = 9_000; // the server takes a used token as a lost reply for ten seconds

/** The requests that a session sends. */
export interface Requests {
  login(email: string, password: string): Promise<Schemas["Tokens"]>;
  refresh(token: string): Promise<Schemas["Tokens"]>;
  logout(token: string): Promise<void>;
}

/** Renewals of this process, by the token that they use up: requests of one visitor come at the same time. */
const renewals = new Map<string, { begun: number; tokens: Promise<Schemas["Tokens"]> }>();

/** Who is signed in, with a refresh token that is used once, by whichever tab or request comes first. */
export class Session {
  readonly #storage: ClientStorage;
  readonly #requests: Requests;
  readonly #tabs: Tabs | null;
  readonly #listeners = new Set<(signedIn: boolean) => void>();
  #tokens: Tokens | null = null;
  #started: Promise<void> | null = null;
  #renewing: Promise<string | null> | null = null;

  /** @internal */
  constructor(storage: ClientStorage, requests: Requests) {
    this.#storage = storage;
    this.#requests = requests;
    const listener = {
      tokens: () => this.#tokens,
      take: (tokens: Tokens) => this.#take(tokens),
      out: () => void this.#forget(),
    };
    this.#tabs = storage.tabs ? new Tabs(storage.tabs, listener) : null;
  }

  /** Begin a session, in all tabs. Throws ShopkeeperError, such as `wrong_credentials`. */
  async signIn(email: string, password: string): Promise<void> {
    if (this.#storage.signIn) await this.#keep(await this.#storage.signIn(email, password));
    else await this.adopt(await this.#requests.login(email, password));
  }

  /** Use tokens that the server gave, as `POST /api/setup` does. */
  async adopt(given: Schemas["Tokens"]): Promise<void> {
    await this.#keep(tokensOf(given));
  }

  /** End the session, in all tabs. It ends here even if the server cannot be reached. */
  async signOut(): Promise<void> {
    await this.#start();
    const refresh = this.#tokens?.refresh;
    await this.#forget();
    this.#tabs?.tell(null);
    if (!refresh) return;
    try {
      await this.#requests.logout(refresh);
    } catch (error) {
      if (!(error instanceof ShopkeeperError)) throw error;
    }
  }

  /** Return whether somebody is signed in, as far as it is known here. */
  async isSignedIn(): Promise<boolean> {
    await this.#start();
    return this.#tokens !== null;
  }

  /** Call a function whenever somebody signs in or the session ends. Returns what stops that. */
  onChange(listener: (signedIn: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Return a valid access token, null if nobody is signed in. Throws ShopkeeperError if it cannot be renewed. */
  async accessToken(): Promise<string | null> {
    await this.#start();
    if (!this.#tokens) return null;
    return isFresh(this.#tokens) ? this.#tokens.access : this.renew(this.#tokens.access ?? null);
  }

  /** Return the access token and for how many seconds it is good, as a route answers it; null if nobody is signed in. */
  async forRoute(): Promise<RouteSession | null> {
    const access = await this.accessToken();
    return access === null
      ? null
      : { access, expires_in: Math.floor(((this.#tokens?.expires ?? 0) - Date.now()) / 1000) };
  }

  /**
   * Replace an access token that the server no longer takes, and return the new one; null if the session has ended.
   * Calls at the same time share one request, and so do tabs. Throws ShopkeeperError.
   */
  renew(stale: string | null): Promise<string | null> {
    const work = () => this.#renewAlone(stale);
    this.#renewing ??= (this.#tabs ? this.#tabs.alone(work) : work()).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renewAlone(stale: string | null): Promise<string | null> {
    await this.#tabs?.ask();
    if (isFresh(this.#tokens) && this.#tokens.access !== stale) return this.#tokens.access; // another tab was first
    const kept = await this.#storage.readTokens();
    if (isFresh(kept) && kept.access !== stale) {
      this.#set(kept); // another process was first
      return kept.access;
    }
    if (!kept?.refresh) {
      await this.#forget(); // signed out meanwhile
      return null;
    }
    await this.#canWrite(kept);
    try {
      const tokens = tokensOf(await this.#renewOnce(kept.refresh));
      await this.#keep(tokens);
      return tokens.access;
    } catch (error) {
      if (!(error instanceof ShopkeeperError) || error.status === 0 || error.passes) throw error;
      await this.#forget();
      return null;
    }
  }

  /** A token that is used up where its successor cannot be kept would end the session. */
  async #canWrite(kept: Tokens): Promise<void> {
    try {
      await this.#storage.writeTokens(kept);
    } catch (error) {
      const detail = "The session cannot be renewed here, since its tokens cannot be stored.";
      throw clientError("session_read_only", detail, error);
    }
  }

  #renewOnce(refresh: string): Promise<Schemas["Tokens"]> {
    const now = Date.now();
    for (const [token, one] of renewals) if (now - one.begun > REMEMBERED_MS) renewals.delete(token);
    const known = renewals.get(refresh);
    if (known) return known.tokens;
    const tokens = this.#requests.refresh(refresh);
    renewals.set(refresh, { begun: now, tokens });
    tokens.catch(() => renewals.delete(refresh));
    return tokens;
  }

  #start(): Promise<void> {
    this.#started ??= this.#load().catch((error: unknown) => {
      this.#started = null;
      throw error;
    });
    return this.#started;
  }

  async #load(): Promise<void> {
    await this.#tabs?.ask();
    if (!this.#tokens) this.#set(await this.#storage.readTokens());
  }

  async #keep(tokens: Tokens): Promise<void> {
    this.#started ??= Promise.resolve();
    this.#set(tokens);
    await this.#storage.writeTokens(tokens);
    this.#tabs?.tell(tokens);
  }

  /** Take tokens of another tab if they are newer. */
  #take(newer: Tokens): void {
    if ((newer.expires ?? 0) <= (this.#tokens?.expires ?? 0)) return;
    this.#set(newer);
    void this.#storage.writeTokens(newer);
  }

  async #forget(): Promise<void> {
    this.#set(null);
    await this.#storage.writeTokens(null);
  }

  #set(tokens: Tokens | null): void {
    const changes = (tokens === null) !== (this.#tokens === null);
    this.#tokens = tokens;
    if (changes) for (const listener of [...this.#listeners]) listener(tokens !== null);
  }
}

function isFresh(tokens: Tokens | null): tokens is Tokens & { access: string } {
  return tokens?.access !== undefined && (tokens.expires ?? 0) - RENEW_BEFORE_MS > Date.now();
}

function tokensOf(given: Schemas["Tokens"]): Tokens & { access: string } {
  const expires = Date.now() + given.expires_in * 1000;
  return { refresh: given.refresh_token, access: given.access_token, expires };
}

// The session: who is signed in, in this tab and in the others of this browser.
//
// The access token is kept in memory only, the refresh token in sessionStorage. A refresh token that is used twice ends
// its session, so the tabs share their tokens: each sends new ones to the others, and asks them before it refreshes.

import { Problem, send } from "./http.js";
import { alone, othersOf } from "./locks.js";
import { signal, until } from "./signal.js";

const KEY = "shopkeeper.refresh";
const LOCK = "shopkeeper.session";
const CHANNEL = "shopkeeper.session";
const HEARD_WITHIN_MS = 1_000;
const GUESSED_WITHIN_MS = 80; // where it is not known whether there are other tabs
const RENEW_BEFORE_MS = 30_000;

/**
 * starting: not known yet. out: nobody is signed in. in: somebody is. ended: somebody was, and must sign in again.
 * @typedef {"starting" | "out" | "in" | "ended"} State
 */

/** @typedef {{ access: string, refresh: string, expires: number }} Tokens */

/** @type {import("./signal.js").Signal<State>} */
export const session = signal(/** @type {State} */ ("starting"));

/** @type {Tokens | null} */
let tokens = null;
/** @type {Promise<void> | null} */
let renewing = null;
/** @type {Set<(isAnswer: boolean) => void>} */
const listeners = new Set();

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(CHANNEL) : null;
channel?.addEventListener("message", ({ data }) => {
  if (data.kind === "ask") channel.postMessage(tokens ? { kind: "tokens", tokens } : { kind: "none" });
  else if (data.kind === "tokens") take(data.tokens);
  else if (data.kind === "none") for (const listen of [...listeners]) listen(false);
  else if (data.kind === "out") forget("out");
});

/**
 * Find out whether somebody is signed in. Throws Problem if the server cannot be reached.
 * @returns {Promise<void>}
 */
export async function start() {
  await hear();
  if (tokens) return;
  if (sessionStorage.getItem(KEY)) await renew(null);
  else session.set("out");
}

/**
 * Begin a session. Throws Problem.
 * @param {string} email
 * @param {string} password
 */
export async function signIn(email, password) {
  const answer = await send("POST", "/api/auth/login", { body: { email, password } });
  adopt(answer.data);
}

/**
 * Use tokens from the server, in all tabs.
 * @param {{ access_token: string, refresh_token: string, expires_in: number }} given
 */
export function adopt(given) {
  const expires = Date.now() + given.expires_in * 1000;
  take({ access: given.access_token, refresh: given.refresh_token, expires });
  channel?.postMessage({ kind: "tokens", tokens });
}

/** End the session, in all tabs. It ends here even if the server cannot be reached. */
export async function signOut() {
  const refresh = sessionStorage.getItem(KEY);
  forget("out");
  channel?.postMessage({ kind: "out" });
  if (!refresh) return;
  try {
    await send("POST", "/api/auth/logout", { body: { refresh_token: refresh } });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
  }
}

/**
 * Return a valid access token; wait for a sign-in if the session has ended. Throws Problem.
 * @returns {Promise<string>}
 */
export async function accessToken() {
  if (session.value === "ended") await until(session, (state) => state !== "ended");
  if (!tokens) throw new Problem(401, "unauthenticated", "");
  if (tokens.expires - RENEW_BEFORE_MS <= Date.now()) await renew(tokens.access);
  return tokens.access;
}

/**
 * Replace an access token that is no longer valid. Calls at the same time share one refresh, and
 * so do tabs. Throws Problem; if the session has ended, `session` says so.
 * @param {string | null} stale
 * @returns {Promise<void>}
 */
export function renew(stale) {
  renewing ??= alone(LOCK, () => renewAlone(stale)).finally(() => {
    renewing = null;
  });
  return renewing;
}

/** End the session because the server no longer accepts its tokens. */
export function end() {
  forget("ended");
}

/** @param {string | null} stale */
async function renewAlone(stale) {
  await hear();
  if (tokens && tokens.access !== stale) return; // another tab was first
  const refresh = tokens?.refresh ?? sessionStorage.getItem(KEY);
  if (!refresh) throw new Problem(401, "unauthenticated", ""); // signed out meanwhile
  try {
    const answer = await send("POST", "/api/auth/refresh", { body: { refresh_token: refresh } });
    adopt(answer.data);
  } catch (problem) {
    if (problem instanceof Problem && problem.status > 0 && !problem.passes) forget(stale ? "ended" : "out");
    throw problem;
  }
}

/** Ask the other tabs for newer tokens, if there are any, and give them a moment to answer. */
async function hear() {
  const others = await othersOf(CHANNEL);
  if (!channel || others === 0) return;
  await new Promise((resolve) => {
    let answers = 0;
    const timer = setTimeout(done, others ? HEARD_WITHIN_MS : GUESSED_WITHIN_MS);
    function done() {
      clearTimeout(timer);
      listeners.delete(listen);
      resolve(undefined);
    }
    /** @param {boolean} hasTokens */
    function listen(hasTokens) {
      answers++;
      if (hasTokens || answers === others) done();
    }
    listeners.add(listen);
    channel.postMessage({ kind: "ask" });
  });
}

/**
 * Take tokens that are newer than those of this tab.
 * @param {Tokens} newer
 */
function take(newer) {
  if (!tokens || newer.expires > tokens.expires || session.value !== "in") {
    tokens = newer;
    sessionStorage.setItem(KEY, newer.refresh);
    session.set("in");
  }
  for (const listen of [...listeners]) listen(true);
}

/** @param {State} state */
function forget(state) {
  tokens = null;
  sessionStorage.removeItem(KEY);
  session.set(state);
}

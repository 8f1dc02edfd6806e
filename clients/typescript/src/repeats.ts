// Which requests may be sent again, and sending them again.

import { pauseAfter, sleep } from "./backoff.js";
import { clientError, problemOf, retryAfterOf, ShopkeeperError } from "./problem.js";

/**
 * What a second request does when the first was done and its answer was lost.
 * nothing: it changes nothing more, and has the same answer. refused: the server refuses it, since a condition no longer
 * holds. harm: it is done twice.
 */
export type Repetition = "nothing" | "refused" | "harm";

/** GET of these counts a visit. */
const COUNTS = /\/(counter(\.txt|\/[^/]+)?|hit\.gif)$/;
/** The server gives the present tokens again for a refresh token that was used within the last ten seconds. */
const SESSION = /\/api\/auth\/(refresh|logout)$/;
/** A step of an order fits its status once. */
const STEP = /\/api\/orders\/[^/]+\/[a-z]+$/;

/** What the server answers to a repeated request of the kind `refused` if the first was done. */
const REFUSALS = [404, 409, 410, 412];
/** Nobody knows what was done: the server lost its database, or a proxy the server. */
const LOST = [502, 503, 504];
const LONGEST_WAIT_SECONDS = 20;

/** Return what a second request like this one does when the first was done. */
export function repetitionOf(request: Request, hasKey: boolean): Repetition {
  const path = new URL(request.url).pathname;
  if (request.method === "GET" || request.method === "HEAD") return COUNTS.test(path) ? "harm" : "nothing";
  if (hasKey || SESSION.test(path)) return "nothing";
  if (request.headers.has("If-Match") || STEP.test(path)) return "refused";
  return "harm";
}

/**
 * Return the answer of a request, which is sent again where that is safe: after no answer and after 502, 503 and 504 if
 * the request does no harm twice, and after 429 always, since it was not done. Throws ShopkeeperError: `unreachable`
 * if there was no answer, `outcome_unknown` if the answer was lost and the server now refuses what may be done already.
 */
export async function withRepeats(
  request: Request,
  headers: Record<string, string>,
  attempts: number,
  send: () => Promise<Response>,
): Promise<Response> {
  const repetition = repetitionOf(request, "Idempotency-Key" in headers || request.headers.has("Idempotency-Key"));
  let maybeDone = false;
  for (let failures = 0; ; failures++) {
    const answer = await send().catch(unreachable);
    if (answer instanceof Response) {
      if (maybeDone && repetition === "refused" && REFUSALS.includes(answer.status)) throw unknown(answer);
      if (!isLost(answer) && answer.status !== 429) return answer;
    }
    const notDone = answer instanceof Response && (answer.status === 429 || (await isBusy(answer)));
    maybeDone ||= !notDone;
    const retryAfter = answer instanceof Response ? retryAfterOf(answer) : null;
    const mayRepeat = notDone || repetition !== "harm";
    if (!mayRepeat || failures + 1 >= attempts || (retryAfter ?? 0) > LONGEST_WAIT_SECONDS) {
      if (answer instanceof Response) return answer;
      throw answer;
    }
    await sleep(pauseAfter(failures, retryAfter), request.signal);
  }
}

function unreachable(error: unknown): ShopkeeperError {
  if (error instanceof ShopkeeperError && error.code === "unreachable") return error;
  throw error;
}

function unknown(answer: Response): ShopkeeperError {
  const detail = "An answer was lost. The change may be done, by this request or by another: read it again.";
  return clientError("outcome_unknown", detail, problemOf(answer, null));
}

function isLost(answer: Response): boolean {
  return LOST.includes(answer.status);
}

/** Tell whether the server did not begin, because it has too much to do. */
async function isBusy(answer: Response): Promise<boolean> {
  if (answer.status !== 503) return false;
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => null);
  return problemOf(answer, body).code === "server_busy";
}

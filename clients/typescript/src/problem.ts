// What can go wrong, by stable codes.

import type { Schemas } from "./paths.js";

/** The problems of the document, each with a code of its own. */
type Declared = Extract<Schemas[keyof Schemas], { code: string; status: number; requestId: string }>;

/** Problems that this client finds itself. */
export interface ClientProblem<Code extends string> {
  code: Code;
  status: 0;
  title: string;
  detail: string;
  requestId: "";
}

/** All problems. `code` tells them apart. */
export type Problem = Declared | ClientProblem<"unreachable" | "outcome_unknown" | "session_read_only">;

/** The codes of all problems that are known. A newer server may send others. */
export type Code = Problem["code"];

/** An answer other than success, or none. `code` is stable. */
export class ShopkeeperError extends Error {
  override readonly name = "ShopkeeperError";
  /** The status of the answer, 0 if there was none. */
  readonly status: number;
  /** What went wrong, for programs. */
  readonly code: string;
  /** The whole problem. Use `hasCode` to know its type. */
  readonly problem: Problem;
  /** In how many seconds to ask again, null if the server does not say. */
  readonly retryAfter: number | null;

  constructor(problem: Problem, options: { retryAfter?: number | null; cause?: unknown } = {}) {
    super(problem.detail || problem.code, { cause: options.cause });
    this.problem = problem;
    this.code = problem.code;
    this.status = problem.status;
    this.retryAfter = options.retryAfter ?? null;
  }

  /** Whether the same request may succeed a moment later. */
  get passes(): boolean {
    return this.code === "unreachable" || this.status === 429 || (this.status >= 500 && this.status !== 501);
  }
}

/**
 * Tell whether an error is a problem with this code. Its `problem` then has that problem's type.
 *
 * @example
 * if (hasCode(error, "closed")) console.log(error.problem.opens_at);
 */
export function hasCode<Known extends Code>(
  error: unknown,
  code: Known,
): error is ShopkeeperError & { problem: Extract<Problem, { code: Known }> } {
  return error instanceof ShopkeeperError && error.code === code;
}

/** Return the error of something that this client found itself. */
export function clientError(
  code: ClientProblem<"unreachable" | "outcome_unknown" | "session_read_only">["code"],
  detail: string,
  cause?: unknown,
): ShopkeeperError {
  return new ShopkeeperError({ code, status: 0, title: "", detail, requestId: "" }, { cause });
}

/** Return the error that an answer other than success is. `body` is what it holds, if that is known. */
export function problemOf(response: Response, body: unknown): ShopkeeperError {
  const known: { message?: unknown; code?: unknown } = typeof body === "object" && body !== null ? { ...body } : {};
  const problem = {
    title: response.statusText,
    detail: typeof known.message === "string" ? known.message : "", // the gateway's form
    requestId: response.headers.get("X-Request-Id") ?? "",
    ...known,
    code: typeof known.code === "string" ? known.code : `http_${response.status}`, // a proxy's page has none
    status: response.status,
  };
  return new ShopkeeperError(problem as Problem, { retryAfter: retryAfterOf(response) });
}

/** Return the seconds of `Retry-After`, which may be a date; null if there are none. */
export function retryAfterOf(response: Response): number | null {
  const text = response.headers.get("Retry-After") ?? "";
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(seconds, 0);
}

// One request to the API, without credentials, and what can go wrong with it.

const TIMEOUT_MS = 15_000;

/** @typedef {{ field: string, message: string }} FieldFault */

/**
 * An answer other than success (RFC 9457). `status` is 0 if there was no answer; `code` is stable.
 * `retryAfter` are seconds, null if the server names none. `facts` are the other members of the answer.
 */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} detail
   * @param {{ faults?: FieldFault[], retryAfter?: number | null, facts?: Record<string, unknown> }} [more]
   */
  constructor(status, code, detail, more = {}) {
    super(detail || code);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.faults = more.faults ?? [];
    this.retryAfter = more.retryAfter ?? null;
    this.facts = more.facts ?? {};
  }

  /** Whether the same request may succeed a moment later. */
  get passes() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/**
 * @typedef {object} Options
 * @property {unknown} [body] sent as JSON
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 * @property {number} [timeout] milliseconds until the request counts as lost
 */

/** @typedef {{ status: number, data: any, headers: Headers }} Answer */

/**
 * Send a request and return its answer. Throws Problem, and the signal's reason if that aborts.
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Answer>}
 */
export async function send(method, path, { body, headers = {}, signal, timeout = TIMEOUT_MS } = {}) {
  const ender = new AbortController();
  const abort = () => ender.abort();
  const timer = setTimeout(abort, timeout);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    signal?.throwIfAborted();
    /** @type {Record<string, string>} */
    const sent = body === undefined ? {} : { "Content-Type": "application/json" };
    const response = await fetch(path, {
      method,
      headers: { Accept: "application/json", ...sent, ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      cache: "no-cache", // asked anew each time; a public answer that did not change comes as 304 without its body
      credentials: "omit",
      signal: ender.signal,
    });
    const data = await read(response);
    if (!response.ok) throw problemOf(response, data);
    return { status: response.status, data, headers: response.headers };
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof Problem ? error : new Problem(0, "unreachable", "");
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** @param {Response} response */
async function read(response) {
  const text = await response.text();
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null; // a proxy's page
  }
}

/**
 * @param {Response} response
 * @param {any} data
 */
function problemOf(response, data) {
  const { code, detail, errors, ...facts } = data ?? {};
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) ? seconds : null;
  return new Problem(response.status, code ?? `http_${response.status}`, detail ?? "", {
    faults: errors ?? [],
    retryAfter,
    facts,
  });
}

// Requests to the API as the account that is signed in.

import { Problem, send } from "./http.js";
import { accessToken, end, renew } from "./session.js";

export { Problem } from "./http.js";

/** @typedef {import("./http.js").Options} Options */
/** @typedef {import("./http.js").Answer} Answer */

/**
 * Send a request with the access token. An expired token is renewed. If the session has ended, the request
 * waits until its owner has signed in again. Throws Problem.
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Answer>}
 */
export async function call(method, path, options = {}) {
  for (let refused = 0; ; refused++) {
    const token = await accessToken();
    try {
      const headers = { ...options.headers, Authorization: `Bearer ${token}` };
      return await send(method, path, { ...options, headers });
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.status !== 401) throw problem;
    }
    if (refused)
      end(); // even a fresh token is refused: the account or its password changed
    else await renewOrEnd(token);
  }
}

/**
 * @param {string} path
 * @param {Options} [options]
 */
export const get = (path, options) => call("GET", path, options);

/**
 * @param {string} path
 * @param {unknown} [body]
 * @param {Options} [options]
 */
export const post = (path, body, options) => call("POST", path, { ...options, body });

/**
 * Change something. With an ETag only in the version that it names.
 * @param {string} path
 * @param {unknown} body
 * @param {string | null} [etag]
 */
export const patch = (path, body, etag) => call("PATCH", path, { body, headers: versioned(etag) });

/**
 * @param {string} path
 * @param {string | null} [etag]
 */
export const remove = (path, etag) => call("DELETE", path, { headers: versioned(etag) });

/**
 * @param {string | null | undefined} etag
 * @returns {Record<string, string>}
 */
function versioned(etag) {
  return etag ? { "If-Match": etag } : {};
}

/** @param {string} token */
async function renewOrEnd(token) {
  try {
    await renew(token);
  } catch (problem) {
    // A session that has ended asks for a sign-in, and the request goes on after it.
    if (!(problem instanceof Problem) || problem.status !== 401) throw problem;
  }
}

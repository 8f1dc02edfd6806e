// The business of the account that is signed in.

import { get } from "./api.js";
import { Problem } from "./http.js";
import { signal } from "./signal.js";

/** Null while it is not known, and where the account owns none. */
export const business = signal(/** @type {Record<string, any> | null} */ (null));

/** The version of `business`, for `If-Match`. @type {string | null} */
export let etag = null;

/**
 * Read the business, and return it, null if the account owns none. Throws Problem.
 * @returns {Promise<Record<string, any> | null>}
 */
export async function loadBusiness() {
  try {
    const { data, headers } = await get("/api/businesses/mine");
    etag = headers.get("ETag");
    business.set(data);
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status !== 404) throw problem;
    business.set(null);
  }
  return business.value;
}

// The business of the account that is signed in.

import { get, patch } from "./api.js";
import { Problem } from "./http.js";
import { signal } from "./signal.js";

/** Null until it is loaded, and if the account owns none. */
export const business = signal(/** @type {Record<string, any> | null} */ (null));

/** @type {string | null} */
let etag = null;

/** The version of `business`, for `If-Match`. */
export const businessTag = () => etag;

/**
 * Read the business, and return it, null if the account owns none. Throws Problem.
 * @returns {Promise<Record<string, any> | null>}
 */
export async function loadBusiness() {
  try {
    take(await get("/api/businesses/mine"));
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status !== 404) throw problem;
    business.set(null);
  }
  return business.value;
}

/**
 * Change the business in the version that was seen, and return it. Throws Problem; if it was changed elsewhere, the
 * newest version is loaded first.
 * @param {Record<string, unknown>} change
 * @param {{ whatever?: boolean }} [options] `whatever` changes it even if it was changed elsewhere
 * @returns {Promise<Record<string, any>>}
 */
export async function changeBusiness(change, { whatever = false } = {}) {
  try {
    take(await patch(`/api/businesses/${business.value?.business_id}`, change, whatever ? null : etag));
  } catch (problem) {
    if (problem instanceof Problem && [409, 412].includes(problem.status)) await loadBusiness();
    throw problem;
  }
  return business.value ?? {};
}

/** @param {import("./http.js").Answer} answer */
function take({ data, headers }) {
  etag = headers.get("ETag");
  business.set(data);
}

// What a person is told when a request failed.

import { Problem } from "./http.js";
import { isText, t } from "./texts.js";

/**
 * Return a sentence for what went wrong: in the person's language if the code is known, else in the server's words.
 * @param {unknown} error
 */
export function explain(error) {
  if (!(error instanceof Problem)) return t("error.unknown");
  if (error.status === 429) return t("error.wait", { seconds: error.retryAfter ?? 60 });
  if (error.status >= 500 && error.status !== 501) return t("error.outage");
  const key = `error.${error.code}`;
  return isText(key) ? t(key) : error.detail || t("error.unknown");
}

/**
 * Return the server's complaints by field. A nested field is named by its last part: `business.phone` is `phone`,
 * unless `whole` is set.
 * @param {unknown} error
 * @param {{ whole?: boolean }} [options]
 * @returns {Record<string, string>}
 */
export function faultsOf(error, { whole = false } = {}) {
  if (!(error instanceof Problem)) return {};
  return Object.fromEntries(
    error.faults.map(({ field, message }) => [whole ? field : (field.split(".").pop() ?? field), message]),
  );
}

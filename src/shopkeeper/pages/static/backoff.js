// Backoff: the pauses between attempts.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Return how many milliseconds to wait after some failures: about twice as long each time, never shorter than the
 * server asks, and never the same for all clients.
 * @param {number} failures
 * @param {number | null} retryAfter
 */
export function pauseAfter(failures, retryAfter) {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
  return Math.max(longest * (0.5 + Math.random() / 2), (retryAfter ?? 0) * 1000);
}

// The pauses between attempts.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Return how many milliseconds to wait after some failures: about twice as long each time, never shorter than the
 * server asks, and never the same for all clients.
 */
export function pauseAfter(failures: number, retryAfter: number | null): number {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
  return Math.max(longest * (0.5 + Math.random() / 2), (retryAfter ?? 0) * 1000);
}

/** Sleep for some milliseconds. Throws the signal's reason if that aborts. */
export function sleep(ms: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(finish, ms);
    function finish() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    }
    if (signal?.aborted) finish();
    else signal?.addEventListener("abort", finish);
  });
}

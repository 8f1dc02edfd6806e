"""The metrics of a worker, in Prometheus' format: its requests, commits, queues and connections."""

import threading
from collections.abc import Callable

from shopkeeper.runtime.machine.worker import Worker
from shopkeeper.runtime.telemetry.prometheus import family, histograms, single


def worker_lines(
    worker: Worker, clients: Callable[[], int], most_clients: int, dropped: Callable[[], int]
) -> Callable[[], list[str]]:
    """Return what returns the metrics of a worker: its requests, commits, queues and connections."""

    def lines() -> list[str]:
        turns, pools = worker.turns, {id(pool): pool for pool in worker.pools.values()}.values()
        running = sum(thread.name == "delivery" for thread in threading.enumerate())
        return [
            *worker.meters.lines(),
            *histograms("shopkeeper_commit_duration_seconds", "Time of a COMMIT.", [({}, turns.commits)]),
            *histograms("shopkeeper_commit_size", "Requests and runs that shared a COMMIT.", [({}, turns.committed)]),
            *single("shopkeeper_commits_failed_total", "counter", "COMMITs that failed.", turns.failed_commits),
            *family(
                "shopkeeper_queue_waiting",
                "gauge",
                "Requests that wait for a thread.",
                (({"queue": pool.name}, pool.waiting) for pool in pools),
            ),
            *family(
                "shopkeeper_queue_limit",
                "gauge",
                "How many may wait; others get 503.",
                (({"queue": pool.name}, pool.most_waiting) for pool in pools),
            ),
            *single("shopkeeper_feed_waiters", "gauge", "Requests that wait for events.", len(worker.waiters)),
            *single("shopkeeper_deliveries_running", "gauge", "Threads that deliver to webhooks or mails.", running),
            *single("shopkeeper_connections", "gauge", "Open connections.", clients()),
            *single("shopkeeper_connections_limit", "gauge", "How many connections may be open.", most_clients),
            *single("shopkeeper_log_requests_dropped_total", "counter", "Requests without log lines.", dropped()),
        ]

    return lines

"""What one machine counts while it works: requests, runs of jobs, and what both did."""

from collections import Counter
from collections.abc import Mapping

from shopkeeper.http.endpoint import METHODS
from shopkeeper.metrics import split_currency
from shopkeeper.runtime.telemetry.histogram import Histogram
from shopkeeper.runtime.telemetry.prometheus import family, histograms, single

REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
UNKNOWN = "other"
"""The route of every request whose path or method is not declared, and the method of those with an unusual one."""

KNOWN_METHODS = METHODS | {"HEAD", "OPTIONS"}

SUMS = {
    "SecondsToAccept": (
        "shopkeeper_accept_seconds_total",
        "Time that accepted orders had waited; the event OrdersAccepted is their number.",
    )
}
"""What is no number of events: the metrics that it has of its own, with their meanings."""

Series = tuple[str, str, int]
"""A route, a method and a status. Clients choose none of them freely, so their number is limited."""


class Meters:
    """Counts since the start. The loop adds to them; another thread may read them meanwhile."""

    def __init__(self) -> None:
        self._requests: dict[Series, Histogram] = {}
        self._runs: Counter[tuple[str, str]] = Counter()
        self._done: Counter[str] = Counter()

    def request(self, route: str, method: str, status: int, seconds: float, done: Mapping[str, int]) -> None:
        """Count a request. `route` is the template of its path, empty for none. `done` is what it did, by name."""
        if not route:
            route = UNKNOWN
            method = method if method in KNOWN_METHODS else UNKNOWN
        series = route, method, status
        histogram = self._requests.get(series)
        if histogram is None:
            histogram = self._requests[series] = Histogram(REQUEST_SECONDS)
        histogram.observe(seconds)
        for name, count in done.items():
            self._done[name] += count

    def run(self, name: str, done: Mapping[str, int], *, failed: bool) -> None:
        """Count a run of a job."""
        self._runs[name, "failed" if failed else "succeeded"] += 1
        self._done.update(done)

    def lines(self) -> list[str]:
        """Return everything in Prometheus' format."""
        by_route: dict[tuple[str, str], Histogram] = {}
        requests = sorted(self._requests.items(), key=lambda item: item[0])
        for (route, method, _), histogram in requests:
            by_route.setdefault((route, method), Histogram(REQUEST_SECONDS)).merge(histogram)
        done = [(*split_currency(name), count) for name, count in sorted(self._done.items())]
        return [
            *family(
                "shopkeeper_requests_total",
                "counter",
                "Requests that were answered.",
                (
                    ({"route": route, "method": method, "status": str(status)}, sum(histogram.counts))
                    for (route, method, status), histogram in requests
                ),
            ),
            *histograms(
                "shopkeeper_request_duration_seconds",
                "Time from a complete request to its answer, without the time that it waited for events.",
                (({"route": route, "method": method}, histogram) for (route, method), histogram in by_route.items()),
            ),
            *family(
                "shopkeeper_runs_total",
                "counter",
                "Runs of scheduled jobs and of consumers of streams.",
                (({"job": job, "outcome": outcome}, runs) for (job, outcome), runs in sorted(self._runs.items())),
            ),
            *family(
                "shopkeeper_events_total",
                "counter",
                "What requests and runs did, by the names of the metrics on CloudWatch.",
                (({"event": name}, count) for name, currency, count in done if not currency and name not in SUMS),
            ),
            *(
                line
                for name, currency, count in done
                if name in SUMS and not currency
                for line in single(SUMS[name][0], "counter", SUMS[name][1], count)
            ),
            *family(
                "shopkeeper_revenue_minor_total",
                "counter",
                "The totals of accepted orders, in minor units of their currency.",
                (({"currency": currency}, count) for name, currency, count in done if name == "Revenue"),
            ),
        ]

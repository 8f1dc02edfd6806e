"""The endpoints of the visitor counter."""

from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.domains.visits.model import (
    CountedVisit,
    CounterHealthy,
    CounterParameters,
    CounterUnhealthy,
    UnknownCounter,
    Visit,
)
from shopkeeper.domains.visits.service import VisitCounter
from shopkeeper.http import Call, Nothing, RateLimit, Reply, endpoint
from shopkeeper.storage import StoreError

VISITS = RateLimit("visits", requests=6000, seconds=600)


@endpoint("GET /counter", safe=False, limits=(VISITS,))
def count_visit(counter: VisitCounter, call: Call[Nothing, Nothing]) -> Reply[CountedVisit]:
    """Count a visit of the site.

    Returns the new count. Every request counts, so call it once for each visit. It needs no credentials.
    """
    return _counted(counter.count(), call.request.request_id)


@endpoint("GET /counter/{counter_id}", errors=(UnknownCounter,), safe=False, limits=(VISITS,))
def count_page_visit(counter: VisitCounter, call: Call[CounterParameters, Nothing]) -> Reply[CountedVisit]:
    """Count a visit of a named page.

    Returns the new count of that page. The setting `COUNTER_IDS` says which names there are; any other is a 404.
    """
    return _counted(counter.count(call.parameters.counter_id), call.request.request_id)


@endpoint("GET /health", responses={503: CounterUnhealthy})
def check_counter(counter: VisitCounter, _: Call[Nothing, Nothing]) -> Reply[CounterHealthy | CounterUnhealthy]:
    """Return whether the counter works.

    It reads the counter and never counts. The status is 503 if the counter cannot be read.
    """
    try:
        value = counter.read()
    except StoreError as error:
        timestamp = rfc3339(utc_now())
        unhealthy = CounterUnhealthy(error="The counter's table cannot be read.", timestamp=timestamp)
        return Reply(unhealthy, status=503, error=error)
    return Reply(CounterHealthy(counter_value=value, timestamp=rfc3339(utc_now())))


def _counted(visit: Visit, request_id: str) -> Reply[CountedVisit]:
    body = CountedVisit(count=visit.count, timestamp=visit.timestamp, request_id=request_id)
    return Reply(body, metrics={"Visits": 1})


ENDPOINTS = (count_visit, count_page_visit, check_counter)

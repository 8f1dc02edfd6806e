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
from shopkeeper.http import Call, Nothing, Reply, endpoint
from shopkeeper.storage import StoreError


def count_visit(counter: VisitCounter, call: Call[Nothing, Nothing]) -> Reply[CountedVisit]:
    """Count a visit of the site."""
    return _counted(counter.count(), call.request.request_id)


def count_page_visit(counter: VisitCounter, call: Call[CounterParameters, Nothing]) -> Reply[CountedVisit]:
    """Count a visit of a named page."""
    return _counted(counter.count(call.parameters.counter_id), call.request.request_id)


def check_counter(counter: VisitCounter, _: Call[Nothing, Nothing]) -> Reply[CounterHealthy | CounterUnhealthy]:
    """Read the site's counter, without counting."""
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


ENDPOINTS = (
    endpoint(
        "GET",
        "/counter",
        count_visit,
        summary="Count a visit of the site and return the new count",
        responses={200: CountedVisit},
        safe=False,
    ),
    endpoint(
        "GET",
        "/counter/{counter_id}",
        count_page_visit,
        summary="Count a visit of a named page and return its new count",
        parameters=CounterParameters,
        responses={200: CountedVisit},
        errors=(UnknownCounter,),
        safe=False,
    ),
    endpoint(
        "GET",
        "/health",
        check_counter,
        summary="Tell whether the counter can be read; never counts",
        responses={200: CounterHealthy, 503: CounterUnhealthy},
    ),
)

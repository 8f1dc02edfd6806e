"""Which events a function serves, what serves each kind of them, and which are refused.

The modules for schedules, streams and rotations are imported with the first such event.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Union

import msgspec

from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.http import Application
from shopkeeper.net.spans import Span, current_root
from shopkeeper.runtime.lambda_.answers import Answer, answered
from shopkeeper.runtime.lambda_.http import ProxyEvent
from shopkeeper.runtime.telemetry.log import Telemetry

if TYPE_CHECKING:
    from shopkeeper.runtime.lambda_.payload_two import PayloadTwoEvent

    HttpEvent = Union[ProxyEvent, PayloadTwoEvent]

Event = Mapping[str, Any]

FOREIGN = frozenset(
    {
        *("Records", "records", "detail-type", "detail", "source", "triggerSource", "awslogs", "invocationId"),
        *("methodArn", "routeArn", "identitySource", "authorizationToken", "eventSource", "eventSourceArn"),
    }
)
"""Fields of other events: queues, topics, streams, buckets, buses, triggers, logs, authorizers."""

PROXY_FIELDS = frozenset(ProxyEvent.__struct_encode_fields__)
MOST_SHOWN = 60


class UnsupportedEvent(Exception):
    """The function does not serve the event. The invocation fails, and its caller sees that."""

    def __init__(self, what: str) -> None:
        super().__init__(f"This function does not serve what it was sent: {what}.")


class Host(msgspec.Struct, frozen=True):
    """A function on Lambda, with everything that outlives an invocation.

    `first_path` is that of its first endpoint, empty for a function without endpoints.
    """

    function: Function
    resources: Resources
    application: Application
    telemetry: Telemetry
    first_path: str

    @property
    def fronted(self) -> bool:
        """Whether its Function URL, if it has one, is the distribution's alone."""
        return self.resources.settings.front == "distribution"


Run = Callable[[str], object]
"""Serves one event, under the id of its invocation, and returns the reply. Raises what a job or a consumer raises."""


def run_of(host: Host, event: object) -> Run:
    """Return what serves an event. Raises UnsupportedEvent if the function does not."""
    if isinstance(event, dict):
        for kind in KINDS:
            run = kind(host, event)
            if run is not None:
                return run
    raise UnsupportedEvent(_described(event))


def _http(host: Host, event: Event) -> Run | None:
    call = read_http(event) if host.first_path else None
    return None if call is None else partial(_answer, host, call)


def _schedule(host: Host, event: Event) -> Run | None:
    if event.keys() != {"schedule"}:
        return None
    from shopkeeper.runtime.lambda_.schedule import schedule_run

    return schedule_run(host, event["schedule"])


def _stream(host: Host, event: Event) -> Run | None:
    if event.keys() != {"Records"} or not host.function.streams:
        return None
    from shopkeeper.runtime.lambda_.stream import stream_run

    return stream_run(host, event["Records"])


def _rotation(host: Host, event: Event) -> Run | None:
    rotation = host.function.rotation
    if rotation is None or "Step" not in event:
        return None
    from shopkeeper.runtime.lambda_.rotation import rotation_run

    return rotation_run(host, rotation, event)


KINDS: tuple[Callable[[Host, Event], Run | None], ...] = (_http, _schedule, _stream, _rotation)
"""Each returns what serves an event, or None for an event that is not of its kind or that is not declared."""


def _answer(host: Host, call: "HttpEvent", invocation_id: str) -> Answer:
    began = time.monotonic()
    with Span("read"):
        request = call.request(host.first_path, invocation_id, fronted=host.fronted)
    with Span("answer"):
        response, answer = answered(host.application, call, request)
    with Span("log"):
        host.telemetry.record(request, response, time.monotonic() - began)
    if (root := current_root()) is not None:
        root.facts["status"] = response.status
        if (route := host.application.route_of(request)) is not None:
            root.facts["route"] = f"{request.method} {route.endpoint.path}"
    return answer


def read_http(event: Event) -> "HttpEvent | None":
    """Return an HTTP request as the kind of event that it is, None for an event that is no HTTP request.

    Raises UnsupportedEvent for one that is not well formed.
    """
    kind = _http_kind(event)
    try:
        return None if kind is None else msgspec.convert(event, kind)
    except msgspec.ValidationError as error:
        raise UnsupportedEvent(f"an HTTP request that is not well formed: {error}") from None


def _http_kind(event: Event) -> "type[HttpEvent] | None":
    """Return the kind of an HTTP request; most functions only ever meet one, and load no other."""
    if not FOREIGN.isdisjoint(event):
        return None
    context = _context_of(event)
    if event.get("version") == "2.0" and "http" in context:
        from shopkeeper.runtime.lambda_.payload_two import PayloadTwoEvent

        return PayloadTwoEvent
    if "elb" in context and isinstance(event.get("path"), str):
        from shopkeeper.runtime.lambda_.balancer import BalancerEvent

        return BalancerEvent
    if context and not isinstance(event.get("path"), str):
        return None  # of a WebSocket, for example
    # A gateway's event may hold fields that nobody knows yet; a direct one has a gateway's fields and no other.
    is_gateways = bool(context) and "resource" in event and "httpMethod" in event
    return ProxyEvent if is_gateways or event.keys() <= PROXY_FIELDS else None


def _context_of(event: Event) -> Event:
    context = event.get("requestContext")
    return context if isinstance(context, dict) else {}


def _described(event: object) -> str:
    """Say what an event is, by the names that its source gives it."""
    if not isinstance(event, dict):
        return f"{type(event).__name__} instead of an object"
    if event.keys() == {"schedule"}:
        return f"the schedule {event['schedule']!r:.{MOST_SHOWN}}"
    records = event.get("Records")
    record = records[0] if isinstance(records, list) and records and isinstance(records[0], dict) else {}
    names = (
        *(record.get("eventSource"), record.get("EventSource"), event.get("eventSource")),
        *(event.get("source"), event.get("triggerSource")),
    )
    source = next((name for name in names if isinstance(name, str)), None)
    if source:
        return f"an event of {source[:MOST_SHOWN]}"
    telling = sorted(FOREIGN & event.keys()) or [name for name in event if name not in PROXY_FIELDS] or event
    return f"an object with the fields {', '.join(map(str, telling))[:MOST_SHOWN]}"

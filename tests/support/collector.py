"""A collector of traces: it takes them by OTLP over HTTP, and reads them with OpenTelemetry's own messages."""

import time
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from tests.support.faults import Behaviour, FaultyServer, answers

WITHIN_SECONDS = 60.0
SOON = {"OTEL_BSP_SCHEDULE_DELAY": "20"}
"""Spans are sent 20 ms after they have ended."""

Value = str | int | bool


class Told(msgspec.Struct, frozen=True):
    """A span as it was sent. Ids are in hexadecimal; `parent` is empty for the first of a trace."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent: str
    attributes: dict[str, Value]
    has_failed: bool
    began: int
    ended: int
    state: str


class Collector(FaultyServer):
    """Takes traces while its block is entered, unless it is to behave otherwise."""

    def __init__(self, *behaviours: Behaviour) -> None:
        super().__init__(*(behaviours or (answers(200, b"", Content_Type="application/x-protobuf"),)))

    @property
    def variables(self) -> dict[str, str]:
        """The variables with which a server sends its traces here."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, **SOON}

    @property
    def sent(self) -> bytes:
        """Everything that came, as it came."""
        return b"".join(request.header + request.body for request in list(self.requests))

    def batches(self) -> list[ExportTraceServiceRequest]:
        """Return what came, read."""
        return [ExportTraceServiceRequest.FromString(request.body) for request in list(self.requests)]

    def resource(self) -> dict[str, Value]:
        """Return what the first batch says of its sender."""
        return _values(self.batches()[0].resource_spans[0].resource.attributes)

    def spans(self) -> list[Told]:
        """Return all spans that came, in the order in which they ended."""
        return [
            _told(span)
            for batch in self.batches()
            for of_resource in batch.resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]

    def named(self, name: str) -> Told:
        """Return the first span of a name; wait for it if need be."""
        return self.first(lambda span: span.name == name, name)

    def first(self, is_it: Callable[[Told], bool], what: str) -> Told:
        """Return the first span that is meant; wait for it if need be."""
        ends = time.monotonic() + WITHIN_SECONDS
        while time.monotonic() < ends:
            for span in self.spans():
                if is_it(span):
                    return span
            time.sleep(0.02)
        raise AssertionError(f"no span {what}: {[span.name for span in self.spans()]}")

    def parts(self, of: Told) -> list[Told]:
        """Return the parts of a span that came already."""
        return [span for span in self.spans() if span.parent == of.span_id]


def port_of(url: str) -> int:
    """Return the port of a URL."""
    return urlsplit(url).port or 0


def _told(span: trace_pb2.Span) -> Told:
    return Told(
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        attributes=_values(span.attributes),
        has_failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        began=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        state=span.trace_state,
    )


def _values(pairs: Iterable[KeyValue]) -> dict[str, Value]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "") for pair in pairs}

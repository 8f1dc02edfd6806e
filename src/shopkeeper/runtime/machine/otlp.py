"""Traces by OpenTelemetry's SDK, sent by OTLP over HTTP. It is imported only where they are wanted.

The SDK's sampler decides what is traced, and its batch processor sends, in a thread of its own and from a queue that
drops the oldest spans. The spans themselves are made here when they have ended: the SDK's tracer would take 49 µs for
each instead of 7, most of it for locks and limits that spans of ours do not need.
"""

import threading
from collections.abc import Callable

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    NoOpTracer,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    format_trace_id,
    get_current_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shopkeeper import __version__
from shopkeeper.errors import ConfigurationError
from shopkeeper.http import Request, Response
from shopkeeper.http.forwarding import is_trusted
from shopkeeper.net.spans import Call, Span
from shopkeeper.runtime.machine.conventions import (
    Attributes,
    part_attributes,
    part_fault,
    part_name,
    request_attributes,
    request_fault,
    request_name,
)
from shopkeeper.runtime.machine.faults import Faults
from shopkeeper.runtime.machine.trace import NoTrace, Trace
from shopkeeper.trace_settings import TraceSettings

SERVICE = "shopkeeper"
FLUSHES_WITHIN_SECONDS = 3.0
"""How long the end of the server waits for the collector."""

SAMPLED = TraceFlags(TraceFlags.SAMPLED)
WELL = Status(StatusCode.UNSET)
BADLY = Status(StatusCode.ERROR)
NANOSECONDS = 1_000_000_000
_NO_PARENT = Context()


class OtlpTrace(Trace):
    """A trace, with what OpenTelemetry calls it, whom it continues, and what its root's span says at the end."""

    __slots__ = ("attributes", "context", "fault", "kind", "parent")

    def __init__(
        self,
        name: str,
        kind: SpanKind,
        context: SpanContext,
        parent: SpanContext | None,
        name_part: Callable[[], int],
        tell: Callable[[Trace, Span], None],
    ) -> None:
        super().__init__(name, format_trace_id(context.trace_id), context.span_id, name_part, tell)
        self.kind = kind
        self.context = context
        self.parent = parent
        self.attributes: Attributes = {}
        self.fault = ""


class Otlp:
    """See `tracing.Tracing`."""

    def __init__(self, traces: TraceSettings, provider: TracerProvider, faults: Faults) -> None:
        self._provider = provider
        self._ids = provider.id_generator
        self._faults = faults
        self._believed = traces.believed
        self._scope = InstrumentationScope(SERVICE, __version__)
        self._processor = BatchSpanProcessor(OTLPSpanExporter())
        self._parents = TraceContextTextMapPropagator()

    def of_request(self, request: Request, peer: str) -> Trace | NoTrace:
        """See `Tracing.of_request`."""
        return self._begin(request.method, SpanKind.SERVER, self._around(request, peer))

    def answered(self, trace: Trace | NoTrace, request: Request, route: str, response: Response) -> None:
        """See `Tracing.answered`."""
        if isinstance(trace, OtlpTrace):
            trace.name = request_name(request, route)
            trace.attributes = request_attributes(request, route, response)
            trace.fault = request_fault(response)
            trace.end()

    def of_run(self, trigger: str, name: str) -> Trace | NoTrace:
        """See `Tracing.of_run`."""
        trace = self._begin(f"{trigger} {name}", SpanKind.INTERNAL, _NO_PARENT)
        if isinstance(trace, OtlpTrace):
            trace.attributes = {f"shopkeeper.{trigger}": name}
        return trace

    def ran(self, trace: Trace | NoTrace, failure: Exception | None) -> None:
        """See `Tracing.ran`."""
        if isinstance(trace, OtlpTrace):
            if failure is not None:
                trace.fault = trace.attributes["error.type"] = type(failure).__name__
            trace.end()

    def when_it_fails(self, tell: Callable[[str], None]) -> None:
        """See `Tracing.when_it_fails`."""
        self._faults.once(tell)

    def close(self) -> None:
        """See `Tracing.close`."""
        self._faults.close()
        ending = threading.Thread(target=self._processor.shutdown, name="traces", daemon=True)
        ending.start()
        ending.join(FLUSHES_WITHIN_SECONDS)

    def _around(self, request: Request, peer: str) -> Context:
        """Return what a request continues, nothing unless its `traceparent` is believed."""
        if "traceparent" not in request.headers or not is_trusted(peer, self._believed):
            return _NO_PARENT
        return self._parents.extract(request.headers, _NO_PARENT)

    def _begin(self, name: str, kind: SpanKind, around: Context) -> Trace | NoTrace:
        """Begin a trace, or a part of a caller's, if the sampler wants it."""
        found = get_current_span(around).get_span_context()
        parent = found if found.is_valid else None
        trace_id = self._ids.generate_trace_id() if parent is None else parent.trace_id
        decided = self._provider.sampler.should_sample(around, trace_id, name, kind)
        if decided.decision is not Decision.RECORD_AND_SAMPLE:
            return NoTrace()
        state = decided.trace_state
        context = SpanContext(trace_id, self._ids.generate_span_id(), False, SAMPLED, state)
        return OtlpTrace(name, kind, context, parent, self._ids.generate_span_id, self._tell)

    def _tell(self, trace: Trace, span: Span) -> None:
        """Queue the span of a whole trace, or of a part of one."""
        if isinstance(trace, OtlpTrace):
            self._processor.on_end(self._root(trace) if span is trace else self._part(trace, span))

    def _root(self, trace: OtlpTrace) -> ReadableSpan:
        attributes = trace.attributes | ({"shopkeeper.left_out": trace.left_out} if trace.left_out else {})
        return self._span(trace, trace.name, trace.context, trace.parent, trace.kind, attributes, trace.fault)

    def _part(self, trace: OtlpTrace, part: Span) -> ReadableSpan:
        context, around = _context(trace, part), _context(trace, part.around or trace)
        kind = SpanKind.CLIENT if isinstance(part, Call) else SpanKind.INTERNAL
        return self._span(part, part_name(part), context, around, kind, part_attributes(part), part_fault(part))

    def _span(
        self,
        span: Span,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        kind: SpanKind,
        attributes: Attributes,
        fault: str,
    ) -> ReadableSpan:
        return ReadableSpan(
            name=name,
            context=context,
            parent=parent,
            resource=self._provider.resource,
            attributes=attributes,
            kind=kind,
            status=BADLY if fault else WELL,
            start_time=_nanoseconds(span.began),
            end_time=_nanoseconds(span.ended),
            instrumentation_scope=self._scope,
        )


def open_otlp(traces: TraceSettings, stage: str, warn: Callable[[str], None]) -> Otlp | None:
    """Return what sends traces, None where OTEL_SDK_DISABLED says that nothing is sent.

    `warn` is called with what the SDK says of its variables. Raises ConfigurationError for those that it cannot use.
    """
    faults = Faults(warn)
    try:
        provider = TracerProvider(resource=_resource(stage), shutdown_on_exit=False)
        if isinstance(provider.get_tracer(SERVICE), NoOpTracer):
            return None
        return Otlp(traces, provider, faults)
    except (ValueError, OSError) as error:
        raise ConfigurationError(f"OpenTelemetry cannot use its variables: {error}") from None


def _resource(stage: str) -> Resource:
    """Return what is told of this process. The SDK's variables go first."""
    ours = {
        "service.name": SERVICE,
        "service.version": __version__,
        "deployment.environment.name": stage,
    }
    return Resource.create({**ours, **OTELResourceDetector().detect().attributes})


def _context(trace: OtlpTrace, span: Span) -> SpanContext:
    return SpanContext(trace.context.trace_id, span.span_id, False, SAMPLED, trace.context.trace_state)


def _nanoseconds(moment: float) -> int:
    return int(moment * NANOSECONDS)

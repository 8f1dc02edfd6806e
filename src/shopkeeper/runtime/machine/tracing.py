"""Whether one machine is traced. It is where a variable of OpenTelemetry says to whom, and only then is it imported."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Protocol

from shopkeeper.errors import ConfigurationError
from shopkeeper.http import Request, Response
from shopkeeper.runtime.machine.trace import NoTrace, Trace
from shopkeeper.trace_settings import TraceSettings

NEEDED = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter")
"""What the extra `otel` installs."""


class Tracing(Protocol):
    """Makes traces, and tells of them in a thread of its own. It never blocks and never raises."""

    def of_request(self, request: Request, peer: str) -> Trace | NoTrace:
        """Begin the trace of a request that came from the address `peer`."""
        ...

    def answered(self, trace: Trace | NoTrace, request: Request, route: str, response: Response) -> None:
        """End it. `route` is the template of the path, empty for one that is not declared."""
        ...

    def of_run(self, trigger: str, name: str) -> Trace | NoTrace:
        """Begin the trace of a run of a schedule or of a stream."""
        ...

    def ran(self, trace: Trace | NoTrace, failure: Exception | None) -> None:
        """End it. A run whose trace is not ended is not told."""
        ...

    def when_it_fails(self, tell: Callable[[str], None]) -> None:
        """From now on `tell` is called with the first reason why traces are lost, in any thread, and only once."""
        ...

    def close(self) -> None:
        """Tell of what has ended, and wait for that for a few seconds at most. Called once, not by the loop."""
        ...


def require_extra(traces: TraceSettings) -> None:
    """Raise ConfigurationError if traces are wanted, and what sends them is not installed."""
    if traces.where and not all(map(_is_installed, NEEDED)):
        raise ConfigurationError(
            f"{traces.variable} is set, but OpenTelemetry is not installed: run `pip install 'shopkeeper[otel]'`, or "
            "remove the variable."
        )


def open_tracing(traces: TraceSettings, stage: str, warn: Callable[[str], None]) -> Tracing | None:
    """Return what traces this machine, None if nothing is traced. `warn` is called with what OpenTelemetry says of its
    variables.

    Raises ConfigurationError.
    """
    if not traces.where:
        return None
    require_extra(traces)
    from shopkeeper.runtime.machine.otlp import open_otlp

    return open_otlp(traces, stage, warn)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package that it is in
        return False

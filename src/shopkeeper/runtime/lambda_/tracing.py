"""Traces of invocations, where active tracing is on and Lambda has sampled an invocation.

What sends them is imported with the first such invocation.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shopkeeper.runtime.telemetry.xray import Recorder

DAEMON = "AWS_XRAY_DAEMON_ADDRESS"
TRACE = "_X_AMZN_TRACE_ID"
"""What Lambda sets, the latter anew at each invocation."""

Tracer = Callable[[], AbstractContextManager[object]]
"""Returns what is to be entered for an invocation."""


def tracer(environment: Mapping[str, str], stage: str) -> Tracer:
    """Return what traces the invocations of a function, as far as they are sampled. Tracing never raises."""
    address = environment.get(DAEMON, "")
    if not address:
        return nullcontext
    recorder: Recorder | None = None

    def trace() -> AbstractContextManager[object]:
        nonlocal recorder
        header = os.environ.get(TRACE, "")
        if "Sampled=1" not in header:
            return nullcontext()
        if recorder is None:
            from shopkeeper.runtime.telemetry.xray import Recorder

            recorder = Recorder(address, stage)
        return recorder.invocation(header) or nullcontext()

    return trace

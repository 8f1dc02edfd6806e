"""Traces of invocations, where active tracing is on and Lambda has sampled an invocation.

What sends them is imported with the first such invocation.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from shopkeeper.net.spans import Root

if TYPE_CHECKING:
    from shopkeeper.runtime.telemetry.xray import Daemon

DAEMON = "AWS_XRAY_DAEMON_ADDRESS"
TRACE = "_X_AMZN_TRACE_ID"
"""What Lambda sets, the latter anew at each invocation."""

NAME = "shopkeeper"

Tracer = Callable[[], AbstractContextManager[None]]
"""Returns what is to be entered for an invocation."""


def tracer(environment: Mapping[str, str], stage: str) -> Tracer:
    """Return what traces the invocations of a function, as far as they are sampled. Tracing never raises."""
    address = environment.get(DAEMON, "")
    if not address:
        return nullcontext
    daemon: Daemon | None = None

    def trace() -> AbstractContextManager[None]:
        nonlocal daemon
        header = os.environ.get(TRACE, "")
        if "Sampled=1" not in header:
            return nullcontext()
        from shopkeeper.runtime.telemetry.xray import Daemon, sampled

        ids = sampled(header)
        if ids is None:
            return nullcontext()
        daemon = daemon or Daemon(address)
        return _recorded(daemon, *ids, stage)

    return trace


@contextmanager
def _recorded(daemon: "Daemon", trace: str, parent: str, stage: str) -> Iterator[None]:
    from shopkeeper.runtime.telemetry.xray import document_of

    root = Root(NAME)
    root.facts["stage"] = stage
    try:
        with root:
            yield
    finally:
        daemon.send(document_of(root, trace, parent))

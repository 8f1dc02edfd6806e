"""The processor cores that a thread may run on.

Python runs one thread at a time. If threads are spread over cores, each switch wakes another core, which can take
longer than the work itself. A server whose threads share one core answers more requests
(docs/decisions/0019-one-core.md). Work outside Python's lock, such as hashing a password, may use any core.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_any: set[int] = set()
_shared: set[int] = set()


def pin_to_core() -> None:
    """Pin this thread, and the threads that it starts later, to one core. Does nothing if that is not allowed."""
    if sys.platform != "linux" or _shared:
        return
    allowed = sorted(os.sched_getaffinity(0))
    # The core is random, so that several servers on one machine, also in containers, use different cores.
    core = allowed[int.from_bytes(os.urandom(4), "big") % len(allowed)]
    with suppress(OSError):  # a sandbox may forbid it; this costs only speed
        os.sched_setaffinity(0, {core})
        _any.update(allowed)
        _shared.add(core)


@contextmanager
def any_core() -> Iterator[None]:
    """Let this thread run on any core within the block."""
    if not _shared:
        yield
        return
    _move(_any)
    try:
        yield
    finally:
        _move(_shared)


def _move(cores: set[int]) -> None:
    with suppress(OSError):  # these cores may no longer be available
        os.sched_setaffinity(0, cores)

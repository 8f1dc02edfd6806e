"""Which processor cores a thread may run on.

Python's threads run one at a time. Where they are spread over cores, each hand-over wakes another core, and
that can take longer than the work itself; a server whose threads share one core answers more requests
(docs/decisions/0019-one-core.md). Work that releases Python's lock, such as hashing a password, may use any core.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_any: set[int] = set()
_shared: set[int] = set()


def pin_to_core() -> None:
    """Keep this thread, and those that it starts from now on, to one core; to none where that is not allowed."""
    if sys.platform != "linux" or _shared:
        return
    allowed = sorted(os.sched_getaffinity(0))
    # A random one: servers on the same machine, in containers too, should not all take the first.
    core = allowed[int.from_bytes(os.urandom(4), "big") % len(allowed)]
    with suppress(OSError):  # a sandbox may forbid it, which costs speed alone
        os.sched_setaffinity(0, {core})
        _any.update(allowed)
        _shared.add(core)


@contextmanager
def any_core() -> Iterator[None]:
    """Let this thread run on any core for a while."""
    if not _shared:
        yield
        return
    _move(_any)
    try:
        yield
    finally:
        _move(_shared)


def _move(cores: set[int]) -> None:
    with suppress(OSError):  # the machine may have taken those cores away meanwhile, and chosen others
        os.sched_setaffinity(0, cores)

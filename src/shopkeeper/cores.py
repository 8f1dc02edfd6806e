"""Which processor cores a thread may run on.

Python's threads run one at a time. Where they are spread over cores, each hand-over wakes another core, and
that can take longer than the work itself; a server whose threads share one core answers more requests
(docs/decisions/0019-one-core.md). What runs beside Python, like the hash of a password, takes any core.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_any: set[int] = set()
_shared: set[int] = set()


def share_one() -> None:
    """Keep this thread, and those that it starts from now on, to one core; to none where a system cannot."""
    if sys.platform == "linux" and not _shared:
        _any.update(os.sched_getaffinity(0))
        # Not everybody's first: servers beside one another take different ones.
        _shared.add(sorted(_any)[os.getpid() % len(_any)])
        os.sched_setaffinity(0, _shared)


@contextmanager
def any_one() -> Iterator[None]:
    """Let this thread run on any core for a while."""
    if not _shared:
        yield
        return
    os.sched_setaffinity(0, _any)
    try:
        yield
    finally:
        os.sched_setaffinity(0, _shared)

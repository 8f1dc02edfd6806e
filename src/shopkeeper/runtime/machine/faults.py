"""What OpenTelemetry and its HTTP client say of themselves, by Python's `logging`, of which little is told."""

import logging
from collections.abc import Callable

LOGGERS = ("opentelemetry", "urllib3")
MOST_CHARACTERS = 300


class Faults(logging.Handler):
    """Takes every warning of these libraries. Before the server runs all are told, later only the first.

    A collector that is down would otherwise write a line for each batch.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        """`warn` is called with what is said before `once`."""
        super().__init__(logging.WARNING)
        self._tell = warn
        self._tells_once = False
        for name in LOGGERS:
            logger = logging.getLogger(name)
            logger.propagate = False
            logger.addHandler(self)

    def once(self, tell: Callable[[str], None]) -> None:
        """Call `tell` with the next warning, in the thread that it comes from, and with no other."""
        self._tell = tell
        self._tells_once = True

    def close(self) -> None:
        """Take no further warnings."""
        self._tell = _nothing
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`, whose lock is held by the caller."""
        tell = self._tell
        if self._tells_once:
            self._tell = _nothing
        tell(f"OpenTelemetry: {' '.join(record.getMessage().split())[:MOST_CHARACTERS]}")


def _nothing(_: str) -> None:
    """Tell nobody."""

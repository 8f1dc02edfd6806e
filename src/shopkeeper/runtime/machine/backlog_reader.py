"""Reads what waits in the data of a shop, for the metrics."""

import time
from collections.abc import Callable

from shopkeeper.functions.backlogs import BACKLOGS
from shopkeeper.runtime.telemetry.prometheus import single
from shopkeeper.storage import Store

BACKLOG_SECONDS = 10.0
"""How long the numbers are used again: several Prometheus servers cost no more than one."""


class BacklogReader:
    """Reads what waits in the data, at most once in ten seconds. It has a store of its own, so the loop goes on."""

    def __init__(self, store: Store, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self._lines: list[str] = []
        self._fresh_until = -1.0

    def lines(self) -> list[str]:
        """Return the numbers, or only that they cannot be read."""
        now = self._monotonic()
        if now >= self._fresh_until:
            self._lines = self._read()
            self._fresh_until = now + BACKLOG_SECONDS
        return self._lines

    def _read(self) -> list[str]:
        lines: list[str] = []
        is_readable = True
        for backlog in BACKLOGS:
            try:
                count = backlog.count(self._store)
            except Exception:  # noqa: BLE001  # an outage, or a record of another form: the other metrics are told
                is_readable = False
            else:
                lines += single(backlog.name, "gauge", backlog.meaning, count)
        readable = single("shopkeeper_data_readable", "gauge", "Whether all backlogs could be read.", is_readable)
        return [*readable, *lines]

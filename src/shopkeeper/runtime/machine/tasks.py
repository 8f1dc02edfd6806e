"""Schedules and streams on one machine: each is a thread of the worker, which does one run after the other."""

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import cast

import msgspec

from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Consumer, Job, Schedule, Stream
from shopkeeper.identifiers import uuid4
from shopkeeper.runtime.machine.additions import Additions, WatchedStore
from shopkeeper.runtime.machine.stopping import AtWork
from shopkeeper.runtime.telemetry.log import RunTrigger, Telemetry
from shopkeeper.storage import Store, Table

LONGEST_PAUSE_SECONDS = 60
"""How long a schedule may wait after a failure; each failure in a row doubles the pause up to this."""


class Tasks:
    """Runs every schedule and every stream of some functions, from `start` until `stop`.

    A failed run is logged, and the next one still comes. `resources` holds a store that tells the streams
    of what is added; whatever adds items must use it.
    """

    def __init__(self, functions: Iterable[Function], resources: Resources, telemetry: Telemetry, work: AtWork) -> None:
        """Build all jobs. Runs count as `work`, so that a stop waits for those that have begun."""
        functions = tuple(functions)
        schedules = [schedule for function in functions for schedule in function.schedules]
        streams = [(stream, Additions()) for function in functions for stream in function.streams]
        self.resources = _watched(resources, streams)
        self._telemetry = telemetry
        self._work = work
        self._stopping = threading.Event()
        self._additions = [additions for _, additions in streams]
        self._loops: list[Callable[[], None]] = [
            *(partial(self._repeat, schedule, schedule.build(self.resources)) for schedule in schedules),
            *(partial(self._consume, stream, stream.build(self.resources), waiting) for stream, waiting in streams),
        ]

    def start(self) -> None:
        """Begin with the first runs."""
        for loop in self._loops:
            threading.Thread(target=loop, name="task", daemon=True).start()

    def stop(self) -> None:
        """Start no further run. Running ones continue."""
        self._stopping.set()
        for additions in self._additions:
            additions.close()

    def _repeat(self, schedule: Schedule, job: Job) -> None:
        pause = 0
        while not self._stopping.wait(pause):
            if self._succeeds("schedule", schedule.name, job):
                pause = schedule.seconds
            else:
                pause = max(schedule.seconds, min(2 * max(pause, 1), LONGEST_PAUSE_SECONDS))

    def _consume(self, stream: Stream, consumer: Consumer, additions: Additions) -> None:
        while not self._stopping.is_set():
            if items := additions.take():
                self._succeeds("stream", stream.name, partial(consumer, items))
            if dropped := additions.take_dropped():
                self._telemetry.warn("stream items dropped", name=stream.name, items=dropped)

    def _succeeds(self, trigger: RunTrigger, name: str, job: Job) -> bool:
        """Do a run and return whether it succeeded."""
        try:
            with self._work:
                self._telemetry.record_run(trigger, name, uuid4(), job, quiet=True)
        except Exception:  # noqa: BLE001  # it is in the log
            return False
        return True


def _watched(resources: Resources, streams: list[tuple[Stream, Additions]]) -> Resources:
    """Return resources whose store tells the streams of what is added; the same ones where there are no streams."""
    if not streams:
        return resources
    watchers: dict[Table, list[Additions]] = {}
    for stream, additions in streams:
        watchers.setdefault(stream.table, []).append(additions)
    store = cast(Store, WatchedStore(resources.store, watchers))
    return msgspec.structs.replace(resources, store=store)

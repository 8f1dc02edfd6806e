"""Schedules and streams on one machine: each is a thread, which does one run after the other."""

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Consumer, Job, Schedule, Stream
from shopkeeper.identifiers import uuid4
from shopkeeper.runtime.machine.additions import Additions
from shopkeeper.runtime.machine.meters import Meters
from shopkeeper.runtime.machine.tracing import Tracing
from shopkeeper.runtime.telemetry.log import Run, RunTrigger, Telemetry, run_job

LONGEST_PAUSE_SECONDS = 60
"""How long a schedule may wait after a failure; each failure in a row doubles the pause up to this."""


class Tasks:
    """Runs every schedule and every stream of some functions, from `start` until `stop`.

    A failed run is logged, and the next one still comes.
    """

    def __init__(
        self,
        functions: Iterable[Function],
        resources: Resources,
        streams: Iterable[tuple[Stream, Additions]],
        telemetry: Telemetry,
        meters: Meters,
        tell: Callable[[Callable[[], None]], object],
        tracing: Tracing | None = None,
    ) -> None:
        """Build all jobs. `streams` come with what was added to their tables. `tell` lets the loop write log lines.

        Without `tracing` nothing is traced.
        """
        streams = tuple(streams)
        schedules = [schedule for function in functions for schedule in function.schedules]
        self._telemetry = telemetry
        self._meters = meters
        self._tell = tell
        self._tracing = tracing
        self._stopping = threading.Event()
        self._additions = [additions for _, additions in streams]
        loops: list[Callable[[], None]] = [
            *(partial(self._repeat, schedule, schedule.build(resources)) for schedule in schedules),
            *(partial(self._consume, stream, stream.build(resources), waiting) for stream, waiting in streams),
        ]
        self._threads = [threading.Thread(target=loop, name="task", daemon=True) for loop in loops]

    def start(self) -> None:
        """Begin with the first runs."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Start no further run. Running ones continue."""
        self._stopping.set()
        for additions in self._additions:
            additions.close()

    def join(self, seconds: float) -> None:
        """Wait until no run is left, at most for so long."""
        ends = time.monotonic() + seconds
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, ends - time.monotonic()))

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
                self._tell(partial(self._telemetry.warn, "stream items dropped", name=stream.name, items=dropped))

    def _succeeds(self, trigger: RunTrigger, name: str, job: Job) -> bool:
        """Do a run and return whether it succeeded."""
        run, trace_id = self._run(trigger, name, job)
        self._tell(partial(self._record, trigger, name, run, trace_id))
        return run.failure is None

    def _run(self, trigger: RunTrigger, name: str, job: Job) -> tuple[Run, str]:
        """Do a run. Return what came of it and the id of its trace, empty for none.

        Like its log line, the trace of a run that had nothing to do is left out.
        """
        if self._tracing is None:
            return run_job(job), ""
        trace = self._tracing.of_run(trigger, name)
        with trace:
            run = run_job(job)
        if not run.metrics and run.failure is None:
            return run, ""
        self._tracing.ran(trace, run.failure)
        return run, trace.trace_id

    def _record(self, trigger: RunTrigger, name: str, run: Run, trace_id: str) -> None:
        self._telemetry.record_outcome(trigger, name, uuid4(), run, quiet=True, trace_id=trace_id)
        self._meters.run(name, run.metrics, failed=run.failure is not None)

"""Group commit: one writer at a time, many operations to one COMMIT, each undone by itself if it fails.

An operation's answer leaves only after the COMMIT that holds it has reached the disk, so nothing that
was answered is lost by a killed process or a power cut, and one flush to disk serves all who wait for it.
"""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from shopkeeper.storage.errors import StoreUnavailable
from shopkeeper.storage.sqlite.batch import Batch

T = TypeVar("T")

MAX_BATCH = 512
PATIENCE_SECONDS = 5.0


class Job(Generic[T]):
    """An operation on its way through the writer, and afterwards its outcome."""

    def __init__(self, operation: Callable[[Batch], T]) -> None:
        self._operation = operation
        self._claim = threading.Lock()
        self._done = threading.Lock()
        self._done.acquire()
        self._result: T | None = None
        self._error: BaseException | None = None

    def claim(self) -> bool:
        """Return True to the first that asks: to the writer, which begins, or to a caller that gives up."""
        return self._claim.acquire(blocking=False)

    def run(self, batch: Batch) -> None:
        """Do the operation and keep its outcome; only a fault of the database itself is raised."""
        try:
            self._result = batch.run(self._operation)
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001  # it is its caller's, and raised there
            self._error = error

    @property
    def result(self) -> T | None:
        """What the operation returned, None if it did not."""
        return None if self._error is not None else self._result

    def finish(self, error: BaseException | None = None) -> None:
        """Let the caller go on, with `error` if the batch as a whole failed."""
        self._error = error or self._error
        self._done.release()

    def wait(self) -> T:
        """Return the operation's result after its COMMIT, or raise its error."""
        if not self._done.acquire(timeout=PATIENCE_SECONDS):
            if self.claim():
                raise StoreUnavailable("the data file is busy; the operation was not begun")
            if not self._done.acquire(timeout=PATIENCE_SECONDS):
                raise StoreUnavailable("the data file did not answer; the operation may have been applied")
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # set by run, unless there was an error


class Writer:
    """The one connection that writes to a data file, and the thread that uses it for all who would wait."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        check: Callable[[], None],
        chore: Callable[[Batch], bool],
        chore_seconds: float,
    ) -> None:
        """Start the thread on `connection`.

        `check` is called before each COMMIT, and stops it by raising StoreUnavailable. `chore` is done at once
        and then every `chore_seconds`; it does a little at a time and returns whether there is more of it, and
        what is queued goes between.
        """
        self._connection = connection
        self._check = check
        self._chore = chore
        self._chore_seconds = chore_seconds
        self._jobs: queue.SimpleQueue[Job[object] | None] = queue.SimpleQueue()
        self._turn = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def do(self, operation: Callable[[Batch], T]) -> T:
        """Run `operation` in the next batch and return its result once that is on the disk.

        Where nobody else writes, the caller's own thread does: waking another costs more than it saves.
        Raises whatever the operation raised, after undoing it, or StoreUnavailable.
        """
        if self._closed:
            raise StoreUnavailable("the store is closed")
        job = Job(operation)
        if self._jobs.empty() and self._turn.acquire(blocking=False):
            try:
                self._commit([job])  # type: ignore[list-item]  # Job is invariant; nobody looks at the result here
            finally:
                self._turn.release()
        else:
            self._jobs.put(job)  # type: ignore[arg-type]  # the same
        return job.wait()

    def close(self) -> None:
        """Finish what is queued, then stop the thread and close the connection."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()
            with self._turn:
                self._connection.close()

    def _run(self) -> None:
        next_chore = 0.0
        while True:
            if time.monotonic() >= next_chore:
                job = Job(self._chore)
                with self._turn:
                    self._commit([job])  # type: ignore[list-item]  # Job is invariant
                next_chore = time.monotonic() + (0 if job.result else self._chore_seconds)
            jobs = self._next_jobs(next_chore - time.monotonic())
            if jobs is None:
                return
            with self._turn:
                self._commit([job for job in jobs if job.claim()])

    def _next_jobs(self, patience: float) -> list[Job[object]] | None:
        """Return what is queued, [] if nothing came for `patience` seconds, None when it is time to stop."""
        jobs: list[Job[object]] = []
        try:
            while len(jobs) < MAX_BATCH:
                job = self._jobs.get_nowait() if jobs else self._jobs.get(timeout=max(patience, 0.001))
                if job is None:
                    if jobs:
                        self._jobs.put(None)
                        break
                    return None
                jobs.append(job)
        except queue.Empty:
            pass
        return jobs

    def _commit(self, jobs: list[Job[object]]) -> None:
        if not jobs:
            return
        outage: StoreUnavailable | None = None
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            batch = Batch(self._connection)
            for job in jobs:
                job.run(batch)
            batch.flush()
            self._check()
            self._connection.execute("COMMIT")
        except StoreUnavailable as error:
            outage = error
            self._undo()
        except BaseException as error:
            outage = StoreUnavailable(f"the data file could not be written: {type(error).__name__}: {error}")
            self._undo()
            if not isinstance(error, Exception):
                raise  # Ctrl-C, in a caller's own thread
        finally:
            for job in jobs:
                job.finish(outage)

    def _undo(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except Exception:  # noqa: BLE001, S110
            pass  # the database undoes an unfinished transaction by itself when it is next opened

"""Group commit: one writer at a time, many operations in one COMMIT. A failed operation is undone separately.

An operation returns only after its COMMIT is on disk, so neither a killed process nor a power failure loses an
acknowledged write. All operations of a batch share one flush to disk.
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
    """An operation for the writer, and its result once it is done."""

    def __init__(self, operation: Callable[[Batch], T]) -> None:
        self._operation = operation
        self._claim = threading.Lock()
        self._done = threading.Lock()
        self._done.acquire()
        self._result: T | None = None
        self._error: BaseException | None = None

    def claim(self) -> bool:
        """Return True to the first caller of this method: the writer before it begins, or a caller that gives up."""
        return self._claim.acquire(blocking=False)

    def run(self, batch: Batch) -> None:
        """Run the operation and keep its result or error. Only errors of the database are raised."""
        try:
            self._result = batch.run(self._operation)
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001  # raised in the caller's thread, by `wait`
            self._error = error

    @property
    def result(self) -> T | None:
        """The result of the operation, or None if it raised."""
        return None if self._error is not None else self._result

    def finish(self, error: BaseException | None = None) -> None:
        """Wake the caller. `error` is set if the whole batch failed."""
        self._error = error or self._error
        self._done.release()

    def wait(self) -> T:
        """Return the operation's result after its COMMIT. Raises the operation's error."""
        if not self._done.acquire(timeout=PATIENCE_SECONDS):
            if self.claim():
                raise StoreUnavailable("the data file is busy; the operation was not started")
            if not self._done.acquire(timeout=PATIENCE_SECONDS):
                raise StoreUnavailable("the data file did not respond; the operation may have been applied")
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # set by run, unless there was an error


class Writer:
    """The only connection that writes to a data file, and the thread that writes for waiting callers."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        check: Callable[[], None],
        chore: Callable[[Batch], bool],
        chore_seconds: float,
    ) -> None:
        """Start the thread on `connection`.

        `check` is called before each COMMIT; if it raises StoreUnavailable, nothing is committed. `chore` runs at
        start and then every `chore_seconds`. It does a small part of its work and returns whether more is left.
        Queued operations run between the parts.
        """
        self._connection = connection
        self._check = check
        self._chore = chore
        self._chore_seconds = chore_seconds
        self._jobs: queue.SimpleQueue[Job[object] | None] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def do(self, operation: Callable[[Batch], T]) -> T:
        """Run `operation` in the next batch and return its result once it is on disk.

        If no other operation is being written, the caller's own thread writes: waking another thread costs more than
        it saves. Raises the operation's error, after undoing the operation, or StoreUnavailable.
        """
        if self._closed:
            raise StoreUnavailable("the store is closed")
        job = Job(operation)
        if self._jobs.empty() and self._writing.acquire(blocking=False):
            try:
                self._commit([job])  # type: ignore[list-item]  # Job is invariant; the result is not read here
            finally:
                self._writing.release()
        else:
            self._jobs.put(job)  # type: ignore[arg-type]  # the same
        return job.wait()

    def close(self) -> None:
        """Finish the queued operations, stop the thread and close the connection."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()
            with self._writing:
                self._connection.close()

    def _run(self) -> None:
        next_chore = 0.0
        while True:
            if time.monotonic() >= next_chore:
                job = Job(self._chore)
                with self._writing:
                    self._commit([job])  # type: ignore[list-item]  # Job is invariant
                next_chore = time.monotonic() + (0 if job.result else self._chore_seconds)
            jobs = self._next_jobs(next_chore - time.monotonic())
            if jobs is None:
                return
            with self._writing:
                self._commit([job for job in jobs if job.claim()])

    def _next_jobs(self, patience: float) -> list[Job[object]] | None:
        """Return the queued jobs, [] if none arrived within `patience` seconds, or None to stop."""
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
            pass  # SQLite rolls back an unfinished transaction when the file is opened again

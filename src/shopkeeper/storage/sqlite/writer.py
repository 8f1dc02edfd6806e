"""Group commit: one thread that writes, many operations to one COMMIT, each under its own savepoint.

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

T = TypeVar("T")

MAX_BATCH = 512
PATIENCE_SECONDS = 5.0


class Job(Generic[T]):
    """An operation on its way through the writer, and afterwards its outcome."""

    def __init__(self, operation: Callable[[sqlite3.Connection], T]) -> None:
        self._operation = operation
        self._claim = threading.Lock()
        self._done = threading.Lock()
        self._done.acquire()
        self._result: T | None = None
        self._error: BaseException | None = None

    def claim(self) -> bool:
        """Return True to the first that asks: to the writer, which begins, or to a caller that gives up."""
        return self._claim.acquire(blocking=False)

    def run(self, connection: sqlite3.Connection) -> None:
        """Do the operation and keep its outcome; only a fault of the database itself is raised."""
        try:
            self._result = self._operation(connection)
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001  # it is its caller's, and raised there
            self._error = error

    @property
    def result(self) -> T | None:
        """What the operation returned, None if it did not."""
        return None if self.failed else self._result

    @property
    def failed(self) -> bool:
        """Whether what the operation wrote must be undone."""
        return self._error is not None

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
    """The one thread that writes to a data file."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        chore: Callable[[sqlite3.Connection], bool],
        chore_seconds: float,
    ) -> None:
        """Start the thread on `connection`; `chore` is done at once and then every `chore_seconds`.

        A chore does a little at a time and returns whether there is more of it; what is queued goes between.
        """
        self._connection = connection
        self._chore = chore
        self._chore_seconds = chore_seconds
        self._jobs: queue.SimpleQueue[Job[object] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def do(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run `operation` in the next batch and return its result once that is on the disk.

        Raises whatever the operation raised, after undoing it, or StoreUnavailable.
        """
        if self._closed:
            raise StoreUnavailable("the store is closed")
        job = Job(operation)
        self._jobs.put(job)  # type: ignore[arg-type]  # Job is invariant; the writer ignores the result
        return job.wait()

    def close(self) -> None:
        """Finish what is queued, then stop the thread and close the connection."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()
            self._connection.close()

    def _run(self) -> None:
        next_chore = 0.0
        while True:
            if time.monotonic() >= next_chore:
                job = Job(self._chore)
                self._commit([job])  # type: ignore[list-item]  # Job is invariant
                next_chore = time.monotonic() + (0 if job.result else self._chore_seconds)
            batch = self._next_batch(next_chore - time.monotonic())
            if batch is None:
                return
            self._commit([job for job in batch if job.claim()])

    def _next_batch(self, patience: float) -> list[Job[object]] | None:
        """Return what is queued, [] if nothing came for `patience` seconds, None when it is time to stop."""
        batch: list[Job[object]] = []
        try:
            while len(batch) < MAX_BATCH:
                job = self._jobs.get_nowait() if batch else self._jobs.get(timeout=max(patience, 0.001))
                if job is None:
                    if batch:
                        self._jobs.put(None)
                        break
                    return None
                batch.append(job)
        except queue.Empty:
            pass
        return batch

    def _commit(self, batch: list[Job[object]]) -> None:
        if not batch:
            return
        outage: StoreUnavailable | None = None
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for job in batch:
                self._connection.execute("SAVEPOINT operation")
                job.run(self._connection)
                if job.failed:
                    self._connection.execute("ROLLBACK TO operation")
                self._connection.execute("RELEASE operation")
            self._connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001  # this thread must not end: everyone waits for it
            outage = StoreUnavailable(f"the data file could not be written: {type(error).__name__}: {error}")
            self._undo()
        for job in batch:
            job.finish(outage)

    def _undo(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except Exception:  # noqa: BLE001, S110
            pass  # the database undoes an unfinished transaction by itself when it is next opened

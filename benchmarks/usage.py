"""What a running server uses: memory, processor time, and flushes to disk. Sources: proc(5) and strace(1)."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.25
IDLE_WITHIN_SECONDS = 5.0
FLUSHES = ("fsync", "fdatasync", "sync_file_range")
"""The calls with which a program has written data reach the disk."""


def processes(session: int) -> list[int]:
    """Return the ids of the processes of a session."""
    found = []
    for path in PROC.glob("[0-9]*"):
        with suppress(OSError):
            if int(_fields(int(path.name))[3]) == session:
                found.append(int(path.name))
    return found


def processor_seconds(session: int) -> float:
    """Return the processor time that the running processes of a session have used, of users and of the kernel."""
    total = 0
    for process in processes(session):
        with suppress(OSError):
            user, kernel = _fields(process)[11:13]
            total += int(user) + int(kernel)
    return total / TICKS


def await_idle(session: int) -> None:
    """Wait until a session has done what it still had to do, at most some seconds."""
    ends = time.monotonic() + IDLE_WITHIN_SECONDS
    used = processor_seconds(session)
    while time.monotonic() < ends:
        time.sleep(SAMPLE_SECONDS)
        before, used = used, processor_seconds(session)
        if used - before < SAMPLE_SECONDS / 10:
            break


def _fields(process: int) -> list[str]:
    """Return the fields of `stat` that follow the command, which may contain spaces: from the state on."""
    return (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()


def memory_mb(session: int) -> float:
    """Return the memory of a session in MB: the largest process in full, and what each other has for itself alone.

    So pages that its processes share count once, and pages shared with other programs, like the interpreter's, count
    in full, as when the server runs alone.
    """
    resident, alone = [], []
    for process in processes(session):
        with suppress(OSError):
            sizes = _sizes(process)
            resident.append(sizes["Rss"])
            alone.append(sizes["Private_Clean"] + sizes["Private_Dirty"])
    if not resident:
        return 0.0
    largest = resident.index(max(resident))
    return (resident[largest] + sum(alone) - alone[largest]) / 1024


def _sizes(process: int) -> dict[str, int]:
    """Return the sizes of `smaps_rollup` in KiB."""
    lines = (PROC / str(process) / "smaps_rollup").read_text().splitlines()[1:]
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}


@contextmanager
def sampled_memory(session: int) -> Iterator[list[float]]:
    """Return the memory in MB, sampled while the block runs."""
    samples: list[float] = []
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            samples.append(memory_mb(session))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


@contextmanager
def counted_flushes(session: int, report: Path) -> Iterator[None]:
    """Write to `report` how often a session's processes flush to disk while the block runs. Needs strace."""
    attached = [option for process in processes(session) for option in ("-p", str(process))]
    command = ["strace", "-f", "-c", "-e", f"trace={','.join(FLUSHES)}", "-o", str(report), *attached]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        process.stderr.readline()  # it says that it is attached
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)


def flushes(report: Path) -> int | None:
    """Return the number of flushes in a report of strace, None if it was not permitted to write one."""
    if not report.exists():
        return None
    rows = (line.split() for line in report.read_text().splitlines())
    return sum(int(row[3]) for row in rows if row and row[-1] in FLUSHES)


def can_count_flushes() -> bool:
    """Return whether strace is installed."""
    return shutil.which("strace") is not None

"""This process and its files, in Prometheus' format, under the names that Prometheus' own libraries use."""

import os
import platform
import resource
import time
from pathlib import Path

from shopkeeper import __version__
from shopkeeper.runtime.telemetry.prometheus import family, single


class Process:
    """The process, from the moment at which this is made."""

    def __init__(self, stage: str, data: Path | None) -> None:
        """`data` is the path of the data file, None for DynamoDB."""
        self._stage = stage
        self._data = data
        self._started = time.time()

    def lines(self) -> list[str]:
        """Return the version, what the process uses, and how much room its data takes. Linux tells the most."""
        about = {"version": __version__, "python": platform.python_version(), "stage": self._stage}
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return [
            *family("shopkeeper_build_info", "gauge", "The version that runs.", [(about, 1)]),
            *single("process_start_time_seconds", "gauge", "Start time, of the Unix epoch.", self._started),
            *single("process_cpu_seconds_total", "counter", "Processor time.", used.ru_utime + used.ru_stime),
            *single("process_max_fds", "gauge", "How many files may be open.", limit),
            *_resident_lines(),
            *(_data_lines(self._data) if self._data is not None else []),
        ]


def _resident_lines() -> list[str]:
    try:
        _, resident, *_ = Path("/proc/self/statm").read_text().split()
        files = sum(1 for _ in Path("/proc/self/fd").iterdir())
    except OSError:
        return []
    memory = int(resident) * os.sysconf("SC_PAGE_SIZE")
    return [
        *single("process_resident_memory_bytes", "gauge", "Resident memory.", memory),
        *single("process_open_fds", "gauge", "How many files are open.", files),
    ]


def _data_lines(data: Path) -> list[str]:
    try:
        disk = os.statvfs(data.parent)
        paths = {"data": data, "log": data.with_name(f"{data.name}-wal")}
        files = [({"file": name}, path.stat().st_size) for name, path in paths.items() if path.exists()]
    except OSError:
        return []
    free = disk.f_bavail * disk.f_frsize
    return [
        *family("shopkeeper_data_bytes", "gauge", "Size of the data file, and of SQLite's log beside it.", files),
        *single("shopkeeper_disk_free_bytes", "gauge", "Free room on the disk of the data file.", free),
    ]

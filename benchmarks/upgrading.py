"""Measures how long the first start after an upgrade from commit b8cfffd converts a data file, by its size."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.support.former import put_former_file
from tests.support.processes import clean_environment
from tests.support.tools import ROOT

MB = 1_000_000
CONVERT = """
import resource, sys, time
from pathlib import Path
from shopkeeper.storage.sqlite.migration import migrate
from shopkeeper.storage.tables import TABLES
began = time.monotonic()
assert migrate(Path(sys.argv[1]), TABLES)
print(time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
"""
"""`ru_maxrss` is in KiB on Linux."""


def measure(sizes_mb: tuple[int, ...]) -> dict[str, dict[str, float]]:
    """Return the seconds, the memory in MB, and the room in MB that is taken afterwards, by the size in MB."""
    found = {}
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        for size in sizes_mb:
            place = Path(folder) / str(size)
            place.mkdir()
            data = put_former_file(place / "shop.db")
            fill(data, size * MB)
            command = [sys.executable, "-c", CONVERT, str(data)]
            done = subprocess.run(
                command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=600, check=True
            )
            seconds, memory = map(float, done.stdout.split())
            room = sum(path.stat().st_size for path in place.iterdir())
            found[str(size)] = {"seconds": seconds, "memory_mb": memory, "room_mb": room / MB}
            shutil.rmtree(place)
    return found


def fill(data: Path, size: int) -> None:
    """Add copies of the orders and their events of a former file, under other ids, until it has a size in bytes."""
    with closing(sqlite3.connect(data)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        orders = connection.execute("SELECT partition, item FROM orders").fetchall()
        copies = 0
        while data.stat().st_size < size:
            rows = []
            for _ in range(2_000):
                copies += 1
                order_id, item = orders[copies % len(orders)]
                other = f"{copies:08x}{order_id[8:]}"
                rows.append((other, "", item.replace(order_id, other)))
            connection.executemany("INSERT OR IGNORE INTO orders (partition, sort, item) VALUES (?, ?, ?)", rows)
            connection.commit()

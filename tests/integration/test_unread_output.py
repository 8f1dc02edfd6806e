"""A server whose standard output is a pipe that nobody reads for a while."""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from shopkeeper.runtime.machine.output import MOST_PENDING
from tests.support.http import Client
from tests.support.processes import STARTS_WITHIN_SECONDS, STOPS_WITHIN_SECONDS, URL, clean_environment, stop

REQUESTS = MOST_PENDING + 1000
CLIENTS = 4


class Unread:
    """`shopkeeper serve` on a pipe that is read only when a test says so."""

    def __init__(self, data: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shopkeeper", "serve", "--port", "0", "--data", str(data)],
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self._output = self.process.stdout
        self.said = b""
        while (found := URL.search(self._whole.decode())) is None:
            part = os.read(self._output.fileno(), 4096)
            assert part, "the server did not start"
            self.said += part
        self.url = found[1]

    def read_on(self) -> None:
        """Read what was written, and what will be, to the end."""
        while part := os.read(self._output.fileno(), 65536):
            self.said += part

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The whole lines of the log that have been read."""
        return [json.loads(line) for line in self._whole.splitlines() if line.startswith(b"{")]

    @property
    def _whole(self) -> bytes:
        return self.said[: self.said.rfind(b"\n") + 1]

    def stop(self) -> None:
        """End it, whatever became of it."""
        stop(self.process)
        self._output.close()


def told(lines: list[dict[str, Any]]) -> int:
    """Return of how many requests the log tells, by a line of their own or as dropped."""
    return sum(
        {"request": 1, "log lines dropped": line.get("requests", 0)}.get(line.get("message", ""), 0) for line in lines
    )


def visit(url: str, times: int) -> set[int]:
    with Client(url) as client:
        return {client.send("GET", "/health").status for _ in range(times)}


def test_every_request_is_answered_and_the_log_tells_later_of_each(tmp_path: Path) -> None:
    server = Unread(tmp_path / "shop.db")
    reader = threading.Thread(target=server.read_on, daemon=True)
    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            assert set.union(*pool.map(visit, [server.url] * CLIENTS, [REQUESTS // CLIENTS] * CLIENTS)) == {200}
        reader.start()
        ends = time.monotonic() + STARTS_WITHIN_SECONDS
        while told(server.lines) < REQUESTS and time.monotonic() < ends:
            time.sleep(0.1)
        assert told(server.lines) == REQUESTS
        requests = [line for line in server.lines if line.get("message") == "request"]
        assert MOST_PENDING <= len(requests) < REQUESTS
        assert len({line["requestId"] for line in requests}) == len(requests)
    finally:
        server.stop()


def test_what_waits_is_written_when_the_server_stops(tmp_path: Path) -> None:
    server = Unread(tmp_path / "shop.db")
    reader = threading.Thread(target=server.read_on, daemon=True)
    try:
        waiting = 400  # more than a pipe holds
        assert visit(server.url, waiting) == {200}
        reader.start()
        stop(server.process)
        reader.join(STOPS_WITHIN_SECONDS)
        assert server.process.returncode == 0
        assert told(server.lines) == waiting
    finally:
        server.stop()

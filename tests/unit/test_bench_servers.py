"""What the benchmark does to a server and reads of it: floods, honest clients, memory, flushes, PocketBase's order."""

import asyncio
import json
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import floods, honest, servers, usage
from benchmarks.floods import Flood
from tests.support.processes import stop


class Recorder(socketserver.ThreadingTCPServer):
    """A server that keeps what each connection sent. It answers 200 to a whole GET and hangs up after a POST."""

    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.received: list[bytes] = []
        self.ended = 0
        self.lock = threading.Lock()

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        return int(self.server_address[1])


class Connection(socketserver.BaseRequestHandler):
    """A connection to a recorder."""

    server: Recorder

    def handle(self) -> None:
        """Serve until the client or this ends the connection."""
        with self.server.lock:
            number = len(self.server.received)
            self.server.received.append(b"")
        while part := self.request.recv(65536):
            self.server.received[number] += part
            if self.server.received[number].startswith(b"POST"):
                break
            if part.endswith(b"\r\n\r\n"):
                self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        with self.server.lock:
            self.server.ended += 1


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds. Raises AssertionError if it never does."""
    ends = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Run a recorder. It ends when all its connections have ended."""
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_flood_holds_its_connections_with_what_it_sent_and_ends(recorder: Recorder) -> None:
    half = floods.get("/counter")[:-4]
    with floods.sent(Flood("test", 10, (b"", half)), recorder.port):
        eventually(lambda: sorted(recorder.received) == [b""] * 5 + [half] * 5)
        assert recorder.ended == 0
    eventually(lambda: recorder.ended == 10)


def test_a_flood_opens_again_what_the_server_closes(recorder: Recorder) -> None:
    refused = floods.post("/", {})
    with floods.sent(Flood("test", 2, (refused, b"")), recorder.port):
        eventually(lambda: recorder.received.count(refused) >= 3)
        eventually(lambda: recorder.received.count(b"") == 1)  # for an instant, one is open that has sent nothing yet


def test_a_flood_of_whole_requests_reads_the_answers_and_sends_again(recorder: Recorder) -> None:
    request = floods.get("/counter")
    with floods.sent(Flood("test", 2, (request,), again_seconds=0.0), recorder.port):
        eventually(lambda: recorder.received.count(request) >= 20)


def test_only_a_good_answer_counts_as_one(recorder: Recorder) -> None:
    requests = (floods.get("/counter"), floods.post("/api/items", {}))
    visits, posts = asyncio.run(honest.clients(recorder.port, requests, 0.2))
    assert len(visits) == len(posts) == 10
    assert max(visits) < honest.UNANSWERED_MS
    assert set(posts) == {honest.UNANSWERED_MS}
    assert honest.figures(visits, posts)["answered"] == 50


def test_each_flood_says_how_many_connections_and_none_needs_more_files_than_it_asks_for() -> None:
    for flood in floods.FLOODS:
        assert flood.connections < floods.FILES
        assert bool(flood.sends) == bool(flood.connections)
    assert {flood.name for flood in floods.FLOODS if not flood.limited} == {floods.LOGINS}


HOG = """
import os
held = os.urandom(1) * 60_000_000
if os.fork() == 0:
    alone = os.urandom(1) * 20_000_000
print("ready", flush=True)
while True: pass
"""


def test_the_memory_of_a_session_counts_shared_pages_once_and_all_processes() -> None:
    with subprocess.Popen([sys.executable, "-c", HOG], stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            assert process.stdout is not None
            assert [process.stdout.readline() for _ in range(2)] == [b"ready\n"] * 2
            assert len(usage.processes(process.pid)) == 2
            assert 76 < usage.memory_mb(process.pid) < 110  # 80,000,000 bytes are 76 MB; the rest is the interpreter's
            eventually(lambda: usage.processor_seconds(process.pid) > 0)
        finally:
            stop(process)
    eventually(lambda: usage.processes(process.pid) == [])
    assert usage.memory_mb(process.pid) == 0


REPORT = """\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.005097         392        13           fsync
 40.00    0.003097         309         7         1 fdatasync
------ ----------- ----------- --------- --------- ----------------
100.00    0.154811          17        20         1 total
"""


@pytest.mark.parametrize(("report", "flushes"), [(REPORT, 20), ("", 0)])
def test_flushes_are_read_from_the_report_of_strace(tmp_path: Path, report: str, flushes: int) -> None:
    (tmp_path / "report").write_text(report)
    assert usage.flushes(tmp_path / "report") == flushes
    assert usage.flushes(tmp_path / "none") is None


def test_an_order_on_pocketbase_writes_five_records_of_collections_that_exist() -> None:
    collections = json.loads((servers.PEERS / "pocketbase" / "collections.json").read_text())
    names = {collection["name"] for collection in collections}
    written = [write["url"].split("/")[3] for write in servers.pocketbase_order()]
    assert sorted(written) == ["businesses", "events", "heads", "keys", "orders"]
    assert set(written) < names

"""Bodies that are sent piece by piece on one machine: what clients see of them, and what the operator is told."""

import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from typing import Any

import pytest

from tests.support.http import send
from tests.support.processes import free_port, running
from tests.support.streaming import ENDPOINTS
from tests.support.tools import ROOT


class Streaming:
    """The server of `tests.support.streaming`."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self.folder = folder
        self._opened: list[Callable[[], None]] = []
        self.url = f"http://127.0.0.1:{port}"

    def open(self, path: str) -> HTTPResponse:
        """Send a request on a connection of its own, and return the answer, whose body is yet to be read."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path)
        response = connection.getresponse()
        self._opened += [response.close, connection.close]
        return response

    def close(self) -> None:
        """Close every connection."""
        for close in self._opened:
            close()

    def await_closed(self) -> None:
        """Wait until an iterator was closed, and forget it."""
        for _ in range(1500):
            if (self.folder / "closed").exists():
                (self.folder / "closed").unlink()
                return
            time.sleep(0.02)
        raise AssertionError("no iterator was closed")

    def await_line(self, path: str) -> dict[str, Any]:
        """Return the first log line of a path, once it is there."""
        for _ in range(1500):
            for line in (self.folder / "log").read_text().splitlines():
                if f'"path":"{path}"' in line:
                    found: dict[str, Any] = json.loads(line)
                    return found
            time.sleep(0.02)
        raise AssertionError(f"nothing was logged of {path}")


@pytest.fixture
def streaming(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Streaming]:
    port = free_port()
    monkeypatch.chdir(ROOT)
    with running([sys.executable, "-m", "tests.support.streaming", str(port), str(tmp_path)], port, tmp_path / "log"):
        server = Streaming(port, tmp_path)
        yield server
        server.close()


def test_the_first_piece_arrives_before_the_iterator_ends(streaming: Streaming) -> None:
    response = streaming.open("/held")
    assert (response.status, response.getheader("Content-Type")) == (200, "text/csv; charset=utf-8")
    assert response.getheader("Cache-Control") == "max-age=60"
    assert response.getheader("Transfer-Encoding") == "chunked"
    assert response.read(6) == b"first\n"
    assert not (streaming.folder / "closed").exists()
    (streaming.folder / "go").touch()
    assert response.read() == b"last\n"
    streaming.await_closed()
    assert streaming.await_line("/held")["level"] == "INFO"


def test_an_iterator_is_closed_when_the_client_goes_away(streaming: Streaming) -> None:
    assert streaming.open("/endless").read(6) == b"again\n"
    assert not (streaming.folder / "closed").exists()
    streaming.close()
    streaming.await_closed()
    line = streaming.await_line("/endless")
    assert (line["level"], line["status"]) == ("INFO", 200)


def test_a_client_can_tell_that_a_body_broke_off_and_the_log_says_why(streaming: Streaming) -> None:
    response = streaming.open("/fails/late")
    assert response.status == 200
    with pytest.raises(IncompleteRead) as broken:
        response.read()
    assert broken.value.partial in (b"first\nsecond\n", b"first\n", b"")
    streaming.await_closed()
    line = streaming.await_line("/fails/late")
    assert (line["level"], line["status"], line["errorType"]) == ("ERROR", 200, "KeyError")
    assert send(streaming.url, "GET", "/gif").status == 200, "other connections go on"


def test_only_the_connection_of_a_body_that_breaks_off_ends(streaming: Streaming) -> None:
    others = [streaming.open("/held") for _ in range(1)]
    assert [other.read(6) for other in others] == [b"first\n"]
    with pytest.raises(IncompleteRead):
        streaming.open("/fails/late").read()
    (streaming.folder / "go").touch()
    assert [other.read() for other in others] == [b"last\n"]


def test_an_error_before_the_first_piece_is_an_answer_like_any_other(streaming: Streaming) -> None:
    for path, status, code in [
        ("/fails/early", 503, "service_unavailable"),
        ("/fails/known", 404, "not_found"),
    ]:
        answer = send(streaming.url, "GET", path)
        assert (answer.status, answer.json["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert "secret" not in str(answer.json)
        streaming.await_closed()
        assert streaming.await_line(path)["level"] == ("ERROR" if status == 503 else "INFO")


def test_a_body_of_many_pieces_and_one_of_none_are_whole(streaming: Streaming) -> None:
    body = send(streaming.url, "GET", "/large").body
    assert body == b"".join(bytes([number % 256]) * 100_000 for number in range(200))
    assert send(streaming.url, "GET", "/empty").body == b""


def test_bytes_of_any_kind_are_sent_as_they_are_with_their_length(streaming: Streaming) -> None:
    answer = send(streaming.url, "GET", "/gif")
    assert (answer.headers["content-type"], answer.body) == ("image/gif", bytes(range(256)))
    assert answer.headers["content-length"] == "256"


def test_head_asks_an_iterator_for_nothing(streaming: Streaming) -> None:
    for one in ENDPOINTS:
        with socket.create_connection(("127.0.0.1", streaming.port), timeout=30) as peer:
            peer.sendall(f"HEAD {one.path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            received = b"".join(iter(lambda peer=peer: peer.recv(65536), b""))  # type: ignore[misc]  # a default
        head, _, body = received.partition(b"\r\n\r\n")
        assert (head.split()[1], body) == (b"200", b"")
        assert (b"content-length: 256" in head.lower()) == (one.path == "/gif")
        assert b"chunked" not in head.lower() or one.path != "/gif"

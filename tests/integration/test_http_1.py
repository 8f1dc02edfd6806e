"""One connection as HTTP/1.1 has it: requests in a row, bodies that wait for a word, and no HTTP/2."""

import json
import os
import signal
import socket
import threading
import uuid
from pathlib import Path

import pytest

from tests.support.http import send
from tests.support.processes import Shopkeeper, shopkeeper
from tests.support.strangers import answers_in, connect, http2_streams, read_answer, read_to_the_end, request

CLOSE = {"Connection": "close"}
REGISTER = "/auth/register-business"


@pytest.fixture
def page() -> str:
    """The path of a counter that nobody has visited."""
    return f"/counter/{uuid.uuid4()}"


def counts_in(data: bytes) -> list[int]:
    """Return the counts that answered visits got, on one connection."""
    answers = answers_in(data)
    assert {answer.status for answer in answers} <= {200}
    return [answer.json["count"] for answer in answers]


def test_requests_in_a_row_are_answered_in_their_order(server: Shopkeeper, page: str) -> None:
    visits = request("GET", page) * 49 + request("GET", page, headers=CLOSE)
    with connect(server.port, visits) as client:
        assert counts_in(read_to_the_end(client)) == list(range(1, 51))


def test_requests_that_take_longer_are_not_overtaken(server: Shopkeeper, page: str) -> None:
    login = request("POST", "/api/auth/login", json.dumps({"email": "nobody@example.com", "password": "x"}).encode())
    with connect(server.port, (login + request("GET", page)) * 2 + request("GET", page, headers=CLOSE)) as client:
        answers = answers_in(read_to_the_end(client))
    assert [answer.status for answer in answers] == [401, 200, 401, 200, 200]


def test_of_many_requests_in_a_row_each_is_answered_in_order(server: Shopkeeper, page: str) -> None:
    def send_all() -> None:
        client.sendall(request("GET", page) * 1999 + request("GET", page, headers=CLOSE))

    with connect(server.port) as client:
        sending = threading.Thread(target=send_all)
        sending.start()
        assert counts_in(read_to_the_end(client)) == list(range(1, 2001))
        sending.join()


@pytest.mark.parametrize("bad", [b"NONSENSE\r\n\r\n", request("GET", "/" + "x" * 40_000), request("BREW", "/counter")])
def test_what_is_no_request_is_answered_after_those_before_it(server: Shopkeeper, page: str, bad: bytes) -> None:
    login = request("POST", "/api/auth/login", json.dumps({"email": "nobody@example.com", "password": "x"}).encode())
    with connect(server.port, login + request("GET", page) + bad) as client:
        first, second, last = answers_in(read_to_the_end(client))
    assert (first.status, second.json["count"]) == (401, 1)
    assert last.status in (400, 403, 414)


GZIP = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
REFUSED: dict[str, tuple[bytes, int]] = {
    "a coding that nobody knows": (GZIP, 501),
    "a path of 40,000 bytes": (request("GET", "/" + "x" * 40_000), 414),
    "a field of 100,000 bytes": (request("GET", "/counter", headers={"X-Long": "x" * 100_000}), 431),
    "60,000 fields": (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a:\r\n" * 60_000 + b"\r\n", 431),
    "no host": (b"GET /counter HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET /counter HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
}


@pytest.mark.parametrize(("sent", "status"), REFUSED.values(), ids=REFUSED)
def test_what_the_server_does_not_take_is_said_and_the_connection_ends(
    server: Shopkeeper, sent: bytes, status: int
) -> None:
    with connect(server.port) as client:
        try:
            client.sendall(sent)
        except OSError:
            pass  # it has heard enough
        (answer,) = answers_in(read_to_the_end(client))
    assert (answer.status, answer.headers["connection"]) == (status, "close")


def test_a_client_of_http_1_0_is_kept_if_it_asks_for_that_and_not_if_it_sends_chunks(
    server: Shopkeeper, page: str
) -> None:
    kept = f"GET {page} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".encode()
    with connect(server.port, kept * 2 + f"GET {page} HTTP/1.0\r\n\r\n".encode()) as client:
        answers = answers_in(read_to_the_end(client))
    assert [answer.headers["connection"] for answer in answers] == ["keep-alive", "keep-alive", "close"]
    chunked = b"POST /nowhere HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    with connect(server.port, chunked + kept) as client:
        (answer,) = answers_in(read_to_the_end(client))
    assert answer.headers["connection"] == "close"
    assert send(server.url, "GET", page).json["count"] == 4


def test_a_body_of_single_bytes_in_chunks_is_taken(server: Shopkeeper) -> None:
    body = b'{"email": "nobody@example.com", "password": "' + b"x" * 100 + b'"}'
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    head = request(
        "POST", "/api/auth/login", headers={"Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    )
    with connect(server.port, head + chunks) as client:
        assert read_answer(client).status == 401


def test_headers_in_a_row_may_be_longer_together_than_one_may_be(server: Shopkeeper, page: str) -> None:
    visit = request("GET", page, headers={"X-Long": "x" * 2000})
    with connect(server.port, visit * 25 + visit[:-100]) as client:
        assert send(server.url, "GET", "/health").status == 200
        client.sendall(visit[-100:])
        client.shutdown(socket.SHUT_WR)
        assert counts_in(read_to_the_end(client)) == list(range(1, 27))


def test_a_client_that_has_said_all_and_only_reads_is_answered(server: Shopkeeper, page: str) -> None:
    with connect(server.port, request("GET", page) * 3) as client:
        client.shutdown(socket.SHUT_WR)
        assert counts_in(read_to_the_end(client)) == [1, 2, 3]


def test_a_client_that_waits_for_a_word_before_its_body_gets_it(server: Shopkeeper) -> None:
    email = f"{uuid.uuid4()}@example.com"
    business = {"business_name": "Bakery", "email": email, "phone": "+14155550123", "address": "1 Main St"}
    body = json.dumps({**business, "cognito_user_id": email}).encode()
    whole = request("POST", REGISTER, body, {**CLOSE, "Expect": "100-continue"})
    with connect(server.port, whole[: -len(body)]) as client:
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        assert read_to_the_end(client).startswith(b"HTTP/1.1 201 ")


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(server: Shopkeeper) -> None:
    whole = request("POST", REGISTER, b"x" * 65_537, {"Expect": "100-continue"})
    with connect(server.port, whole[:-65_537]) as client:
        assert read_to_the_end(client).startswith(b"HTTP/1.1 413 ")


def test_what_is_counted_is_answered_when_the_server_is_told_to_end(tmp_path: Path) -> None:
    data = tmp_path / "shop.db"
    server = Shopkeeper(data)
    try:
        clients = [connect(server.port, request("GET", "/counter") * 40) for _ in range(20)]
        os.kill(server.process.pid, signal.SIGTERM)
        counts: list[int] = []
        for client in clients:
            with client:
                counts += counts_in(read_to_the_end(client))
        assert server.process.wait(60) == 0
    finally:
        server.stop(signal.SIGKILL)
    with shopkeeper(data) as again:
        assert send(again.url, "GET", "/health").json["counter_value"] == len(counts)
    assert sorted(counts) == list(range(1, len(counts) + 1))


def test_a_hundred_streams_of_http_2_get_one_400_and_the_end(server: Shopkeeper, page: str) -> None:
    with connect(server.port, http2_streams(page, 100)) as stranger:
        assert send(server.url, "GET", "/health").status == 200
        answer = read_to_the_end(stranger)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert send(server.url, "GET", page).json["count"] == 1


def test_who_asks_to_change_to_http_2_is_answered_with_http_1_and_closed(server: Shopkeeper, page: str) -> None:
    upgrade = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"}
    with connect(server.port, request("GET", page, headers=upgrade) + http2_streams(page, 1)) as stranger:
        answer = read_to_the_end(stranger)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert send(server.url, "GET", page).json["count"] == 2

"""A stop leaves all data in its one file, whatever clients and signals do, or says that it could not."""

import os
import signal
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.http import send
from tests.support.processes import Shopkeeper


def half_a_body(port: int) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", port), timeout=30)
    header = b"Host: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    peer.sendall(b"POST /auth/register-business HTTP/1.1\r\n" + header)
    return peer


def half_a_header(port: int) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", port), timeout=30)
    peer.sendall(b"GET /health HTTP/1.1\r\nHo")
    return peer


def kept_alive(port: int) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", port), timeout=30)
    peer.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
    assert peer.recv(65536).startswith(b"HTTP/1.1 200")
    return peer


def reads_no_answer(port: int) -> socket.socket:
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    peer.settimeout(30)
    peer.connect(("127.0.0.1", port))
    peer.setblocking(False)
    try:
        while True:
            peer.send(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
    except BlockingIOError:
        return peer


def assert_everything_is_in_the_file(data: Path, count: int) -> None:
    """Assert that the file alone has so many visits, and that SQLite left nothing beside it."""
    assert {path.name for path in data.parent.iterdir()} == {data.name, f"{data.name}.key"}
    with closing(sqlite3.connect(f"file:{data}?immutable=1", uri=True)) as connection:
        sql = "SELECT document ->> 'visit_count' FROM \"visitor-counter\" WHERE partition = 'main_counter'"
        assert connection.execute(sql).fetchone() == (count,)


@pytest.mark.parametrize("client", [half_a_body, half_a_header, kept_alive, reads_no_answer])
def test_a_slow_client_does_not_keep_the_data_out_of_its_file(
    client: Callable[[int], socket.socket], tmp_path: Path
) -> None:
    server = Shopkeeper(tmp_path / "shop.db")
    try:
        for _ in range(3):
            assert send(server.url, "GET", "/counter").status == 200
        with client(server.port):
            os.kill(server.process.pid, signal.SIGTERM)
            assert server.process.wait(60) == 0
        assert_everything_is_in_the_file(tmp_path / "shop.db", 3)
    finally:
        server.stop(signal.SIGKILL)


def asked_twice(server: Shopkeeper) -> None:
    os.kill(server.process.pid, signal.SIGTERM)
    os.kill(server.process.pid, signal.SIGINT)
    os.killpg(server.process.pid, signal.SIGTERM)


def all_asked(server: Shopkeeper) -> None:
    """End the whole group, as systemd does."""
    os.killpg(server.process.pid, signal.SIGTERM)


@pytest.mark.parametrize("end", [asked_twice, all_asked])
def test_however_a_server_is_asked_to_end_all_data_is_in_the_file(
    end: Callable[[Shopkeeper], None], tmp_path: Path
) -> None:
    server = Shopkeeper(tmp_path / "shop.db")
    try:
        for _ in range(3):
            assert send(server.url, "GET", "/counter").status == 200
        with half_a_body(server.port):
            end(server)
            assert server.process.wait(60) == 0
        assert_everything_is_in_the_file(tmp_path / "shop.db", 3)
    finally:
        server.stop(signal.SIGKILL)


def test_data_that_cannot_be_brought_into_the_file_is_said_and_no_success(tmp_path: Path) -> None:
    data = tmp_path / "shop.db"
    server = Shopkeeper(data)
    try:
        assert send(server.url, "GET", "/counter").status == 200
        with closing(sqlite3.connect(data, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM businesses").fetchone()
            assert send(server.url, "GET", "/counter").status == 200
            os.kill(server.process.pid, signal.SIGTERM)
            assert server.process.wait(60) == 2
    finally:
        server.stop(signal.SIGKILL)
    assert "another program is reading it; shop.db-wal contains the rest, so keep both." in server.lines[-1]

"""How a server ends, and what clients that never finish cannot do to it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.http import send
from tests.support.processes import (
    Shopkeeper,
    await_port,
    clean_environment,
    free_port,
    run_cli,
    shopkeeper,
    stop,
)

ENDS: list[tuple[str, Callable[[Shopkeeper], None]]] = [
    ("Ctrl-C, which reaches the whole group", lambda server: os.killpg(server.process.pid, signal.SIGINT)),
    ("SIGINT", lambda server: os.kill(server.process.pid, signal.SIGINT)),
    ("SIGTERM", lambda server: os.kill(server.process.pid, signal.SIGTERM)),
    ("a closed terminal", lambda server: os.killpg(server.process.pid, signal.SIGHUP)),
]


@pytest.mark.parametrize(("name", "end"), ENDS, ids=[case[0] for case in ENDS])
def test_a_server_ends_at_the_first_word(name: str, end: Callable[[Shopkeeper], None], tmp_path: Path) -> None:
    for attempt in range(3):
        server = Shopkeeper(tmp_path / f"{attempt}.db")
        try:
            assert send(server.url, "GET", "/counter").status == 200
            end(server)
            assert server.process.wait(30) == 0
        finally:
            server.stop(signal.SIGKILL)
        assert "Traceback" not in "\n".join(server.lines)


def test_after_a_clean_stop_everything_is_in_the_one_file(tmp_path: Path) -> None:
    with shopkeeper(tmp_path / "shop.db") as server:
        for _ in range(3):
            send(server.url, "GET", "/counter")
    (tmp_path / "shop.db").rename(tmp_path / "copy.db")
    (tmp_path / "shop.db.key").rename(tmp_path / "copy.db.key")
    assert not (tmp_path / "shop.db-wal").exists()
    with shopkeeper(tmp_path / "copy.db") as server:
        assert send(server.url, "GET", "/counter").json["count"] == 4


def test_a_link_to_a_held_data_file_is_that_file(tmp_path: Path) -> None:
    with shopkeeper(tmp_path / "shop.db"):
        (tmp_path / "link.db").symlink_to(tmp_path / "shop.db")
        done = run_cli("serve", "--port", "0", "--data", str(tmp_path / "link.db"))
        assert done.returncode == 2
        assert "in use by another server" in done.stderr


def test_a_host_may_have_a_name(tmp_path: Path) -> None:
    done = Shopkeeper(tmp_path / "shop.db", host="localhost")
    try:
        assert send(done.url, "GET", "/health").status == 200
    finally:
        done.stop()


def stalled(port: int, request: bytes, times: int) -> list[socket.socket]:
    """Open connections that begin a request and never finish it."""
    peers = []
    for _ in range(times):
        peer = socket.create_connection(("127.0.0.1", port), timeout=30)
        peer.sendall(request)
        peers.append(peer)
    return peers


@pytest.mark.parametrize(
    "request_line", [b"GET /nowhere", b"GET /health", b"POST /auth/register-business", b"POST /nowhere"]
)
def test_clients_that_never_finish_a_body_do_not_keep_others_waiting(request_line: bytes, tmp_path: Path) -> None:
    with shopkeeper(tmp_path / "shop.db") as server:
        header = b"Host: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        peers = stalled(server.port, request_line + b" HTTP/1.1\r\n" + header, 80)
        try:
            assert send(server.url, "GET", "/health").status == 200
            assert send(server.url, "GET", "/counter").status == 200
        finally:
            for peer in peers:
                peer.close()


def test_a_client_that_never_finishes_does_not_keep_the_server_from_ending(tmp_path: Path) -> None:
    server = Shopkeeper(tmp_path / "shop.db")
    header = b"Host: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    peers = stalled(server.port, b"POST /auth/register-business HTTP/1.1\r\n" + header, 1)
    try:
        os.kill(server.process.pid, signal.SIGTERM)
        server.process.wait(40)
    finally:
        for peer in peers:
            peer.close()
        server.stop(signal.SIGKILL)


def test_a_body_that_ends_early_is_a_400(tmp_path: Path) -> None:
    with shopkeeper(tmp_path / "shop.db") as server:
        header = b"Host: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{}"
        (peer,) = stalled(server.port, b"POST /auth/register-business HTTP/1.1\r\n" + header, 1)
        peer.shutdown(socket.SHUT_WR)
        assert peer.recv(100)[:12] in (b"HTTP/1.1 400", b"")
        peer.close()
        assert send(server.url, "GET", "/health").status == 200


def test_two_servers_that_start_at_once_on_a_port_are_one(tmp_path: Path) -> None:
    port = str(free_port())
    rivals = [
        subprocess.Popen(
            [sys.executable, "-m", "shopkeeper", "serve", "--port", port, "--data", str(tmp_path / f"{n}.db")],
            env=clean_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for n in range(3)
    ]
    try:
        for _ in range(600):
            if sum(rival.poll() is not None for rival in rivals) == 2:
                break
            time.sleep(0.05)
        assert sorted(str(rival.poll()) for rival in rivals) == ["2", "2", "None"]
    finally:
        for rival in rivals:
            if rival.poll() is None:
                os.killpg(rival.pid, signal.SIGKILL)
            rival.communicate()


def test_a_server_whose_output_nobody_reads_ends_and_lets_go(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        os.set_blocking(writing, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writing, b"x" * 4096)
        os.set_blocking(writing, True)
        port = free_port()
        command = ["serve", "--port", str(port), "--data", str(tmp_path / "shop.db")]
        stuck = subprocess.Popen(
            [sys.executable, "-m", "shopkeeper", *command],
            env=clean_environment(),
            stdout=writing,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            await_port(stuck, port)
            os.kill(stuck.pid, signal.SIGTERM)
            assert stuck.wait(30) == 0
        finally:
            stop(stuck, signal.SIGKILL)
    finally:
        os.close(reading)
        os.close(writing)
    with shopkeeper(tmp_path / "shop.db") as server:
        assert send(server.url, "GET", "/health").status == 200


def test_a_server_without_an_output_serves_all_the_same(tmp_path: Path) -> None:
    port = free_port()
    command = f"exec {sys.executable} -m shopkeeper serve --port {port} --data {tmp_path / 'shop.db'} >&- 2>&-"
    process = subprocess.Popen(["sh", "-c", command], env=clean_environment(), start_new_session=True)
    try:
        await_port(process, port)
        assert send(f"http://127.0.0.1:{port}", "GET", "/counter").status == 200
    finally:
        stop(process, signal.SIGKILL)

"""A proxy before a server that changes its answers as told: tests must notice a server that lies."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.support.http import Answer, send

Lie = Callable[[str, Answer], None]
"""Takes a method and a path, and an answer, which it may change."""


def says(status: int, instead_of: int) -> Lie:
    """Return a lie about a status."""

    def lie(_: str, answer: Answer) -> None:
        if answer.status == instead_of:
            answer.status = status

    return lie


def lacks(header: str) -> Lie:
    """Return a lie that leaves a header out."""

    def lie(_: str, answer: Answer) -> None:
        answer.headers.pop(header.lower(), None)

    return lie


def adds(header: str, value: str) -> Lie:
    """Return a lie that sets a header."""
    return lambda _, answer: answer.headers.update({header.lower(): value})


def tells(member: str, value: Any) -> Lie:
    """Return a lie about a member of each JSON object that has it."""

    def lie(_: str, answer: Answer) -> None:
        content = json.loads(answer.body) if answer.body else None
        if isinstance(content, dict) and member in content:
            answer.body = json.dumps({**content, member: value}).encode()

    return lie


def only(call: str, lie: Lie) -> Lie:
    """Return a lie told only of the calls that begin with a method and a path."""
    return lambda asked, answer: lie(asked, answer) if asked.startswith(call) else None


@contextmanager
def lying(url: str, lie: Lie) -> Iterator[str]:
    """Run a proxy before the server at `url` until the block is left, and yield its own URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def forward(self) -> None:
            """Ask the server, change its answer, and pass it on."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            answer = send(url, self.command, self.path, body or None, headers)
            lie(f"{self.command} {self.path}", answer)
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                if name not in ("content-length", "transfer-encoding"):
                    self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = forward  # noqa: N815

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()

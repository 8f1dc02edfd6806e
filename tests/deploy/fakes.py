"""AWS services of our own, as far as a release uses them: what they share, and how `scripts/release` is run on them."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from tests.support.tools import ROOT, need


class Handler(BaseHTTPRequestHandler):
    """Reads and answers JSON, and says nothing of it.

    Subclasses name BaseHTTPRequestHandler too, by which the linter knows that its methods are called do_GET.
    """

    def asked(self) -> dict[str, Any]:
        """Return the body of the request."""
        asked: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["content-length"])))
        return asked

    def answer(self, status: int, content: object, error: str = "") -> None:
        """Answer with JSON; `error` is the name of AWS's exception."""
        self.send(status, json.dumps(content).encode(), "application/json", error)

    def send(self, status: int, body: bytes, kind: str, error: str = "", tag: str = "") -> None:
        """Answer with a body of a content type, and perhaps an `ETag`."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if error:
            self.send_header("x-amzn-ErrorType", error)
        if tag:
            self.send_header("ETag", tag)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class Fake(ThreadingHTTPServer):
    """A service on a free port, and the release that is run on it."""

    daemon_threads = True

    def __init__(self, handler: type[Handler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.process: subprocess.Popen[str] | None = None

    def release(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the script as an operator does."""
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server_address[1]}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-nowhere-1",  # botocore's own choice, which is not ours
            "AWS_REGION": "us-east-1",
        }
        command = [need(ROOT / "scripts" / "release"), *arguments]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as self.process:
            output, errors = self.process.communicate(timeout=60)
        return subprocess.CompletedProcess(command, self.process.returncode, output, errors)


F = TypeVar("F", bound=Fake)


@contextmanager
def serving(fake: F) -> Iterator[F]:
    """Let a service answer until the block is left."""
    with fake:
        thread = threading.Thread(target=fake.serve_forever)
        thread.start()
        try:
            yield fake
        finally:
            fake.shutdown()
            thread.join()

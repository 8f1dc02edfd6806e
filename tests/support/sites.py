"""A site whose pages load the script, and a gate in front of the server that notes what browsers send."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.http import Client

WITHIN_SECONDS = 60.0
SITE, API = "site.example", "api.example"
"""Names of hosts that Chromium is told to find on this machine: the script counts no pages of local ones."""

FORWARDED = ("origin", "referer", "user-agent", "content-type", "sec-purpose", "access-control-request-method")


class Hit(NamedTuple):
    """What a browser sent by POST: the path, the body, the header fields, and the status of the answer."""

    path: str
    sent: dict[str, Any]
    headers: Mapping[str, str]
    status: int


class Gate:
    """Passes requests on to a server, and notes hits. While `open` is cleared, their answers wait."""

    def __init__(self, upstream: str, below: str = "") -> None:
        """`below` is a path that all others are under, as that of a stage."""
        self.upstream = upstream
        self.below = below
        self.hits: list[Hit] = []
        self.asked: list[str] = []
        self.open = threading.Event()
        self.open.set()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer a request."""
        headers = {name.lower(): value for name, value in handler.headers.items()}
        body = handler.rfile.read(int(headers.get("content-length", 0)))
        self.asked.append(f"{handler.command} {handler.path}")
        passed = {name: headers[name] for name in FORWARDED if name in headers}
        with Client(self.upstream) as client:
            answer = client.send(handler.command, handler.path.removeprefix(self.below), body, passed)
        if handler.command == "POST":
            self.hits.append(Hit(handler.path, json.loads(body), headers, answer.status))
            self.open.wait(WITHIN_SECONDS)
        _reply(handler, answer.status, answer.body, {"Content-Type": answer.headers.get("content-type", "")})

    def wait_for(self, number: int, site: str | None = None) -> list[Hit]:
        """Return the hits, of the site that they name if one is given, as soon as there are as many.

        Raises AssertionError if that is never.
        """
        ends = time.monotonic() + WITHIN_SECONDS
        while len(found := [hit for hit in self.hits if site is None or hit.sent.get("n") == site]) < number:
            assert time.monotonic() < ends, self.hits
            time.sleep(0.01)
        return found


class Site:
    """Pages by their paths. A page may have a Content-Security-Policy of its own, in `policies`.

    What is `held` is answered when its event is set.
    """

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.policies: dict[str, str] = {}
        self.held: dict[str, threading.Event] = {}
        self.asked: list[tuple[str, str]] = []

    def wait_for(self, path: str) -> None:
        """Return as soon as a path was asked for. Raises AssertionError if it never is."""
        ends = time.monotonic() + WITHIN_SECONDS
        while path not in [asked for asked, _ in self.asked]:
            assert time.monotonic() < ends, self.asked
            time.sleep(0.01)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer a request with a page, and note why the page was asked for."""
        path = handler.path.partition("?")[0]
        self.asked.append((path, handler.headers.get("Sec-Purpose", "")))
        if path in self.held:
            self.held[path].wait(WITHIN_SECONDS)
        page = self.pages.get(path, "")
        policy = {"Content-Security-Policy": self.policies[path]} if path in self.policies else {}
        html = f"<!doctype html><html lang=en><title>Page</title><link rel=icon href=data:,>{page}</html>"
        _reply(handler, 200, html.encode(), {"Content-Type": "text/html; charset=utf-8", **policy})


class Stand(NamedTuple):
    """A site, the gate that its pages send hits to, and their addresses."""

    site: Site
    gate: Gate
    address: str
    api: str
    data: Path

    @property
    def local(self) -> str:
        """The site's address that says it is this machine's."""
        return self.address.replace(SITE, "127.0.0.1")

    def tag(self, more: str = "") -> str:
        """Return the tag that a page loads the script by."""
        return f'<script src="{self.api}/shop.js" {more}></script>'

    def paths(self, number: int) -> list[str]:
        """Return the pages of the hits, as soon as there are as many."""
        return [hit.sent["p"] for hit in self.gate.wait_for(number)]


@contextmanager
def listening(place: Gate | Site) -> Iterator[int]:
    """Serve a gate or a site on a port of this machine until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return lambda: place.answer(self)
            raise AttributeError(name)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    handler.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)

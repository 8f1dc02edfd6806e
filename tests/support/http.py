"""A plain HTTP client for tests: it sends what it is told, raw paths included, and never retries."""

import http.client
import json
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

SECONDS = 120.0
"""How long an answer may take, so that a test ends: far longer than on the slowest machine."""


class Answer:
    """A response: header names are lower case, `json` is the body decoded."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<{self.status} {self.body[:300]!r}>"


class Client:
    """One kept-alive connection to a server; paths are those below the URL's own."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        host = place.hostname or ""
        # Names under .localhost are loopback (RFC 6761), whether or not the machine's resolver knows it.
        self._connection = kind("127.0.0.1" if host.endswith(".localhost") else host, place.port, timeout=SECONDS)
        self._host = {"Host": place.netloc} if host.endswith(".localhost") else {}
        self._base = place.path.rstrip("/")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request and return its answer; the path follows that of the URL, a stage's for example."""
        self._connection.request(method, self._base + path, body, {**self._host, **(headers or {})})
        response = self._connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())


def send(
    url: str,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request on a connection of its own."""
    with Client(url) as client:
        return client.send(method, path, body, headers)


def post_json(url: str, path: str, content: object, **headers: str) -> Answer:
    """Send a JSON body."""
    return send(url, "POST", path, json.dumps(content).encode(), {"Content-Type": "application/json", **headers})


def send_raw(port: int, data: bytes) -> bytes:
    """Send bytes to loopback and return the head of the answer, or what came before the peer closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as peer:
        peer.sendall(data)
        received = b""
        while b"\r\n\r\n" not in received and (part := peer.recv(65536)):
            received += part
        return received

"""The distribution of a deployed stage, which the emulator does not serve: its files and its API under one origin.

It does as the distribution says that was made: paths of the API go to the API with all fields but `Host`, or signed to
the Function URL of the counter if CloudFront's function leaves them there. Others are rewritten by a function of
CloudFront and read from the bucket of the stage, and carry the headers of the policy. It neither caches nor compresses,
and speaks no TLS.
"""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from shopkeeper.functions.facts import facts
from tests.deploy.counting import counter_url, signed
from tests.deploy.deployment import Deployment
from tests.deploy.model import bucket
from tests.support.rewriting import rewritten, viewed

HOP_BY_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}
"""Fields that are not passed on (RFC 9110, section 7.6.1), and those that are made anew."""


@contextmanager
def fronted(deployment: Deployment) -> Iterator[str]:
    """Serve the pages and the API of a deployed stage, and return the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(deployment))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


Reply = tuple[int, list[tuple[str, str]], bytes]
"""A status, fields and a body."""


class _Origins:
    """Where the requests of viewers go, and what comes of them."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._pages = facts()["pages"]
        self._folder = deployment.fronts()["pages"]
        self._counter = counter_url(deployment)
        uploads = f"https://{bucket('dev')}.s3.amazonaws.com"
        policy = "; ".join(self._pages["policy"]).replace("UPLOADS", uploads)
        self._headers = {**self._pages["headers"], "Content-Security-Policy": policy}
        self._rewrite = cache(lambda path: rewritten(path)[0])

    def answer(self, method: str, target: str, fields: dict[str, str], body: bytes, viewer: str) -> Reply:
        """Return the answer to a request of a viewer at an address."""
        path = urlsplit(target).path
        if path == "/api/docs" or not any(fnmatch(path, pattern) for pattern in self._pages["api"]):
            return self._read((self._folder + self._rewrite(path)).lstrip("/"))
        place, fields = self._way(method, path, fields, viewer)
        return _ask(place, method, target, fields, body)

    def _way(self, method: str, path: str, fields: dict[str, str], viewer: str) -> tuple[str, dict[str, str]]:
        """Return where a request of the API goes, and its fields there."""
        if self._counter is None or not any(fnmatch(path, pattern) for pattern in self._counter.patterns):
            return self._deployment.place, fields
        seen = viewed(method, viewer, fields)
        fields = {name: field["value"] for name, field in seen.headers.items()}
        if seen.chosen:
            return self._deployment.place, fields
        return self._counter.url, fields | signed(method, self._counter.url + path, fields)

    def _read(self, key: str) -> Reply:
        s3 = self._deployment.aws.client("s3")
        try:
            found: Any = s3.get_object(Bucket=bucket("dev"), Key=key)
        except s3.exceptions.NoSuchKey:
            return 403, [], b""  # as to who may not list the bucket
        fields = {"Content-Type": found["ContentType"], "Cache-Control": found["CacheControl"], "ETag": found["ETag"]}
        return 200, [*fields.items(), *self._headers.items()], found["Body"].read()


def _ask(base: str, method: str, target: str, fields: dict[str, str], body: bytes) -> Reply:
    place = urlsplit(base)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
    try:
        connection.request(method, place.path + target, body or None, fields)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


def _handler(deployment: Deployment) -> type[BaseHTTPRequestHandler]:
    origins = _Origins(deployment)

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fields = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            status, found, content = origins.answer(self.command, self.path, fields, body, self.client_address[0])
            self.send_response(status)
            for name, value in found:
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815  # as http.server calls them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Front

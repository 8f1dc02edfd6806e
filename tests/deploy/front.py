"""The distribution of a deployed stage, which the emulator does not serve: its files and its API under one origin.

It does as the descriptions declare: paths of the API go to the API with all fields but `Host`, others are rewritten by
CloudFront's function and read from the bucket of the stage, and carry the headers of the policy. It neither caches nor
compresses, and speaks no TLS.
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
from tests.deploy.deployment import Deployment
from tests.deploy.model import bucket
from tests.support.rewriting import rewritten

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


def _handler(deployment: Deployment) -> type[BaseHTTPRequestHandler]:
    pages, api = facts()["pages"], urlsplit(deployment.place)
    folder = deployment.fronts()["pages"]
    uploads = f"https://{bucket('dev')}.s3.amazonaws.com"
    policy = "; ".join(pages["policy"]).replace("UPLOADS", uploads)
    headers = {**pages["headers"], "Content-Security-Policy": policy}
    rewrite = cache(lambda path: rewritten(path)[0])

    def ask_api(
        method: str, target: str, fields: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(str(api.hostname), api.port, timeout=60)
        try:
            connection.request(method, api.path + target, body or None, fields)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def read(key: str) -> tuple[int, list[tuple[str, str]], bytes]:
        s3 = deployment.aws.client("s3")
        try:
            found: Any = s3.get_object(Bucket=bucket("dev"), Key=key)
        except s3.exceptions.NoSuchKey:
            return 403, [], b""  # as to who may not list the bucket
        fields = {"Content-Type": found["ContentType"], "Cache-Control": found["CacheControl"], "ETag": found["ETag"]}
        return 200, [*fields.items(), *headers.items()], found["Body"].read()

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            path = urlsplit(self.path).path
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if path != "/api/docs" and any(fnmatch(path, pattern) for pattern in pages["api"]):
                fields = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                status, found, content = ask_api(self.command, self.path, fields, body)
            else:
                status, found, content = read((folder + rewrite(path)).lstrip("/"))
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

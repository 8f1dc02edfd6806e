"""A browser sends fetch metadata with whatever a page of https sends, so one without is no browser."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from playwright.sync_api import Browser

from shopkeeper.domains.traffic.bots import FETCH_METADATA, Bot, why_bot

METADATA = ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest")

WAYS = {
    "a beacon": "(url) => navigator.sendBeacon(url, '{}')",
    "a fetch that outlives its page": "(url) => fetch(url, {method: 'POST', keepalive: true, mode: 'no-cors'})",
    "a picture": "(url) => { new Image().src = url; }",
}


class Noting:
    """A server with TLS that notes the headers of what comes to `/hit`, and is a page elsewhere."""

    def __init__(self) -> None:
        self.noted: list[dict[str, str]] = []
        self.came = threading.Event()
        noting = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/hit":
                    noting.noted.append({name.lower(): value for name, value in self.headers.items()})
                    noting.came.set()
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.send_header("content-length", "0")
                self.end_headers()

            do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("localhost", "127.0.0.1").configure_cert(context)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]


@contextmanager
def noting() -> Iterator[Noting]:
    """Run a noting server."""
    running = Noting()
    threading.Thread(target=running.server.serve_forever, daemon=True).start()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.mark.parametrize("way", WAYS)
def test_a_hit_of_a_browser_has_fetch_metadata_and_without_it_would_be_a_bots(browser: Browser, way: str) -> None:
    with noting() as there:
        # Playwright's own name would tell that nobody sits before this browser.
        name = f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/{browser.version} Safari/537.36"
        context = browser.new_context(ignore_https_errors=True, user_agent=name)
        page = context.new_page()
        page.goto(f"https://localhost:{there.port}/")
        page.evaluate(WAYS[way], f"https://127.0.0.1:{there.port}/hit")
        assert there.came.wait(20)
        context.close()
    (headers,) = there.noted
    assert why_bot(headers["user-agent"], headers, is_driven=False) is None
    without = {header: value for header, value in headers.items() if header not in METADATA}
    without["x-forwarded-proto"] = "https"
    assert why_bot(headers["user-agent"], without, is_driven=False) == Bot(FETCH_METADATA, "Chrome")

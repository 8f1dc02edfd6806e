"""One request on a connection of its own: where its answer ends, and what is refused before anything is sent."""

import socket
import ssl
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from shopkeeper.net.connection import Broken, NotSent, Reply
from shopkeeper.net.request import request
from shopkeeper.net.tls import TrustStore
from shopkeeper.net.url import Url, parse_url
from tests.support.faults import Behaviour, Exchange, FaultyServer, never_answers

SECONDS = 20.0
MAX_BODY = 100_000


def ask(server: FaultyServer, method: str = "GET", **options: object) -> Reply:
    given = {"deadline": time.monotonic() + SECONDS, "max_body": MAX_BODY, **options}
    return request(method, f"{server.url}/hook?a=b", **given)  # type: ignore[arg-type]


def closes_after(*parts: bytes) -> Behaviour:
    def behave(exchange: Exchange) -> None:
        for part in parts:
            exchange.send(part)
            time.sleep(0.01)
        exchange.keep = False

    return behave


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
WITHOUT_LENGTH: dict[str, tuple[bytes, ...]] = {
    "at once": (HEAD + b"\r\nall of it",),
    "in parts": (HEAD, b"\r\n", b"all ", b"of it"),
    "of HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\nall of it",),
}


@pytest.mark.parametrize("parts", WITHOUT_LENGTH.values(), ids=WITHOUT_LENGTH)
def test_an_answer_without_a_length_ends_where_the_peer_closes(parts: tuple[bytes, ...]) -> None:
    with FaultyServer(closes_after(*parts)) as server:
        assert ask(server).body == b"all of it"


def test_an_answer_with_a_length_or_in_chunks_does_not_wait_for_the_close() -> None:
    answers = (b"Content-Length: 5\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    for answer in answers:
        with FaultyServer(lambda exchange, answer=answer: exchange.send(HEAD + answer)) as server:  # type: ignore[misc]
            assert ask(server).body == b"hello"


EMPTY: list[tuple[str, bytes]] = [
    ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
    ("POST", b"HTTP/1.1 204 No Content\r\n\r\n"),
    ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"),
    ("HEAD", HEAD + b"Content-Length: 7\r\n\r\n"),
    ("HEAD", HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
    ("HEAD", HEAD + b"\r\n"),
]


@pytest.mark.parametrize(("method", "answer"), EMPTY)
def test_an_answer_that_has_no_body_ends_with_its_header(method: str, answer: bytes) -> None:
    """The connection stays open: whoever waited for a body would wait until the deadline."""
    with FaultyServer(lambda exchange: exchange.send(answer)) as server:
        assert ask(server, method).body == b""


REFUSED: dict[str, bytes] = {
    "a coding that is not known": HEAD + b"Transfer-Encoding: gzip\r\n\r\nx",
    "a coding after chunked": HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "an empty coding": HEAD + b"Transfer-Encoding:\r\n\r\nx",
    "a length that is none": HEAD + b"Content-Length: one\r\n\r\nx",
    "an empty length": HEAD + b"Content-Length:\r\n\r\nx",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
    "less than its length": HEAD + b"Content-Length: 9\r\n\r\nx",
    "less than its chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "a header that is cut": HEAD,
    "nothing": b"",
}


@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED)
def test_an_answer_whose_end_is_not_known_is_refused_though_the_peer_closes(answer: bytes) -> None:
    with FaultyServer(closes_after(answer)) as server, pytest.raises(Broken):
        ask(server)


@pytest.mark.parametrize("framing", [b"", b"Content-Length: 1001\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_an_answer_that_is_larger_than_the_bound_is_refused(framing: bytes) -> None:
    def endless(exchange: Exchange) -> None:
        exchange.send(HEAD + framing + b"\r\n")
        while not exchange.server.closing.is_set():
            exchange.send(b"3e9\r\n" + b"x" * 1001 + b"\r\n")

    with FaultyServer(endless) as server, pytest.raises(Broken, match="too large"):
        ask(server, max_body=1000)


def test_a_body_of_exactly_the_bound_is_read_whole() -> None:
    with FaultyServer(closes_after(HEAD + b"\r\n" + b"x" * 1000)) as server:
        assert ask(server, max_body=1000).body == b"x" * 1000


def drips(exchange: Exchange) -> None:
    exchange.send(HEAD + b"\r\n")
    exchange.linger(b"x")


@pytest.mark.parametrize("behaviour", [never_answers, drips])
def test_no_answer_stretches_the_deadline(behaviour: Behaviour) -> None:
    with FaultyServer(behaviour) as server:
        with pytest.raises(Broken):
            ask(server, deadline=time.monotonic() + 2)
        assert not server.outwaited


def test_a_request_is_sent_whole_and_says_that_it_is_the_last() -> None:
    with FaultyServer(lambda exchange: exchange.answer(202, b"")) as server:
        assert ask(server, "POST", headers={"webhook-id": "evt_1"}, body=b"{}").status == 202
        sent, host = server.requests[0], server.url.removeprefix("http://")
    assert sent.header.decode().split("\r\n") == [
        "POST /hook?a=b HTTP/1.1",
        f"Host: {host}",
        "Connection: close",
        "webhook-id: evt_1",
        "Content-Length: 2",
    ]
    assert sent.body == b"{}"


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with FaultyServer(lambda exchange: exchange.answer(302, b"", Location=server.url)) as server:
        assert ask(server).status == 302
        assert len(server.requests) == 1


BREAKS = ["\r", "\n", "\r\nX-Evil: 1", "\r\n\r\nGET / HTTP/1.1", "\0", "é", "\u2028"]


@pytest.mark.parametrize("text", BREAKS)
def test_a_line_break_reaches_no_peer_from_a_header_a_url_or_a_method(text: str) -> None:
    with FaultyServer(never_answers) as server:
        for headers in ({"X-A": f"a{text}"}, {f"X-A{text}": "a"}, {"X-A": f"{text}a"}):
            with pytest.raises(ValueError, match="header"):
                ask(server, headers=headers)
        with pytest.raises(ValueError, match="method"):
            ask(server, f"GET{text}")
        for url in (f"{server.url}/a{text}", f"{server.url}{text}/a", f"{server.url}/?a={text}b", text + server.url):
            with pytest.raises(ValueError, match="the URL has a character"):
                request("GET", url, deadline=time.monotonic() + SECONDS, max_body=1)
        assert server.accepted == 0


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "", "X A", "X:A"])
def test_a_header_that_frames_the_body_or_has_no_name_is_refused(name: str) -> None:
    with FaultyServer(never_answers) as server:
        with pytest.raises(ValueError, match="header"):
            ask(server, "POST", headers={name: "1"}, body=b"x")
        assert server.accepted == 0


def test_a_refused_connection_is_told_apart_from_a_broken_one() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(NotSent, match="refused"):
            request("GET", url, deadline=time.monotonic() + SECONDS, max_body=1)
    with pytest.raises(NotSent, match="no address"):
        request("GET", "http://nowhere.invalid/", deadline=time.monotonic() + SECONDS, max_body=1)


URLS: dict[str, Url] = {
    "https://a.example": Url("a.example", 443, True, "a.example", "/"),
    "HTTP://A.example:80/x?y=z#w": Url("a.example", 80, False, "a.example", "/x?y=z"),
    "https://a.example:8443?q": Url("a.example", 8443, True, "a.example:8443", "/?q"),
    "http://[::1]:8000/%0D%0A": Url("::1", 8000, False, "[::1]:8000", "/%0D%0A"),
}


@pytest.mark.parametrize("text", URLS)
def test_a_url_is_taken_apart(text: str) -> None:
    assert parse_url(text) == URLS[text]


AUTHORITIES = ["a.example", "A.example", "a.example:8443", "a.example:80", "a.example:443", "a.example:", "127.0.0.1:1"]
AUTHORITIES += [
    "[::1]",
    "[::1]:8000",
    "a",
    "a:0",
    "a:65535",
    "a:65536",
    "a:x",
    "a:-1",
    "a:8_0",
    "[::1",
    "::1]",
    "[a]",
    ":80",
]
TARGETS = [
    "",
    "/",
    "/a/b",
    "?q",
    "/a?b=c",
    "/a?b=c?d",
    "/a/?b=/c",
    "#f",
    "/a#f",
    "/a?b#f?g",
    "?#",
    "//a//b",
    "/@",
    "/a?b@c",
]


@pytest.mark.parametrize("scheme", ["http", "https", "HTTP"])
@pytest.mark.parametrize("authority", AUTHORITIES)
def test_a_url_has_the_parts_that_the_standard_library_finds(scheme: str, authority: str) -> None:
    for target in TARGETS:
        text = f"{scheme}://{authority}{target}"
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            parts = urlsplit("")
        if not parts.hostname:
            with pytest.raises(ValueError, match="the URL"):
                parse_url(text)
            continue
        url = parse_url(text)
        usual = 443 if parts.scheme == "https" else 80
        assert (url.host, url.port) == (parts.hostname, usual if port is None else port)
        assert (url.is_encrypted, url.host_field.endswith(f":{port}")) == (usual == 443, port not in (None, usual))
        assert url.target.rstrip("?") == ((parts.path or "/") + (f"?{parts.query}" if parts.query else "")).rstrip("?")


NOT_URLS = ["", "nowhere", "ftp://a", "http://", "http:///a", "http://a:99999", "http://a:x", "http://[::1", "//a/b"]


@pytest.mark.parametrize("text", [*NOT_URLS, "https://user:password@a.example/", "https://good.example@evil.example"])
def test_what_no_request_can_be_sent_to_is_no_url(text: str) -> None:
    with pytest.raises(ValueError, match="the URL"):
        parse_url(text)


class TlsServer:
    """Answers one request over TLS without a length, and then closes well, or cuts the connection."""

    def __init__(self, authority: trustme.CA, *, cuts: bool) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://localhost:{self._listener.getsockname()[1]}/"
        self._cuts = cuts
        threading.Thread(target=self._serve, args=(context,), daemon=True).start()

    def _serve(self, context: ssl.SSLContext) -> None:
        connection, _ = self._listener.accept()
        with self._listener, connection, suppress(OSError):
            encrypted = context.wrap_socket(connection, server_side=True)
            with encrypted:
                encrypted.recv(65536)
                encrypted.sendall(HEAD + b"\r\nas far as it goes")
                if not self._cuts:
                    encrypted.unwrap()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def test_over_tls_an_answer_that_was_cut_is_not_taken_for_a_whole_one(authority: trustme.CA, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    authority.cert_pem.write_to_path(str(bundle))
    for cuts in (False, True):
        url = TlsServer(authority, cuts=cuts).url
        options = {
            "deadline": time.monotonic() + SECONDS,
            "max_body": MAX_BODY,
            "trust": lambda: TrustStore(str(bundle)),
        }
        if cuts:
            with pytest.raises(Broken):
                request("GET", url, **options)  # type: ignore[arg-type]
        else:
            assert request("GET", url, **options).body == b"as far as it goes"  # type: ignore[arg-type]


def test_a_server_that_the_system_does_not_trust_is_not_asked(authority: trustme.CA) -> None:
    with pytest.raises(NotSent, match="certificate"):
        request("GET", TlsServer(authority, cuts=False).url, deadline=time.monotonic() + SECONDS, max_body=MAX_BODY)

"""HEAD and UNKNOWN_PATHS over HTTP, as monitors and browsers see them."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http import Answer, send
from tests.support.processes import Shopkeeper, shopkeeper
from tests.support.reads import COUNTING, SAFE, lasting
from tests.support.shop import Owner, order_for, place

GATEWAYS = "MissingAuthenticationTokenException"


def raw(server: Shopkeeper, method: str, path: str) -> tuple[bytes, bytes]:
    """Send a request and return head and body of the answer, as they are on the wire until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as peer:
        peer.sendall(f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        received = bytearray()
        while part := peer.recv(65536):
            received += part
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    return head.lower(), body


def length(head: bytes) -> int:
    (line,) = [line for line in head.split(b"\r\n") if line.startswith(b"content-length:")]
    return int(line.partition(b":")[2])


def test_a_monitor_may_ask_for_the_head_of_the_health(site: Shopkeeper) -> None:
    for path in ("/health", "/health/detailed", "/auth/health", "/"):
        answer = send(site.url, "HEAD", path)
        assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("path", ["/health", "/api/items?limit=0", "/api/users/me", "/openapi.json", "/nowhere"])
def test_head_tells_the_length_of_the_body_that_it_does_not_send(path: str, server: Shopkeeper) -> None:
    got, body = raw(server, "GET", path)
    head, nothing = raw(server, "HEAD", path)
    assert head.split(b"\r\n")[0] == got.split(b"\r\n")[0]
    assert nothing == b""
    assert length(head) == length(got) == len(body) > 0


def test_head_is_answered_like_every_get_that_is_safe(server: Shopkeeper) -> None:
    owner = Owner(server.url)
    item = owner.add()
    order = place(owner, order_for(item)).json
    hooks = f"/api/businesses/{owner.business_id}/webhooks"
    assert owner.ask("POST", "/api/traffic/share").status == 200
    webhook_id = owner.ask("POST", hooks, {"url": "https://hooks.example/"}).json["webhook_id"]
    ids = {"user_id": owner.user["user_id"], "business_id": owner.business_id, "webhook_id": webhook_id}
    ids["dimension"] = "pages"
    for path in SAFE:
        known = path.format(**ids, item_id=item["item_id"], order_id=order["order_id"])
        got, head = (owner.ask(method, known) for method in ("GET", "HEAD"))
        assert (head.status, head.body) == (got.status, b"")
        assert got.status == (403 if path == "/api/users" else 200), "only admins list users"
        assert lasting(head.headers) == lasting(got.headers)


def test_head_never_counts(site: Shopkeeper) -> None:
    before = send(site.url, "GET", "/counter/head").json["count"]
    for path in COUNTING:
        answer = send(site.url, "HEAD", path.format(counter_id="head"))
        assert (answer.status, answer.headers["x-amzn-errortype"], answer.body) == (403, GATEWAYS, b"")
    assert send(site.url, "GET", "/counter/head").json["count"] == before + 1


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shopkeeper]:
    folder = tmp_path_factory.mktemp("plain")
    with shopkeeper(folder / "shop.db", {"UNKNOWN_PATHS": "plain"}) as running:
        yield running


UNKNOWN = [
    ("GET", "/nowhere", 404, None),
    ("HEAD", "/nowhere", 404, None),
    ("GET", "/wp-login.php?a=b", 404, None),
    ("GET", "/counter/%ff", 404, None),
    ("PUT", "/counter", 405, "GET, POST, OPTIONS"),
    ("HEAD", "/counter", 405, "GET, POST, OPTIONS"),
    ("TRACE", "/health", 405, "GET, HEAD, OPTIONS"),
    ("DELETE", "/openapi.json", 405, "GET, HEAD, OPTIONS"),
]


@pytest.mark.parametrize(("method", "path", "status", "allow"), UNKNOWN)
def test_what_is_unknown_is_404_or_405_where_that_is_set_and_the_gateways_403_elsewhere(
    method: str, path: str, status: int, allow: str | None, plain: Shopkeeper, server: Shopkeeper
) -> None:
    answer: Answer = send(plain.url, method, path)
    assert (answer.status, answer.headers.get("allow")) == (status, allow)
    assert answer.headers["content-type"] == "application/problem+json"
    assert method == "HEAD" or answer.json["code"] == {404: "not_found", 405: "method_not_allowed"}[status]
    refused = send(server.url, method, path)
    assert (refused.status, refused.headers["x-amzn-errortype"]) == (403, GATEWAYS)
    assert "allow" not in refused.headers


def test_a_wrong_value_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="UNKNOWN_PATHS must be gateway or plain, not 'no'"):
        Shopkeeper(tmp_path / "shop.db", UNKNOWN_PATHS="no")

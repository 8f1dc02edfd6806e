"""Requests that no client library sends: bodies in chunks, cut off or whole, and fields that are no text."""

import socket

import pytest

from tests.support.http import send_raw
from tests.support.processes import Shopkeeper
from tests.support.shop import Owner, Person, order_for, place

CUT_OFF = [
    b"",
    b"ZZ\r\n",
    b"0",
    b'8\r\n{"reason',
    b'9\r\n{"reason"\r\nZZ\r\n',
]


@pytest.mark.parametrize("body", CUT_OFF)
def test_a_body_in_chunks_that_is_cut_off_changes_nothing(server: Shopkeeper, body: bytes) -> None:
    owner = Owner(server.url)
    order = place(owner, order_for(owner.add())).json
    head = (
        f"POST /api/orders/{order['order_id']}/reject HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {owner.tokens['access_token']}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(head.encode() + body)
        client.shutdown(socket.SHUT_WR)
        client.settimeout(30)
        answer = client.recv(65536)
    assert not answer.startswith(b"HTTP/1.1 2")
    assert owner.ask("GET", f"/api/orders/{order['order_id']}").json["status"] == "received"


def test_a_body_in_chunks_that_is_whole_is_taken(server: Shopkeeper) -> None:
    owner = Owner(server.url)
    order = place(owner, order_for(owner.add())).json
    head = (
        f"POST /api/orders/{order['order_id']}/reject HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {owner.tokens['access_token']}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    answer = send_raw(server.port, head.encode() + b'9\r\n{"reason"\r\nA\r\n:"no milk"\r\n1\r\n}\r\n0\r\n\r\n')
    assert answer.startswith(b"HTTP/1.1 200")
    assert owner.ask("GET", f"/api/orders/{order['order_id']}").json["reason"] == "no milk"


def test_a_precondition_that_cannot_be_read_is_refused(server: Shopkeeper) -> None:
    person = Person(server.url)
    body = b'{"name": "Another"}'
    for value in (b'"\xff"', b"\xff", b'"1\xc3\xa9"'):
        head = (
            f"PATCH /api/users/me HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nAuthorization: Bearer {person.tokens['access_token']}\r\nIf-Match: "
        )
        answer = send_raw(server.port, head.encode() + value + b"\r\n\r\n" + body)
        assert answer.split()[1] in (b"400", b"412")
    assert person.ask("GET", "/api/users/me").json["version"] == 1

"""One message to one address: it is signed as Standard Webhooks has it, and no receiver misleads the sender."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import standardwebhooks
import trustme

from shopkeeper.clock import utc_now
from shopkeeper.domains.feed.dispatching import Delivered, Failed, Outcome, Refused, SetAside
from shopkeeper.domains.feed.model import Event
from shopkeeper.domains.webhooks.delivering import outcome_of
from shopkeeper.domains.webhooks.message import Message, message_of
from shopkeeper.domains.webhooks.sending import Answer, Sender, retry_after
from shopkeeper.domains.webhooks.signing import SigningSecret, new_secret, signatures
from shopkeeper.net.connection import NoAddress
from shopkeeper.net.deadline import ending_in
from shopkeeper.net.guard import Guard
from tests.support.faults import (
    Behaviour,
    Exchange,
    FaultyServer,
    answers,
    drips,
    drips_the_body,
    hangs_up,
    never_answers,
    stalls_in_the_body,
    until_closed,
)
from tests.support.processes import free_port
from tests.support.tls import TlsServer
from tests.support.webhook_requests import fields

GUARD = Guard(allows_loopback=True)
EVENT = Event(
    seq=7,
    type="order.received",
    at="2026-11-21T12:00:00.000Z",
    subject="o1",
    data={"number": 42, "customer": "Zoë", "status": "received"},
)
MESSAGE = message_of("shop", EVENT)
SECRET = new_secret()


def send(url: str, message: Message = MESSAGE, guard: Guard = GUARD) -> Answer:
    return Sender(guard, utc_now).send(url, [SECRET], message)


# The message


def test_a_message_says_what_happened_and_nothing_of_the_customer() -> None:
    assert json.loads(MESSAGE.body) == {
        "type": "order.received",
        "timestamp": "2026-11-21T12:00:00.000Z",
        "data": {"number": 42, "status": "received", "business_id": "shop", "seq": 7, "subject": "o1"},
    }
    assert MESSAGE.message_id == "evt_shop_7"


@pytest.mark.parametrize(
    ("kind", "by", "is_sent"),
    [
        ("order.cancelled", {"by": "customer"}, False),
        ("order.cancelled", {}, False),
        ("order.cancelled", {"by": "business"}, True),
        ("order.rejected", {}, True),
    ],
)
def test_a_reason_is_sent_only_if_the_business_gave_it(kind: str, by: dict[str, str], is_sent: bool) -> None:
    event = msgspec.structs.replace(EVENT, type=kind, data={"reason": "Call me at +14155550199", **by})
    assert ("+14155550199" in message_of("shop", event).body.decode()) is is_sent


@pytest.mark.parametrize("business_id", ["a.b", "Café", "a b", "x\r\ny: z"])
def test_the_id_of_a_message_has_neither_a_full_stop_nor_what_no_header_can_have(business_id: str) -> None:
    message_id = message_of(business_id, EVENT).message_id
    assert message_id.isascii()
    assert message_id.isprintable()
    assert "." not in message_id
    assert " " not in message_id


def test_what_is_sent_is_verified_by_the_library_of_standard_webhooks() -> None:
    with FaultyServer(answers(204, b"")) as server:
        host = server.url.removeprefix("http://")
        answer = send(f"{server.url}/hook?a=b")
        assert answer == Answer(204, None, answer.milliseconds)
    (request,) = server.requests
    assert request.header.startswith(b"POST /hook?a=b HTTP/1.1\r\n")
    sent = fields(request)
    assert sent["content-type"] == "application/json"
    assert sent["host"] == host
    assert sent["user-agent"].startswith("Shopkeeper/")
    oracle = standardwebhooks.Webhook(SECRET.value)
    assert oracle.verify(request.body, sent) == json.loads(MESSAGE.body)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        oracle.verify(request.body + b" ", sent)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(new_secret().value).verify(request.body, sent)


def test_each_of_several_secrets_verifies() -> None:
    secrets = [new_secret() for _ in range(3)]
    now = utc_now()
    headers = {
        "webhook-id": "evt_a_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signatures(secrets, "evt_a_1", int(now.timestamp()), b"{}"),
    }
    for secret in secrets:
        assert standardwebhooks.Webhook(secret.value).verify(b"{}", headers) == {}
        assert standardwebhooks.Webhook(secret.value).sign("evt_a_1", now, "{}") in headers["webhook-signature"]


def test_a_secret_has_32_random_bytes_and_is_not_shown() -> None:
    assert new_secret() != new_secret()
    assert len(new_secret().value) == len("whsec_") + 44
    assert SECRET.value not in repr([SECRET, {"a": SigningSecret(SECRET.value, "2026")}])


# What answers mean

OUTCOMES: list[tuple[int, type[Outcome]]] = [
    *((status, Delivered) for status in (200, 201, 202, 204, 299)),
    *((status, SetAside) for status in (300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 408, 409, 413, 422, 499)),
    (410, Refused),
    *((status, Failed) for status in (429, 500, 501, 502, 503, 504, 599)),
]


@pytest.mark.parametrize(("status", "outcome"), OUTCOMES)
def test_a_status_means_one_outcome(status: int, outcome: type[Outcome]) -> None:
    with FaultyServer(answers(status, b"" if status in (204, 304) else b"Sorry")) as server:
        answer = send(server.url)
    assert type(outcome_of(answer)) is outcome
    assert (answer.status, answer.error) == (status, None if outcome is Delivered else f"status_{status}")


def test_a_redirect_is_not_followed() -> None:
    with FaultyServer(answers(200, b"")) as other, FaultyServer(answers(307, b"", Location=other.url)) as server:
        assert send(server.url).error == "status_307"
    assert other.accepted == 0


def test_of_a_refusal_the_beginning_of_its_text_is_kept() -> None:
    with FaultyServer(answers(400, "Zu spät! ".encode() * 100)) as server:
        answer = send(server.url)
    assert answer.shown == ("Zu spät! " * 100)[:200]
    with FaultyServer(answers(200, b"Thanks")) as server:
        assert send(server.url).shown == ""
    with FaultyServer(answers(500, b"\xff\xfe")) as server:
        assert send(server.url).shown == "\ufffd\ufffd"


NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *[("", 0), ("0", 0), ("120", 120), ("9" * 50, 999_999_999), ("-5", 0), ("1.5", 0), ("soon", 0), ("²", 0)],
        *[("Sat, 21 Nov 2026 12:10:00 GMT", 600), ("Sat, 21 Nov 2026 11:00:00 GMT", 0), ("Sat, 99 Nov 2026", 0)],
        *[
            ("Sat, 21 Nov 2026 12:10:00", 0),
            ("Sat, 21 Nov 2026 12:10:00 -0000", 0),
            ("21 Nov 99999999 12:10:00 GMT", 0),
        ],
    ],
)
def test_a_receiver_says_when_to_come_back_in_seconds_or_by_a_date(value: str, seconds: int) -> None:
    assert retry_after(value, NOW) == seconds


def test_a_busy_receiver_is_left_alone_for_as_long_as_it_asks() -> None:
    with FaultyServer(answers(503, b"", Retry_After="3600")) as server:
        assert outcome_of(send(server.url)) == Failed("status_503", 3600)


# Receivers that misbehave


def floods_the_header(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        exchange.send(b"X-Flood: " + b"x" * 1000 + b"\r\n")


def says_nothing_but_that_it_goes_on(exchange: Exchange) -> None:
    while True:
        exchange.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def speaks_another_protocol(exchange: Exchange) -> None:
    exchange.send(b"220 mail.example ESMTP\r\n\r\n")


def answers_for_ever(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        exchange.send(b"x" * 10_000)


def announces_too_much(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")


def breaks_off_in_a_chunk(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nxx")
    exchange.keep = False


@pytest.mark.parametrize(
    "behaviour",
    [hangs_up, never_answers, drips, floods_the_header, says_nothing_but_that_it_goes_on, speaks_another_protocol],
)
def test_a_receiver_that_does_not_answer_in_time_and_in_bounds_has_not_answered(behaviour: Behaviour) -> None:
    with FaultyServer(behaviour) as server, ending_in(2):
        answer = send(server.url)
    assert (answer.status, answer.error) == (None, "no_answer")
    assert not server.outwaited


@pytest.mark.parametrize(
    "behaviour",
    [
        answers_for_ever,
        announces_too_much,
        breaks_off_in_a_chunk,
        drips_the_body,
        stalls_in_the_body,
        until_closed(b"x"),
    ],
)
def test_once_the_head_of_an_answer_is_there_its_status_counts(behaviour: Behaviour) -> None:
    with FaultyServer(behaviour) as server, ending_in(3):
        assert outcome_of(send(server.url)) == Delivered()
    assert not server.outwaited


def fails(error: Exception) -> Callable[..., list[object]]:
    def resolve(*_: object) -> list[object]:
        raise error

    return resolve


def test_what_kept_a_message_from_being_sent_is_told_by_a_code() -> None:
    assert send(f"http://127.0.0.1:{free_port()}/").error == "not_connected"
    assert send("https://shop.example/", guard=Guard(resolve=fails(NoAddress("none")))).error == "no_address"
    assert send("https://localhost/", guard=Guard()).error == "address_not_public"
    assert send("http://shop.example/", guard=Guard()).error == "address_not_public"
    untrusted = TlsServer(trustme.CA(), "localhost")
    assert send(f"https://localhost:{untrusted.port}/").error == "tls_failed"
    untrusted.close()


def test_a_message_has_fifteen_seconds_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def resolve(host: str, port: int, ends: float) -> list[object]:
        given.append(ends - time.monotonic())
        raise NoAddress("none")

    send("https://shop.example/", guard=Guard(resolve=resolve))
    assert given[0] == pytest.approx(15, abs=1)


def test_former_secrets_sign_until_their_time_is_over() -> None:
    from shopkeeper.domains.webhooks.records import StoredWebhook

    until = "2026-11-22T12:00:00.000Z"
    webhook = StoredWebhook(
        business_id="shop",
        webhook_id="w",
        url="https://shop.example/",
        kinds=None,
        description=None,
        secrets=[SigningSecret("new"), SigningSecret("old", until)],
        created_at=until,
        updated_at=until,
    )
    assert [one.value for one in webhook.secrets_at(NOW + timedelta(hours=23, minutes=59))] == ["new", "old"]
    assert [one.value for one in webhook.secrets_at(NOW + timedelta(hours=24))] == ["new"]

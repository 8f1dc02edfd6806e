"""The function `mail`: what it is sent by, what runs it on Lambda, and what happens where no mails are sent."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.domains.accounts.offers import add
from shopkeeper.domains.accounts.records import new_account
from shopkeeper.domains.mail.model import NotDelivered
from shopkeeper.domains.orders.offers import waiting_businesses
from shopkeeper.errors import RunFailed
from shopkeeper.functions.accounts import FUNCTION as ACCOUNTS
from shopkeeper.functions.facts import facts
from shopkeeper.functions.mail import FUNCTION
from shopkeeper.functions.permissions import Permission, permissions_of
from shopkeeper.functions.transports import open_transport
from shopkeeper.runtime.lambda_.events import UnsupportedEvent
from shopkeeper.runtime.lambda_.handler import lambda_handler
from shopkeeper.runtime.resources import open_resources
from shopkeeper.settings import read
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import MAILS, SUBSCRIPTIONS, TABLES
from shopkeeper.storage.values import encode_item
from tests.support import faults
from tests.support.faults import FaultyServer
from tests.support.mails import SENDER, PostOffice
from tests.support.shops import Shop
from tests.support.smtp import SmtpServer, smtp_server
from tests.unit.test_lambda import LAMBDA_ID
from tests.unit.test_lambda_events import stream

KEYS = {"JWT_SECRET_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}
MESSAGE = b"Subject: Hello\r\n\r\nHello\r\n"


class Context:
    """The context of an invocation that has just begun."""

    aws_request_id = LAMBDA_ID

    def get_remaining_time_in_millis(self) -> int:
        return FUNCTION.timeout * 1000


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with smtp_server() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    opened = SQLiteStore(tmp_path / "shop.db", TABLES)
    yield opened
    opened.close()


def environment(folder: Path, smtp: SmtpServer) -> dict[str, str]:
    url = {"SMTP_URL": f"smtp://127.0.0.1:{smtp.port}", "MAIL_FROM": SENDER}
    return {"STORE_URL": f"sqlite:///{folder / 'shop.db'}", **KEYS, **url}


def open_shop(store: SQLiteStore) -> Shop:
    """Return a shop whose owner's address is confirmed."""
    shop = Shop(store)
    confirmed = new_account("b@example.com", "B", "hash", rfc3339(utc_now()))
    confirmed = msgspec.structs.replace(confirmed, user_id="owner", email_confirmed_at=confirmed.created_at)
    store.transact(add(store, confirmed))
    return shop


def shop_with_an_order(store: SQLiteStore) -> Shop:
    shop = open_shop(store)
    shop.now = utc_now()
    shop.place()
    return shop


# On Lambda


def test_its_triggers_tell_of_an_order_and_send_the_mail(
    store: SQLiteStore, smtp: SmtpServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = shop_with_an_order(store)
    handler = lambda_handler(FUNCTION, environment(tmp_path, smtp))
    event = encode_item({"business_id": shop.business_id, "seq": 1, "type": "order.received"})
    handler(stream("events-dev", event), Context())
    written = [encode_item(item) for item in store.scan(MAILS, limit=100).items]
    assert len(written) > 2, "counters are among them"
    handler(stream("mails-dev", *written), Context())
    assert [recipient for recipient, _ in smtp.taken] == ["b@example.com"]
    handler({"schedule": "mail"}, Context())
    handler({"schedule": "mail-missed"}, Context())
    assert len(smtp.taken) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["name"] for line in lines if line.get("message")] == [
        *("mail-events", "mail-outbox", "mail", "mail-missed"),
    ]
    assert [line["MailsSent"] for line in lines if "MailsSent" in line] == [1]


@pytest.mark.parametrize("event", [{}, {"path": "/"}, {"schedule": "order-expiry"}, {"Records": []}])
def test_it_serves_nothing_else(smtp: SmtpServer, store: SQLiteStore, tmp_path: Path, event: Any) -> None:
    with pytest.raises(UnsupportedEvent):
        lambda_handler(FUNCTION, environment(tmp_path, smtp))(event, Context())


def test_a_mail_that_was_not_taken_fails_the_invocation_so_that_it_is_told(
    store: SQLiteStore, smtp: SmtpServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = PostOffice(store)
    office.now = utc_now()
    office.post()
    smtp.answers["RCPT"] = b"550 5.1.1 bob@example.com is not known"
    office.outbox.post("confirm", "bob@example.com", {})
    handler = lambda_handler(FUNCTION, environment(tmp_path, smtp))
    assert handler({"schedule": "mail"}, Context()) is None, "nobody has this address, so there is nothing to send"
    shop_with_an_order(store)
    lambda_handler(FUNCTION, environment(tmp_path, smtp))({"schedule": "mail-missed"}, Context())
    with pytest.raises(RunFailed, match=r"MailsDropped: .*: SMTP 550 5\.1\.1"):
        handler({"schedule": "mail"}, Context())
    handler({"schedule": "mail"}, Context())
    written = capsys.readouterr().out
    assert '"MailsDropped":1' in written
    assert "bob@example.com" not in written


def test_the_first_event_of_a_business_is_told_even_if_the_stream_missed_it(
    store: SQLiteStore, smtp: SmtpServer, tmp_path: Path
) -> None:
    shop = shop_with_an_order(store)
    assert waiting_businesses(store) == [shop.business_id]
    assert store.scan(SUBSCRIPTIONS, limit=10).items == []
    handler = lambda_handler(FUNCTION, environment(tmp_path, smtp))
    handler({"schedule": "mail-missed"}, Context())
    handler({"schedule": "mail"}, Context())
    assert [recipient for recipient, _ in smtp.taken] == ["b@example.com"]


def test_events_from_before_mails_were_sent_are_not_told(store: SQLiteStore, smtp: SmtpServer, tmp_path: Path) -> None:
    shop = open_shop(store)
    shop.now = utc_now() - timedelta(hours=2)
    for number in range(30):
        shop.place(f"{number:016}")
    shop.now = utc_now()
    shop.place()
    handler = lambda_handler(FUNCTION, environment(tmp_path, smtp))
    handler({"schedule": "mail-missed"}, Context())
    handler({"schedule": "mail"}, Context())
    assert len(smtp.taken) == 1


@pytest.mark.parametrize(
    ("account", "pool", "is_told"),
    [
        ({}, "", False),
        ({"email_confirmed_at": "2026-11-28T12:00:00.000Z"}, "", True),
        ({"role": "admin"}, "", True),
        (None, "", False),
        (None, "eu-central-1_Ab1Cd2Ef3", True),
    ],
)
def test_orders_give_mails_if_the_owner_is_confirmed_an_admin_or_of_a_pool(
    store: SQLiteStore, smtp: SmtpServer, tmp_path: Path, account: dict[str, str] | None, pool: str, is_told: bool
) -> None:
    shop = Shop(store)
    if account is not None:
        stored = msgspec.structs.replace(new_account("b@example.com", "B", "hash", "now"), user_id="owner", **account)
        store.transact(add(store, stored))
    shop.now = utc_now()
    shop.place()
    cognito = {"COGNITO_USER_POOL_ID": pool, "COGNITO_CLIENT_ID": "client"} if pool else {}
    handler = lambda_handler(FUNCTION, environment(tmp_path, smtp) | cognito)
    handler({"schedule": "mail-missed"}, Context())
    handler({"schedule": "mail"}, Context())
    assert [recipient for recipient, _ in smtp.taken] == (["b@example.com"] if is_told else [])


# Where no mails are sent


def test_without_mail_it_reads_and_writes_nothing(tmp_path: Path) -> None:
    settings = read({"STORE_URL": f"sqlite:///{tmp_path / 'shop.db'}", **KEYS}, TABLES)
    resources = open_resources(settings, authenticates=True)
    resources.store.close()  # whatever would use it fails
    for schedule in FUNCTION.schedules:
        assert schedule.build(resources)() == {}
    for one in FUNCTION.streams:
        assert one.build(resources)([{"business_id": "b", "seq": 1}]) == {}


# What sends


def test_an_smtp_server_is_used_wherever_it_is_set(smtp: SmtpServer) -> None:
    url = {"SMTP_URL": f"smtp://127.0.0.1:{smtp.port}", "MAIL_FROM": SENDER, "STORE_URL": "dynamodb:"}
    send = open_transport(read(url, TABLES))
    send("bob@example.com", MESSAGE)
    assert smtp.taken == [("bob@example.com", MESSAGE)]
    for answer, is_final, is_outage in (
        (b"550 5.1.1 no", True, False),
        (b"450 4.2.1 later", False, False),
        (None, False, True),
    ):
        smtp.answers["RCPT"] = answer
        with pytest.raises(NotDelivered) as raised:
            send("bob@example.com", MESSAGE)
        assert (raised.value.is_final, raised.value.is_outage) == (is_final, is_outage)


@pytest.mark.parametrize(("code", "is_final"), [("BadRequestException", True), ("TooManyRequestsException", False)])
def test_ses_is_used_with_dynamodb_where_no_smtp_server_is_set(code: str, is_final: bool) -> None:
    taken = faults.answers(200, b"{}", connection="close")
    refused = faults.answers(400, b"{}", connection="close", x_amzn_errortype=code)
    with FaultyServer(taken, refused) as server:
        variables = {"AWS_ENDPOINT_URL_SESV2": server.url, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        send = open_transport(read({"MAIL_FROM": SENDER, "STORE_URL": "dynamodb:", **variables}, TABLES))
        send("bob@example.com", MESSAGE)
        with pytest.raises(NotDelivered) as raised:
            send("bob@example.com", MESSAGE)
        assert raised.value.is_final == is_final
        assert b"POST /v2/email/outbound-emails HTTP/1.1" in server.requests[0].header


# Permissions


def test_it_alone_may_send_mails_and_only_from_the_address_of_the_setting() -> None:
    assert {one for one in permissions_of(FUNCTION) if one.action.startswith("ses:")} == {
        Permission(f"ses:{action}", "sender", "MAIL_FROM") for action in ("SendEmail", "SendRawEmail")
    }
    statements = [
        (name, statement)
        for name, function in facts()["functions"].items()
        for statement in function["statements"]
        if any(action.startswith("ses:") for action in statement["actions"])
    ]
    assert statements == [("mail", {"actions": ["ses:SendEmail", "ses:SendRawEmail"], "senders": ["MAIL_FROM"]})]
    assert not [one for one in permissions_of(ACCOUNTS) if one.action.startswith("ses:")]

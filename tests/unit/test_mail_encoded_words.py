"""Python decodes what looks like an encoded word (RFC 2047), so a text could begin a field or the message's body."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.domains.mail.message import build_message
from shopkeeper.domains.mail.model import Letter
from shopkeeper.storage import Store
from tests.support.mails import BOB, SENDER, PostOffice
from tests.support.smtp import parsed, part

NOW = datetime(2026, 11, 28, 18, 0, tzinfo=UTC)
EVIL = "=?utf-8?q?A=0d=0aContent-Type:_text/html=0d=0a=0d=0a<h1>Pay_here</h1>?="


def message_of(name: str) -> bytes:
    facts = {"business": name, "order": "order #1", "total": "1.00 EUR"}
    letter = Letter(kind="customer_received", recipient=BOB, facts=facts, lines=[f"1 x {name}"])
    return build_message(letter, SENDER, "mail-1", NOW)


def fields_of(message: bytes) -> list[str]:
    return sorted(name.lower() for name in parsed(message))


@pytest.mark.parametrize(
    "name", [EVIL, "=?utf-8?b?DQpCY2M6IGV2ZUBleGFtcGxlLmNvbQ==?=", "=?utf-8?q?=00?=", "==??q?=0a?="]
)
def test_an_encoded_word_in_a_name_begins_no_field_and_no_body(name: str) -> None:
    message = message_of(name)
    assert fields_of(message) == fields_of(message_of("Shop"))
    assert part(parsed(message), "plain") == part(parsed(message_of("Shop")), "plain").replace("Shop", name)


@given(st.text(st.sampled_from("=?qQbB_ 0aAdD\r\nutf-8:é"), min_size=1))
def test_no_text_of_its_signs_does_either(name: str) -> None:
    message = message_of(f"=?utf-8?q?{name}?=")
    assert fields_of(message) == fields_of(message_of("Shop"))
    assert b"\n" not in message.replace(b"\r\n", b"")


@pytest.mark.parametrize("address", ["=?utf-8?q?a=0d=0aX=3a?=@example.com", "=?utf-8?q?eve=40a.com?=@example.com"])
def test_a_mail_to_an_address_with_one_is_dropped_and_holds_up_no_other(address: str, shop_store: Store) -> None:
    office = PostOffice(shop_store)
    office.post(address)
    office.wait(0.001)
    office.post()
    assert office.run() == {"MailsDropped": 1, "MailsSent": 1}
    assert [recipient for recipient, _ in office.sent] == [BOB]

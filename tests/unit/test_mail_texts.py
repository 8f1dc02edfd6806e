"""What mails say: both parts the same, no fact becomes markup or a header, and nothing is loaded."""

import re
from contextlib import closing
from datetime import UTC, datetime
from html import unescape
from itertools import combinations
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.domains.mail.amounts import local_time, money
from shopkeeper.domains.mail.message import build_message, html, plain_text, subject_of
from shopkeeper.domains.mail.model import LIMITS, Facts, Kind, Letter, group_of
from shopkeeper.domains.mail.orders import CUSTOMER_KINDS, OWNER_KINDS
from shopkeeper.domains.mail.texts import TEXTS
from shopkeeper.domains.mail.wording import LINES
from shopkeeper.domains.traffic.letters import KIND as WEEKLY
from shopkeeper.settings import SETTINGS
from shopkeeper.storage.tables import TABLES
from tests.support.shops import Shop
from tests.support.smtp import parsed, part
from tests.support.stores import open_store

KINDS: tuple[Kind, ...] = get_args(Kind)
NOW = datetime(2026, 11, 28, 18, 0, tzinfo=UTC)
BAD = '<script>alert("x")</script>\r\nBcc: eve@example.com {order} & so on'


def named(text: str) -> set[str]:
    return set(re.findall(r"\{([a-z_]+)\}", text))


def facts_of(kind: Kind, language: str = "en") -> set[str]:
    """Every fact that the text of a kind may show."""
    text = TEXTS[language][kind]
    return named(text.subject).union(*map(named, text.paragraphs)) - named(LINES)


def letter(kind: Kind, facts: Facts | None = None, lines: tuple[str, ...] = ("2 x Tea: 2.00 EUR",)) -> Letter:
    known = {name: f"a {name} & more" for name in facts_of(kind)} if facts is None else facts
    return Letter(kind=kind, recipient="bob@example.com", facts=known, lines=lines)


def words(page: str) -> list[str]:
    """The words that a reader of HTML sees, each list entry with the dash that the text part has."""
    body = page.partition("<body")[2].partition(">")[2]
    shown = re.sub(r"<h1.*?</h1>", " ", body).replace("<li>", " - ")
    return unescape(re.sub(r"<[^>]*>", " ", shown)).split()


@pytest.mark.parametrize("language", TEXTS)
def test_every_kind_has_a_text_in_every_language(language: str) -> None:
    assert set(TEXTS[language]) == set(KINDS)


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_language_shows_the_facts_that_english_shows(language: str, kind: Kind) -> None:
    assert facts_of(kind, language) == facts_of(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_both_parts_say_the_same_whichever_facts_are_known(kind: Kind) -> None:
    needed = named(TEXTS["en"][kind].subject)
    optional = sorted(facts_of(kind) - needed)
    for number in range(len(optional) + 1):
        for some in combinations(optional, number):
            one = letter(kind, {name: f"a {name} <&> more" for name in (*needed, *some)})
            assert words(html(one)) == plain_text(one).split()
            assert not named(plain_text(one))


@given(st.text(), st.text())
def test_no_fact_becomes_markup_or_leaves_its_place(fact: str, line: str) -> None:
    one = letter("owner_received", {"order": "order", "business": fact, "customer": fact, "total": "1"}, (line,))
    page = html(one)
    plain = html(letter("owner_received", {"order": "order", "business": "B", "customer": "B", "total": "1"}, ("L",)))
    assert re.findall(r"<[^>]*>", page) == re.findall(r"<[^>]*>", plain)
    assert f"Customer: {fact}" in plain_text(one)


@given(st.text(min_size=1))
def test_a_subject_is_one_line_of_bounded_length(fact: str) -> None:
    subject = subject_of(letter("customer_ready", {"order": fact, "business": "B"}))
    assert subject.isprintable()
    assert len(subject) <= 150
    build_message(letter("customer_ready", {"order": fact, "business": "B"}), "shop@example.com", "id", NOW)


def test_a_message_has_its_fields_and_two_parts_and_no_others() -> None:
    one = letter("owner_received", {"order": BAD, "business": BAD, "customer": BAD, "total": BAD, "note": BAD}, (BAD,))
    message = parsed(build_message(one, "shop@example.com", "mail-1", NOW))
    assert {name.lower() for name in message} == {
        *("from", "to", "subject", "date", "message-id", "content-language", "auto-submitted"),
        *("mime-version", "content-type"),
    }
    assert (message["To"], message["From"]) == ("bob@example.com", "shop@example.com")
    assert message["Bcc"] is None
    assert [str(one.get_content_type()) for one in message.iter_parts()] == ["text/plain", "text/html"]
    assert "<script>" not in part(message, "html")
    assert BAD.split("\r")[0] in part(message, "plain")


def test_the_same_mail_has_the_same_message_id_and_another_one_another() -> None:
    one = letter("reset", {"token": "t"})
    ids = [parsed(build_message(one, "shop@example.com", name, NOW))["Message-ID"] for name in ("a", "a", "evt_b#1")]
    assert ids[0] == ids[1] != ids[2]
    assert all(re.fullmatch(r"<[0-9a-f]{32}@example\.com>", one) for one in ids)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "bob",
        "bob@",
        "@x.example",
        "a@x.example,b@x.example",
        "Bob <b@x.example>",
        "b@x.example\r\nBcc: e@x.example",
    ],
)
def test_a_message_goes_to_one_plain_address(address: str) -> None:
    one = Letter(kind="reset", recipient=address, facts={"token": "t"})
    with pytest.raises(ValueError, match="one plain address"):
        build_message(one, "shop@example.com", "id", NOW)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_loads_nothing_and_fits_a_phone(kind: Kind) -> None:
    page = html(letter(kind))
    for word in ("src=", "url(", "<img", "<link", "<script", "@import", "<form"):
        assert word not in page
    assert 'name="viewport"' in page
    assert "max-width" in page


def test_a_link_is_shown_as_it_is_and_leads_there() -> None:
    link = "https://shop.example/reset#token=a.1.b_-"
    one = letter("reset", {"link": link})
    assert f"open this page within 30 minutes: {link}" in plain_text(one)
    assert f'<a href="{link}">{link}</a>' in html(one)
    assert "token within" not in plain_text(one)


def test_a_mail_to_a_customer_shows_nothing_that_a_customer_writes() -> None:
    for kind in KINDS:
        if group_of(kind) == "customer":
            assert facts_of(kind) <= {"business", "order", "total", "reason", "ready_at"}
        if group_of(kind) in ("reset", "confirm"):
            assert facts_of(kind) == {"link", "token"}


def test_every_kind_has_limits_and_somebody_who_sends_it() -> None:
    owners = {kind for kinds in OWNER_KINDS.values() for kind in kinds}
    assert {*owners, *CUSTOMER_KINDS.values(), "reset", "confirm", "invite", WEEKLY} == set(KINDS)
    assert {group_of(kind) for kind in KINDS} == set(LIMITS)


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (1250, "EUR", "12.50 EUR"),
        (5, "USD", "0.05 USD"),
        (0, "EUR", "0.00 EUR"),
        (1250, "JPY", "1250 JPY"),
        (1250, "KWD", "1.250 KWD"),
        (1250, "CLF", "0.1250 CLF"),
        (2**53, "EUR", "90071992547409.92 EUR"),
    ],
)
def test_money_is_shown_with_the_decimals_of_its_currency(minor: int, currency: str, shown: str) -> None:
    assert money(minor, currency) == shown


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "2026-11-28 18:30 UTC"),
        ("Europe/Berlin", "2026-11-28 19:30 CET"),
        ("America/New_York", "2026-11-28 13:30 EST"),
        ("Asia/Kathmandu", "2026-11-29 00:15 +0545"),
    ],
)
def test_times_are_shown_in_the_zone_of_the_business(zone: str, shown: str, tmp_path: Path) -> None:
    with closing(open_store("sqlite", {}, tmp_path, TABLES)) as store:
        business = msgspec.structs.replace(Shop(store).business, time_zone=zone)
    assert local_time(business, "2026-11-28T18:30:00.000Z") == shown


def test_mails_can_be_set_up() -> None:
    assert {"SMTP_URL", "MAIL_FROM", "SITE_URL"} <= {one.variable for one in SETTINGS}
    assert {one.variable for one in SETTINGS if one.deployable} >= {"MAIL_FROM", "SITE_URL"}
    assert not any(one.deployable for one in SETTINGS if one.variable == "SMTP_URL"), (
        "its password would be in templates"
    )

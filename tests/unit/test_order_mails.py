"""Who is told of an order by mail, when, and of what."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.domains.businesses.model import BusinessChange
from shopkeeper.domains.feed.model import Event
from shopkeeper.domains.mail.model import LIMITS
from shopkeeper.domains.mail.offers import Posted
from shopkeeper.domains.mail.orders import FRESH_SECONDS, REMINDER_SECONDS, OrderMails
from shopkeeper.domains.orders.expiry import ExpirySweep
from shopkeeper.domains.orders.model import NewOrder, Order, Refusal, Step, StepBody, Timing
from shopkeeper.http import InvalidInput
from shopkeeper.storage import Store
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import MAILS, TABLES
from tests.support.lagging import settle
from tests.support.mails import BOB, PostOffice
from tests.support.shops import ACCEPT_SECONDS, Shop
from tests.support.smtp import part

OWNER = "b@example.com"


class Mailing:
    """A shop with a post office, which share their clock."""

    def __init__(self, store: Store) -> None:
        self.shop = Shop(store)
        self.office = PostOffice(store)
        self.office.now = self.shop.now
        self.confirmed = {"owner"}
        self.mails = OrderMails(store, self.office.outbox, self.office.clock, self.confirmed.__contains__)
        self.office.compose = self.mails.compose
        self.told = 0

    def wait(self, seconds: float) -> None:
        self.shop.wait(seconds)
        self.office.now = self.shop.now

    def place(self, key: str = "k", *, notify: bool = True, **more: Any) -> Any:
        customer = {"name": "Bob Evil http://spam.example", "phone": "+14155550199", "email": BOB, "notify": notify}
        lines = [{"item_id": self.shop.item, "quantity": 2}]
        body = {"customer": customer, "lines": lines, "note": "no sugar", **more}
        return self.shop.orders.place(self.shop.business_id, key * 16, msgspec.convert(body, NewOrder))[0]

    def step(self, order: Order, step: Step, body: StepBody | None = None) -> None:
        self.shop.orders.advance(self.shop.owner, order.order_id, None, step, *(() if body is None else (body,)))

    def events(self) -> list[Event]:
        return self.shop.feed.after(self.shop.owner, self.shop.business_id, self.told, 100)[0]

    def tell(self) -> list[Posted]:
        """Pass on the new events."""
        posted = []
        for event in self.events():
            posted += self.mails.tell(self.shop.business_id, event)
            self.told = event.seq
        return posted

    def inbox(self, address: str) -> list[tuple[str, str]]:
        """Pass on the new events, send what is due, and return subject and text of what an address got since."""
        self.tell()
        self.office.run()
        messages, self.office.sent = self.office.messages, []
        return [(one["Subject"], part(one, "plain").replace("\r", "")) for one in messages if one["To"] == address]


@pytest.fixture
def mailing(shop_store: Store) -> Mailing:
    return Mailing(shop_store)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Mailing]:
    """The same on SQLite."""
    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    yield Mailing(store)
    store.close()


# Whose mails


def test_an_order_gives_no_mails_until_its_owner_is_confirmed(mailing: Mailing) -> None:
    mailing.confirmed.clear()
    order = mailing.place()
    assert mailing.inbox(OWNER) == mailing.inbox(BOB) == []
    mailing.confirmed.add("owner")
    mailing.step(order, "accept")
    assert len(mailing.inbox(BOB)) == 1, "events before the confirmation give no mails"


# The owner


def test_the_owner_gets_each_new_order_at_once_with_all_that_is_needed(mailing: Mailing) -> None:
    mailing.place(notify=False)
    ((subject, text),) = mailing.inbox(OWNER)
    assert subject == "New order #1: 2.00 EUR"
    assert text.split("\n\n") == [
        "B has a new order #1.",
        "Accept it before 2026-11-21 12:10 UTC.",
        "- 2 x Tea: 2.00 EUR",
        "Total: 2.00 EUR",
        "Customer: Bob Evil http://spam.example",
        "Phone: +14155550199",
        f"Email: {BOB}",
        "Note: no sugar\n",
    ]
    assert mailing.inbox(OWNER) == []


@pytest.mark.parametrize(
    ("fulfilment", "told"),
    [
        ({"type": "table", "table": "7"}, ["Table: 7"]),
        ({"type": "delivery", "address": {"street": "Elm St 1", "city": "Ulm"}}, ["Deliver to: Elm St 1, Ulm"]),
        (
            {"type": "delivery", "address": "Elm St 1", "instructions": "Ring twice"},
            ["Deliver to: Elm St 1", "Instructions: Ring twice"],
        ),
    ],
)
def test_the_owner_is_told_where_the_order_goes_and_of_every_note(
    plain: Mailing, fulfilment: dict[str, Any], told: list[str]
) -> None:
    plain.place(fulfilment=fulfilment, lines=[{"item_id": plain.shop.item, "quantity": 2, "note": "no milk"}])
    plain.tell()
    plain.office.run()
    texts = {one["To"]: part(one, "plain").replace("\r", "") for one in plain.office.messages}
    paragraphs = texts[OWNER].split("\n\n")
    assert "- 2 x Tea: 2.00 EUR (no milk)" in paragraphs
    assert [one for one in told if one in paragraphs] == told
    assert "no milk" not in texts[BOB]


def test_the_owner_is_reminded_of_an_order_that_was_not_accepted_within_a_minute(mailing: Mailing) -> None:
    mailing.place("a", notify=False)
    accepted = mailing.place("b", notify=False)
    assert len(mailing.inbox(OWNER)) == 2
    mailing.step(accepted, "accept")
    mailing.wait(REMINDER_SECONDS - 0.001)
    assert mailing.inbox(OWNER) == []
    mailing.wait(0.001)
    ((subject, text),) = mailing.inbox(OWNER)
    assert subject == "Not accepted yet: order #1"
    assert "It expires at 2026-11-21 12:10 UTC." in text
    mailing.wait(3600)
    assert mailing.inbox(OWNER) == []


def test_the_owner_gets_an_order_that_is_accepted_already_without_the_time_to_accept_it(plain: Mailing) -> None:
    order = plain.place(notify=False)
    plain.tell()
    plain.step(order, "accept")
    ((_, text),) = plain.inbox(OWNER)
    assert "before" not in text


def test_an_owner_who_wants_no_mails_gets_none(plain: Mailing) -> None:
    registry, business_id = plain.shop.registry, plain.shop.business_id
    plain.place("a", notify=False)
    plain.tell()
    registry.change(registry.get(business_id), BusinessChange(order_emails=False))
    plain.place("b", notify=False)
    assert plain.tell() == []
    assert plain.inbox(OWNER) == []
    registry.change(registry.get(business_id), BusinessChange(order_emails=True))
    plain.place("c", notify=False)
    assert len(plain.inbox(OWNER)) == 1


def test_the_number_of_an_order_is_told_where_its_event_has_one(plain: Mailing) -> None:
    plain.place()
    (event,) = plain.events()
    numbered = msgspec.structs.replace(event, data={**event.data, "number": 42})
    plain.mails.tell(plain.shop.business_id, numbered)
    plain.office.run()
    subjects = {one["Subject"] for one in plain.office.messages}
    assert subjects == {"New order #42: 2.00 EUR", "B has your order #42"}


# The customer


def test_a_customer_who_did_not_ask_gets_nothing(plain: Mailing) -> None:
    order = plain.place(notify=False)
    plain.step(order, "accept")
    assert plain.inbox(BOB) == []


def test_a_customer_who_asks_is_told_of_every_turn(mailing: Mailing) -> None:
    order = mailing.place()
    ((subject, text),) = mailing.inbox(BOB)
    assert subject == "B has your order #1"
    assert "- 2 x Tea: 2.00 EUR" in text
    mailing.step(order, "accept")
    mailing.step(order, "prepare")
    ((subject, text),) = mailing.inbox(BOB)
    assert subject == "B accepted your order #1"
    assert "ready at" not in text
    mailing.step(order, "ready")
    mailing.step(order, "complete")
    assert [subject for subject, _ in mailing.inbox(BOB)] == ["Your order #1 is ready"]


def test_a_customer_is_told_when_it_will_be_ready(plain: Mailing) -> None:
    plain.step(plain.place(), "accept", Timing(prepare_minutes=20))
    assert "It will be ready at 2026-11-21 12:20 UTC." in plain.inbox(BOB)[1][1]


@pytest.mark.parametrize("step", ["reject", "cancel"])
def test_a_customer_is_told_why_the_business_refuses(plain: Mailing, step: Step) -> None:
    order = plain.place()
    if step == "cancel":
        plain.step(order, "accept")
    plain.step(order, step, Refusal(reason="Sold out"))
    (*_, (_, text)) = plain.inbox(BOB)
    assert "Reason: Sold out" in text


def test_what_a_customer_writes_is_in_no_mail_to_that_address(plain: Mailing) -> None:
    """A stranger can order in anybody's name, and then cancel with a reason."""
    order = plain.place(note="Visit http://spam.example")
    plain.shop.orders.advance(None, order.order_id, order.order_token, "cancel", Refusal(reason="http://spam.example"))
    told = plain.inbox(BOB)
    assert [subject for subject, _ in told] == ["B has your order #1", "Your order #1 is cancelled"]
    for subject, text in told:
        for word in ("spam", "Evil", "+1415"):
            assert word not in subject + text


def test_a_customer_is_told_that_nobody_accepted_the_order(plain: Mailing) -> None:
    plain.place()
    plain.inbox(BOB)
    plain.wait(ACCEPT_SECONDS)
    ExpirySweep(plain.shop.store, plain.shop.clock).run()
    assert [subject for subject, _ in plain.inbox(BOB)] == ["Your order #1 was not accepted"]


def test_a_victim_of_many_orders_gets_a_bounded_number_of_mails(plain: Mailing) -> None:
    hour, _ = LIMITS["customer"]
    for number in range(hour.mails + 5):
        plain.place(f"{number:02}")
    assert len(plain.inbox(BOB)) == hour.mails


def test_notify_needs_an_email(plain: Mailing) -> None:
    body = {"customer": {"name": "Bob", "phone": "+123", "notify": True}, "lines": [{"item_id": "x", "quantity": 1}]}
    with pytest.raises(InvalidInput) as raised:
        plain.shop.orders.place(plain.shop.business_id, "k" * 16, msgspec.convert(body, NewOrder))
    assert [(one.field, one.message) for one in raised.value.errors] == [("customer.notify", "needs an email")]


# Events


def test_the_same_event_again_changes_nothing(mailing: Mailing) -> None:
    mailing.place()
    assert mailing.tell() == [Posted.NEW] * 3
    mailing.told = 0
    assert mailing.tell() == [Posted.REPEATED] * 3
    assert len(mailing.inbox(BOB)) == 1
    mailing.told = 0
    assert mailing.inbox(BOB) == []


def test_what_happened_an_hour_ago_is_not_told_any_more(plain: Mailing) -> None:
    plain.place("a")
    plain.wait(1)
    plain.place("b")
    plain.wait(FRESH_SECONDS - 0.5)
    assert len(plain.tell()) == 3


def test_an_event_that_is_not_of_an_order_is_passed_over(plain: Mailing) -> None:
    event = Event(seq=1, type="business.paused", at="2026-11-21T12:00:00.000Z", subject="x", data={})
    assert plain.mails.tell(plain.shop.business_id, event) == []


def test_an_event_of_an_order_or_a_business_that_is_gone_is_passed_over(plain: Mailing) -> None:
    order = plain.place()
    (event,) = plain.events()
    assert plain.mails.tell(plain.shop.business_id, msgspec.structs.replace(event, subject="nothing")) == []
    plain.tell()
    plain.step(order, "reject")
    plain.shop.delete()
    assert plain.mails.tell(plain.shop.business_id, event) == []
    assert plain.office.run() == {}, "its letters are not needed any more"
    assert plain.office.sent == []


def test_the_outbox_holds_no_name_phone_or_note(plain: Mailing) -> None:
    plain.place()
    plain.tell()
    settle(plain.shop.store)
    stored = str(plain.shop.store.scan(MAILS, limit=100).items)
    for word in ("Evil", "+1415", "sugar"):
        assert word not in stored

"""`shopkeeper orders export`: the orders of the past as files that accounts can take, and no formula can hide in."""

import csv
import io
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from shopkeeper.domains.businesses.model import BusinessChange
from shopkeeper.domains.orders.model import NewOrder, Order, PlacedOrder
from shopkeeper.operator.accounting import COLUMNS, CUSTOMER_COLUMNS, decimal, harmless
from shopkeeper.runtime.resources import open_store
from shopkeeper.settings import read
from shopkeeper.storage import Changes
from shopkeeper.storage.tables import ORDERS, TABLES
from tests.support.lagging import settle
from tests.support.processes import run_cli
from tests.support.shops import Shop
from tests.support.stores import ATOMIC, command_environment

EVENING = datetime(2026, 11, 20, 22, 59, tzinfo=UTC)
"""A minute before midnight in Berlin."""


class Books:
    """A shop in Berlin with an order just before a midnight and one just after it, and the command line on it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        store = open_store(read(environment, TABLES))
        shop = Shop(store)
        shop.registry.change(shop.registry.get(shop.business_id), BusinessChange(time_zone="Europe/Berlin"))
        shop.now = EVENING
        self.before = self._place(shop, "a")
        shop.wait(60)
        self.after = self._place(shop, "b")
        settle(store)
        self.business_id = shop.business_id
        store.close()

    def _place(self, shop: Shop, key: str) -> PlacedOrder:
        body = {
            "customer": {"name": "=cmd|' /C calc'!A0", "phone": "+4930123456"},
            "lines": [{"item_id": shop.item, "quantity": 3, "note": "Hot"}],
            "fulfilment": {"type": "delivery", "address": "Lane 1, Berlin"},
            "note": "@SUM(A1)",
        }
        return shop.orders.place(shop.business_id, key * 16, msgspec.convert(body, NewOrder))[0]

    def export(self, *arguments: str, business: str = "") -> "subprocess.CompletedProcess[str]":
        """Run the command."""
        given = ("--business", business or self.business_id, *arguments)
        return run_cli("orders", "export", *given, **self.environment)

    def rows(self, *arguments: str, business: str = "") -> list[dict[str, str]]:
        """Return the rows of a CSV file."""
        done = self.export(*arguments, business=business)
        assert done.returncode == 0, done.stderr
        return list(csv.DictReader(io.StringIO(done.stdout)))


@pytest.fixture(scope="module", params=ATOMIC)
def books(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The books on each store."""
    return Books(command_environment(request.param, request, tmp_path_factory.mktemp("books")))


def test_a_row_has_what_accounts_need_and_nothing_of_the_customer(books: Books) -> None:
    first, second = books.rows()
    assert list(first) == list(COLUMNS)
    assert first == {
        "order_id": books.before.order_id,
        "business_id": books.business_id,
        "day": "2026-11-20",
        "number": "1",
        "status": "expired",
        "created_at": "2026-11-20T22:59:00.000Z",
        "status_since": "2026-11-20T23:09:00.000Z",
        "fulfilment": "delivery",
        "items": "3 x Tea",
        "currency": "EUR",
        "total_minor": "300",
        "total": "3.00",
    }
    assert second["order_id"] == books.after.order_id


def test_days_are_those_of_the_business(books: Books) -> None:
    def ids(*arguments: str) -> list[str]:
        return [row["order_id"] for row in books.rows(*arguments)]

    assert ids("--to", "2026-11-20") == [books.before.order_id]
    assert ids("--from", "2026-11-21") == [books.after.order_id]
    assert ids("--from", "2026-11-20", "--to", "2026-11-21") == [books.before.order_id, books.after.order_id]
    assert ids("--from", "2026-11-22") == []


def test_no_text_of_a_customer_becomes_a_formula(books: Books) -> None:
    first, _ = books.rows("--with-customers")
    assert list(first) == [*COLUMNS, *CUSTOMER_COLUMNS]
    assert [first[name] for name in CUSTOMER_COLUMNS] == [
        "'=cmd|' /C calc'!A0",
        "'+4930123456",
        "",
        "Lane 1, Berlin",
        "'@SUM(A1)",
    ]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "\uff0b1"])
def test_a_text_that_could_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_other_cells_stay_as_they_are() -> None:
    assert [harmless(cell) for cell in ("Tea", "a=1", "—", -5, None)] == ["Tea", "a=1", "—", -5, None]


def test_lines_of_json_are_orders_without_or_with_their_customers(books: Books) -> None:
    plain, whole = (
        [json.loads(line) for line in books.export("--format", "jsonl", *more).stdout.splitlines()]
        for more in ((), ("--with-customers",))
    )
    assert len(plain) == len(whole) == 2
    assert (plain[0]["total"], plain[0]["total_minor"], plain[0]["day"]) == ("3.00", 300, "2026-11-20")
    assert plain[0]["fulfilment"] == {"type": "delivery"}
    assert not {"customer", "note", "reason"} & plain[0].keys()
    assert "note" not in plain[0]["lines"][0]
    assert msgspec.convert(whole[0], Order).customer.phone == "+4930123456"
    assert whole[0]["lines"][0]["note"] == "Hot"


def test_all_businesses_are_exported_together_and_an_unknown_one_is_refused(books: Books) -> None:
    assert {row["order_id"] for row in books.rows(business="all")} == {books.before.order_id, books.after.order_id}
    refused = books.export(business="nobody")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "There is no business nobody" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2026-11-22", "--to", "2026-11-21"), "--from is a later day than --to"),
        (("--from", "yesterday"), "'yesterday' is no date like 2026-11-21."),
        (("--format", "xls"), "xls"),
    ],
)
def test_a_wrong_option_is_refused(books: Books, arguments: tuple[str, ...], said: str) -> None:
    done = books.export(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_progress_is_on_standard_error_and_only_if_asked_for(books: Books) -> None:
    assert books.export().stderr == "2 orders exported.\n"
    shown = books.export("--progress")
    assert shown.stderr == "orders: 1\n2 orders exported.\n"
    assert shown.stdout == books.export().stdout


def test_an_order_that_cannot_be_read_is_named_and_the_others_are_written(tmp_path: Path) -> None:
    books = Books({"STORE_URL": f"sqlite:///{tmp_path}/shop.db"})
    store = open_store(read(books.environment, TABLES))
    store.update(ORDERS, {"order_id": books.before.order_id}, Changes(set={"lines": "none"}))
    store.close()
    for business in ("all", books.business_id):
        done = books.export(business=business)
        assert done.returncode == 2
        assert books.before.order_id in done.stderr
        assert [row["order_id"] for row in csv.DictReader(io.StringIO(done.stdout))] == [books.after.order_id]


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(5, "EUR", "0.05"), (1250, "EUR", "12.50"), (7, "JPY", "7"), (1234, "KWD", "1.234"), (0, "USD", "0.00")],
)
def test_an_amount_has_the_decimal_places_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert decimal(minor, currency) == text

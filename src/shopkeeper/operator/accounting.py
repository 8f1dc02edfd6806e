"""Orders as files for accounts: CSV (RFC 4180) or JSON lines, written while they are read."""

import csv
from collections.abc import Callable, Iterator
from datetime import date
from typing import IO, Any, Literal

import msgspec

from shopkeeper.domains.mail.amounts import DIGITS
from shopkeeper.domains.orders.fulfilment import Delivery, TableService, type_of
from shopkeeper.domains.orders.history import Past
from shopkeeper.domains.orders.model import Order
from shopkeeper.errors import ConfigurationError
from shopkeeper.storage import Store
from shopkeeper.storage.records import to_item

Format = Literal["csv", "jsonl"]

ALL = "all"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""With these a spreadsheet begins a formula (OWASP, "CSV Injection"). The last four are the full-width forms."""


def decimal(minor: int, currency: str) -> str:
    """Return an amount in major units with all decimal places of its currency, like `12.50`, given in minor units."""
    digits = DIGITS.get(currency, 2)
    whole, part = divmod(minor, 10**digits)
    return f"{whole}.{part:0{digits}}" if digits else str(whole)


Cell = Callable[[Order, str], str | int | None]
COLUMNS: dict[str, Cell] = {
    "order_id": lambda order, _: order.order_id,
    "business_id": lambda order, _: order.business_id,
    "day": lambda _, day: day,
    "number": lambda order, _: order.number,
    "status": lambda order, _: order.status,
    "created_at": lambda order, _: order.created_at,
    "status_since": lambda order, _: order.history[-1].at,
    "fulfilment": lambda order, _: type_of(order.fulfilment),
    "items": lambda order, _: "; ".join(f"{line.quantity} x {line.name}" for line in order.lines),
    "currency": lambda order, _: order.currency,
    "total_minor": lambda order, _: order.total_minor,
    "total": lambda order, _: decimal(order.total_minor, order.currency),
}
"""The columns of a CSV file, in their order. New ones are added at the end."""

CUSTOMER_COLUMNS: dict[str, Cell] = {
    "customer_name": lambda order, _: order.customer.name,
    "customer_phone": lambda order, _: order.customer.phone,
    "customer_email": lambda order, _: order.customer.email,
    "delivery": lambda order, _: _place(order),
    "note": lambda order, _: order.note,
}
"""Further columns, for those who ask for the data of customers."""

PERSONAL = ("customer", "note", "reason")
"""What a line of JSON has only for those who ask for the data of customers, beside notes of lines and addresses."""


def export_orders(
    store: Store,
    business_id: str,
    days: tuple[date | None, date | None],
    file: IO[str],
    now: str,
    *,
    kind: Format,
    with_customers: bool,
    report: Callable[[int], None],
) -> int:
    """Write the orders of a business, or of `all`, from one day to another to a file, and return their number.

    A day that is None is no limit. `report` is called with the number of orders that were read. Raises
    ConfigurationError for an unknown business and, at the end, for orders that cannot be read, or StoreError.
    """
    past = Past(store, now)
    if business_id != ALL and not past.knows(business_id):
        raise ConfigurationError(f"There is no business {business_id}, and there are no orders of one.")
    write = _csv(file, with_customers) if kind == "csv" else _lines(file, with_customers)
    first, last = (None if day is None else day.isoformat() for day in days)
    written, unreadable = 0, []
    found: Iterator[Order | str] = past.of_all() if business_id == ALL else past.of(business_id)
    for read, order in enumerate(found, start=1):
        report(read)
        if isinstance(order, str):
            unreadable.append(order)
            continue
        day = past.day(order)
        if (first or day) <= day <= (last or day):
            write(order, day)
            written += 1
    if unreadable:
        raise ConfigurationError(f"These orders cannot be read, and are missing: {', '.join(unreadable)}.")
    return written


Write = Callable[[Order, str], None]


def _csv(file: IO[str], with_customers: bool) -> Write:
    columns = COLUMNS | (CUSTOMER_COLUMNS if with_customers else {})
    rows = csv.writer(file)
    rows.writerow(columns)
    return lambda order, day: rows.writerow([harmless(cell(order, day)) for cell in columns.values()])


def harmless(value: str | int | None) -> str | int | None:
    """Return a cell that no spreadsheet takes for a formula: a text that could be one gets an apostrophe before it."""
    is_formula = isinstance(value, str) and value.lstrip(" ").startswith(FORMULA)
    return f"'{value}" if is_formula else value


def _lines(file: IO[str], with_customers: bool) -> Write:
    def write(order: Order, day: str) -> None:
        record = to_item(order) | {"day": day, "total": decimal(order.total_minor, order.currency)}
        if not with_customers:
            record = _without_customer(record)
        file.write(msgspec.json.encode(record).decode() + "\n")

    return write


def _without_customer(record: dict[str, Any]) -> dict[str, Any]:
    lines = [{name: value for name, value in line.items() if name != "note"} for line in record["lines"]]
    kept = {name: value for name, value in record.items() if name not in PERSONAL}
    return kept | {"lines": lines, "fulfilment": {"type": record["fulfilment"]["type"]}}


def _place(order: Order) -> str | None:
    match order.fulfilment:
        case Delivery(address=address):
            return address if isinstance(address, str) else ", ".join(address.values())
        case TableService(table=table):
            return table
    return None

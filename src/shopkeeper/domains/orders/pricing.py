"""What an order costs: its lines with the names and prices of now."""

from collections.abc import Sequence

import msgspec

from shopkeeper.domains.catalogue.model import Item
from shopkeeper.domains.orders.model import (
    MAX_TOTAL_MINOR,
    ItemUnavailable,
    Line,
    MixedCurrencies,
    NewOrder,
    TotalDiffers,
    TotalTooLarge,
)


class Priced(msgspec.Struct, frozen=True):
    """The lines of an order, and their total in minor units of their currency."""

    lines: list[Line]
    currency: str
    total_minor: int


def price(new: NewOrder, business_id: str, items: Sequence[Item | None]) -> Priced:
    """Return what an order costs, given the items of its lines.

    Raises ItemUnavailable, MixedCurrencies, TotalTooLarge or TotalDiffers.
    """
    lines, currencies = [], set()
    for ordered, item in zip(new.lines, items, strict=True):
        if item is None or item.business_id != business_id or not item.available:
            raise ItemUnavailable("An item cannot be ordered here.", item_id=ordered.item_id)
        currencies.add(item.currency)
        line = Line(
            item_id=item.item_id,
            name=item.name,
            quantity=ordered.quantity,
            price_minor=item.price_minor,
            total_minor=item.price_minor * ordered.quantity,
            note=ordered.note,
        )
        lines.append(line)
    if len(currencies) != 1:
        raise MixedCurrencies("The items are priced in more than one currency.")
    total = sum(line.total_minor for line in lines)
    if total > MAX_TOTAL_MINOR:
        raise TotalTooLarge("The total is too large.")
    if new.expected_total_minor not in (None, total):
        raise TotalDiffers("The total differs from expected_total_minor.", total_minor=total)
    return Priced(lines, currencies.pop(), total)

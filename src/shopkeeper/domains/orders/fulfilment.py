"""How an order comes to its customer: they pick it up, it is delivered, or it is brought to a table."""

from typing import Annotated, Literal, get_args

import msgspec

from shopkeeper.domains.businesses.offers import Address, check_address
from shopkeeper.http.constraints import text

FulfilmentType = Literal["pickup", "delivery", "table"]


class Pickup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="pickup"):
    """The customer picks the order up."""


class Delivery(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="delivery",
):
    """The order is delivered to an address."""

    address: Address
    instructions: Annotated[str, text(500, examples=["Ring twice"])] | None = None


class TableService(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="table"
):
    """The order is brought to a table of the business, by the table's name or number."""

    table: Annotated[str, text(50, examples=["7"])]


Fulfilment = Annotated[
    Pickup | Delivery | TableService,
    msgspec.Meta(description="How the order comes to its customer", examples=[{"type": "table", "table": "7"}]),
]
PICKUP = Pickup()


def type_of(fulfilment: Pickup | Delivery | TableService) -> FulfilmentType:
    """Return the type under which a fulfilment is sent."""
    return _TYPES[type(fulfilment)]


def check_fulfilment(fulfilment: Pickup | Delivery | TableService) -> None:
    """Raise InvalidInput for an address with a fault that its type cannot express."""
    if isinstance(fulfilment, Delivery):
        check_address(fulfilment.address, "fulfilment.address")


_TYPES: dict[type, FulfilmentType] = dict(zip((Pickup, Delivery, TableService), get_args(FulfilmentType), strict=True))

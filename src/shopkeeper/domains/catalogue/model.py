"""What an item is, and what the catalogue's endpoints take and give. Money is in minor units (cents)."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from shopkeeper.domains.catalogue.picture_model import PictureName
from shopkeeper.http import Conflict
from shopkeeper.http.constraints import moment, pattern, text
from shopkeeper.http.fields import CursorText, IfMatch, Limit

MAX_ITEMS = 5000
MAX_PRICE_MINOR = 10**12

CODES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL "
    "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG "
    "QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD "
    "TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
)
"""The currencies in use of ISO 4217, without funds, metals and tests."""

Currency = Annotated[
    str,
    pattern(f"^({CODES.replace(' ', '|')})$", must="must be a currency of ISO 4217, like EUR", examples=["EUR"]),
]
PriceMinor = Annotated[int, msgspec.Meta(ge=0, le=MAX_PRICE_MINOR, description="In minor units of the currency")]
ItemName = Annotated[str, text(200, examples=["Espresso"])]
Description = Annotated[str, text(2000)]
Category = Annotated[str, text(100, examples=["Drinks"])]
Position = Annotated[
    int, msgspec.Meta(ge=0, le=1_000_000, description="Where a site shows the item; those without one come last")
]
MOST_UNAVAILABLE_DAYS = 30
UnavailableUntil = Annotated[datetime, moment("A moment within the next 30 days (RFC 3339, with its zone)")]
Id = Annotated[str, text(128)]


class NewItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a new item."""

    business_id: Id
    name: ItemName
    description: Description | None = None
    price_minor: PriceMinor
    currency: Currency
    category: Category | None = None
    position: Position | None = None
    available: bool = True


class ItemChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a change; what is left out stays as it is."""

    name: ItemName | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    price_minor: PriceMinor | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    category: Category | UnsetType | None = UNSET
    position: Position | UnsetType | None = UNSET
    available: bool | UnsetType = UNSET
    unavailable_until: UnavailableUntil | UnsetType | None = UNSET
    picture: PictureName | UnsetType | None = UNSET


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An item of a business's catalogue; times are RFC 3339, `version` counts changes.

    It can be ordered if it is `available` and `unavailable_until` is null. `picture` is the name of its picture, and
    `picture_url` the address: a path of this server, or a whole URL.
    """

    item_id: str
    business_id: str
    name: str
    description: str | None = None
    price_minor: int
    currency: str
    category: str | None = None
    position: int | None = None
    available: bool
    unavailable_until: str | None = None
    created_at: str
    updated_at: str
    version: int = 1
    picture: str | None = None
    picture_url: str | None = None


class StoredItem(Item, frozen=True, kw_only=True):
    """An item as it is stored, with the attribute that lists all items and the text that a search compares with.

    `last_picture` is the newest picture that it has shown. `pictured` says that it counts as one with pictures.
    """

    kind: Literal["item"] = "item"
    folded: str | None = None
    last_picture: str | None = None
    pictured: bool = False

    def shown(self, now: str, picture_url: str | None) -> Item:
        """Return the part that is shown at a moment. The end of an unavailability is not shown once it has passed.

        The address of the picture is not stored.
        """
        facts = {name: getattr(self, name) for name in Item.__struct_fields__}
        return Item(**facts | {"unavailable_until": self.unavailable_at(now), "picture_url": picture_url})

    def unavailable_at(self, now: str) -> str | None:
        """Return until when the item is unavailable at a moment, None if that has passed or was never so."""
        until = self.unavailable_until
        return until if until is not None and until > now else None


class ItemParameters(msgspec.Struct, frozen=True):
    """Which item."""

    item_id: Id


class ItemChangeParameters(msgspec.Struct, frozen=True):
    """Which item, and in which version."""

    item_id: Id
    if_match: IfMatch | None = msgspec.field(name="If-Match", default=None)


class ItemListParameters(msgspec.Struct, frozen=True):
    """Which items, and which page of them."""

    business_id: Id | None = None
    skip: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    limit: Limit = 10
    search: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    cursor: CursorText | None = None


class ItemList(msgspec.Struct, frozen=True):
    """A page of items; `next` is the cursor of the next page."""

    items: list[Item]
    next: str | None


class TooManyItems(Conflict):
    """The business has as many items as it may."""

    code = "too_many_items"


class ItemChanged(Conflict):
    """The item, or its business, was changed by another request at the same time."""

    code = "changed_meanwhile"

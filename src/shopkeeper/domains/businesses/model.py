"""What a business is, and what its registration takes and gives."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from shopkeeper.domains.businesses.address import Address
from shopkeeper.domains.businesses.hours import SpecialDay, SpecialDays, WeeklyHours
from shopkeeper.domains.businesses.zones import TimeZoneName
from shopkeeper.http import Conflict
from shopkeeper.http.constraints import moment, pattern, text
from shopkeeper.http.fields import Email, IfMatch, Phone

BusinessType = Literal["restaurant", "cafe", "bakery", "food_truck", "catering", "retail", "other"]


BusinessName = Annotated[str, text(200, examples=["Test Business"])]
BusinessId = Annotated[str, text(128)]

SiteOrigin = Annotated[
    str,
    pattern(
        r"^(?:https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|http://(?:localhost|127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?$",
        must="must be the origin of a site, like https://shop.example, without a path (http only for this machine)",
        max_length=200,
        description="The origin of the business's site, whose pages may send hits for it",
        examples=["https://shop.example"],
    ),
]

MailLanguage = Literal["en", "de"]

ContactField = Literal["phone", "email", "address"]
"""What an owner may show to anyone."""

MOST_PAUSE_DAYS = 7
LOCATION_DECIMALS = 6
"""Of the degrees of a location: about a tenth of a metre."""


class Location(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a business is, in degrees of WGS 84, kept to six decimals."""

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90, examples=[52.520008])]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180, examples=[13.404954])]


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """A registered business; times are RFC 3339, `version` counts its changes.

    An address is a text or has parts, as it was given. Without opening hours a business is open on every day that is
    not a special one. `paused_until` is the end of its pause, `prepare_minutes` how long its orders usually take.
    `order_emails` says whether the owner wants a mail for each new order, `traffic_emails` whether one for each week's
    traffic. `mail_language` is that of the mails to its owner and its customers. Pages of the `site` may send hits for
    it.
    """

    business_id: str
    business_name: str
    email: str
    phone: str
    address: str | dict[str, str]
    cognito_user_id: str
    owner_name: str | None = None
    business_type: BusinessType | None = None
    accepting_orders: bool = True
    time_zone: str = "UTC"
    opening_hours: WeeklyHours | None = None
    special_hours: list[SpecialDay] = []
    paused_until: str | None = None
    prepare_minutes: int | None = None
    public_contact: list[ContactField] = []
    location: Location | None = None
    order_emails: bool = True
    traffic_emails: bool = False
    mail_language: MailLanguage = "en"
    site: str | None = None
    created_at: str
    updated_at: str
    version: int = 1

    @property
    def has_hours(self) -> bool:
        """Whether the business has hours. Without any it is always open."""
        return self.opening_hours is not None or bool(self.special_hours)


class StoredBusiness(Business, frozen=True, kw_only=True):
    """A business as it is stored: with the number of its items, and since when it is being deleted, if it is.

    Version 0 is a record in the founding order receiver's form, which nothing of ours has written yet.
    """

    item_count: int = 0
    closing_since: str | None = None

    @property
    def business(self) -> Business:
        """The part that its owner sees."""
        return Business(**{name: getattr(self, name) for name in Business.__struct_fields__})


class OwnBusiness(Business, frozen=True, kw_only=True):
    """All of a business, for its owner, and whether it takes orders now: `open_now` and when that changes next.

    `opens_at` is null if that is more than 60 days ahead, `closes_at` if it is more than 7 days ahead, and both if it
    is up to the owner.
    """

    open_now: bool
    opens_at: str | None
    closes_at: str | None


class PublicBusiness(msgspec.Struct, frozen=True, kw_only=True):
    """What anyone may see of a business, and whether it takes orders now: `open_now` and when that changes next.

    Contact data is there as far as its owner shows it. `opens_at` is null if that is more than 60 days ahead,
    `closes_at` if it is more than 7 days ahead, and both if it is up to the owner.
    """

    business_id: str
    business_name: str
    business_type: BusinessType | None
    accepting_orders: bool
    time_zone: str
    opening_hours: WeeklyHours | None
    special_hours: list[SpecialDay]
    paused_until: str | None
    open_now: bool
    opens_at: str | None
    closes_at: str | None
    location: Location | None
    phone: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    address: str | dict[str, str] | UnsetType = UNSET


PausedUntil = Annotated[datetime, moment("A moment within the next 7 days (RFC 3339, with its zone)")]


class BusinessChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a change; what is left out stays as it is."""

    business_name: BusinessName | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    owner_name: Annotated[str, text(200)] | UnsetType | None = UNSET
    business_type: BusinessType | UnsetType | None = UNSET
    accepting_orders: bool | UnsetType = UNSET
    time_zone: TimeZoneName | UnsetType = UNSET
    opening_hours: WeeklyHours | UnsetType | None = UNSET
    special_hours: SpecialDays | UnsetType = UNSET
    paused_until: PausedUntil | UnsetType | None = UNSET
    prepare_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] | UnsetType | None = UNSET
    public_contact: Annotated[list[ContactField], msgspec.Meta(max_length=3)] | UnsetType = UNSET
    location: Location | UnsetType | None = UNSET
    order_emails: bool | UnsetType = UNSET
    traffic_emails: bool | UnsetType = UNSET
    mail_language: MailLanguage | UnsetType = UNSET
    site: SiteOrigin | UnsetType | None = UNSET


class BusinessParameters(msgspec.Struct, frozen=True):
    """Which business."""

    business_id: BusinessId


class BusinessChangeParameters(msgspec.Struct, frozen=True):
    """Which business, and in which version."""

    business_id: BusinessId
    if_match: IfMatch | None = msgspec.field(name="If-Match", default=None)


class EmailTaken(Conflict):
    """Another business is registered with this email address."""

    code = "email_taken"


class BusinessChanged(Conflict):
    """The business was changed by another request at the same time."""

    code = "changed_meanwhile"


class BusinessClosing(Conflict):
    """The business is being deleted, which nothing can stop any more."""

    code = "business_closing"


class Closed(Conflict):
    """The business is closed now. `opens_at` is when it opens, and is left out if that is more than 60 days ahead."""

    code = "closed"
    may_tell = ("opens_at",)


class Paused(Conflict):
    """The business takes no orders before `paused_until`. `opens_at` is when it is open after that, as in `closed`."""

    code = "paused"
    tells = ("paused_until",)
    may_tell = ("opens_at",)


class OrdersOpen(Conflict):
    """The business has orders that are not done with."""

    code = "orders_open"


class IdentityTaken(Conflict):
    """This identity has registered another business."""

    code = "identity_taken"

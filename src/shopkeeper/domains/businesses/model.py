"""What a business is, and what its registration takes and gives."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from shopkeeper.domains.businesses.address import Address
from shopkeeper.http import Conflict
from shopkeeper.http.fields import Email, IfMatch, Phone, text

BusinessType = Literal["restaurant", "cafe", "bakery", "food_truck", "catering", "retail", "other"]


BusinessName = Annotated[str, text(200, examples=["Test Business"])]
BusinessId = Annotated[str, text(128)]


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """A registered business; times are RFC 3339, `version` counts its changes.

    An address is a text or has parts, as it was given. `order_emails` says whether the owner wants a mail for each
    new order.
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
    order_emails: bool = True
    created_at: str
    updated_at: str
    version: int = 1


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


class PublicBusiness(msgspec.Struct, frozen=True, kw_only=True):
    """What anyone may see of a business: nothing to reach its owner by."""

    business_id: str
    business_name: str
    business_type: BusinessType | None = None
    accepting_orders: bool


class BusinessChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a change; what is left out stays as it is."""

    business_name: BusinessName | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    owner_name: Annotated[str, text(200)] | UnsetType | None = UNSET
    business_type: BusinessType | UnsetType | None = UNSET
    accepting_orders: bool | UnsetType = UNSET
    order_emails: bool | UnsetType = UNSET


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


class OrdersOpen(Conflict):
    """The business has orders that are not done with."""

    code = "orders_open"


class IdentityTaken(Conflict):
    """This identity has registered another business."""

    code = "identity_taken"

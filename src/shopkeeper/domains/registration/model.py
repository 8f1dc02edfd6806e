"""What a registration takes and gives."""

from typing import Annotated, Literal

import msgspec

from shopkeeper.domains.businesses.model import Business, BusinessName, BusinessType
from shopkeeper.domains.businesses.offers import Address
from shopkeeper.http.constraints import text
from shopkeeper.http.fields import Email, Phone


class Registration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a registration.

    `cognito_user_id` is the identity that will own the business. The founding order receiver's app calls the phone
    `phone_number` and sends the address in parts.
    """

    business_name: BusinessName
    email: Email
    phone: Annotated[
        Phone, msgspec.Meta(description="May be called `phone_number` as well", extra={"alias": "phone_number"})
    ]
    address: Address
    cognito_user_id: Annotated[
        str,
        text(128, examples=["test-user-123"]),
        msgspec.Meta(
            description="The identity that will own the business; may be left out with its access token",
            extra={"defaults to the caller": True},
        ),
    ]
    owner_name: Annotated[str, text(200)] | None = None
    business_type: BusinessType | None = None


class Registered(Business, frozen=True, kw_only=True):
    """The answer to a registration."""

    message: Literal["Business registered successfully"] = "Business registered successfully"


class AuthHealthy(msgspec.Struct, frozen=True, kw_only=True):
    """The tables of the registration can be read."""

    status: Literal["healthy"] = "healthy"
    service: Literal["auth"] = "auth"
    database: Literal["connected"] = "connected"
    timestamp: str


class AuthUnhealthy(msgspec.Struct, frozen=True, kw_only=True):
    """A table of the registration cannot be read."""

    status: Literal["unhealthy"] = "unhealthy"
    service: Literal["auth"] = "auth"
    database: Literal["error"] = "error"
    timestamp: str

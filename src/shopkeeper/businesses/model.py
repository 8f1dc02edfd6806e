"""What a business is, and what its registration takes and gives."""

from typing import Annotated, Literal

import msgspec

from shopkeeper.http import Conflict
from shopkeeper.http.fields import Email, Phone, text

BusinessType = Literal["restaurant", "cafe", "bakery", "food_truck", "catering", "retail", "other"]


class Registration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a registration; `cognito_user_id` is the identity that will own the business."""

    business_name: Annotated[str, text(200, examples=["Test Business"])]
    email: Email
    phone: Phone
    address: Annotated[str, text(500, examples=["123 Test St"])]
    cognito_user_id: Annotated[str, text(128, examples=["test-user-123"])]
    owner_name: Annotated[str, text(200)] | None = None
    business_type: BusinessType | None = None


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """A registered business; times are RFC 3339, `version` counts its changes."""

    business_id: str
    business_name: str
    email: str
    phone: str
    address: str
    cognito_user_id: str
    owner_name: str | None = None
    business_type: BusinessType | None = None
    created_at: str
    updated_at: str
    version: int = 1


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


class EmailTaken(Conflict):
    """Another business is registered with this email address."""

    code = "email_taken"


class IdentityTaken(Conflict):
    """This identity has registered another business."""

    code = "identity_taken"

"""What the first run takes and gives."""

from typing import Annotated, Literal

import msgspec

from shopkeeper.domains.accounts.model import Name, Password, Tokens
from shopkeeper.domains.businesses.model import Business, BusinessName, BusinessType
from shopkeeper.domains.businesses.offers import Address
from shopkeeper.http import Conflict, Forbidden
from shopkeeper.http.constraints import text
from shopkeeper.http.fields import Email, Phone

SignIn = Literal["accounts", "cognito"]
"""Who signs people in: the accounts of this server, or a Cognito pool elsewhere."""


class FirstBusiness(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The business of a first run, as in a registration. Its owner is the new account.

    Without an email address of its own it has the owner's.
    """

    business_name: BusinessName
    phone: Phone
    address: Address
    email: Email | None = None
    owner_name: Annotated[str, text(200)] | None = None
    business_type: BusinessType | None = None


class FirstRun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a first run. `name` is the owner's; without it the account has the business's name."""

    code: Annotated[str, text(100)] | None = None
    email: Email
    password: Password
    name: Name | None = None
    business: FirstBusiness


class SetupState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the first run is still to come, and whether this caller needs the code that `serve` printed."""

    needed: bool
    code_required: bool
    sign_in: SignIn


class FirstRunDone(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a first run: the owner is signed in, and owns the business."""

    tokens: Tokens
    business: Business


class AlreadySetUp(Conflict):
    """There is an admin or a business already, so the first run is over."""

    code = "already_set_up"


class WrongCode(Forbidden):
    """The caller needs the code that `serve` printed, and sent none or another."""

    code = "wrong_code"

"""Who may call an endpoint, and who does."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import msgspec

from shopkeeper.http.errors import Unauthenticated
from shopkeeper.http.message import Request


class Access(Enum):
    """Who may call: anyone (a token is ignored), anyone with or without a token, only someone with a token."""

    ANYONE = "anyone"
    OPTIONAL = "optional"
    SIGNED_IN = "signed_in"


class Scheme(msgspec.Struct, frozen=True):
    """A kind of credentials, with its Security Scheme Object as OpenAPI has it."""

    name: str
    definition: Mapping[str, Any]


ACCESS_TOKEN = Scheme("accessToken", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})


class Caller(msgspec.Struct, frozen=True):
    """Who calls, as a verified token says.

    `subject` is the identity's id. `epoch` counts what ended all its sessions up to the token's making;
    identities from elsewhere have none.
    """

    subject: str
    epoch: int | None = None


Authenticate = Callable[[str], Caller]
"""Returns the caller of a bearer token. Raises Unauthenticated for any that does not verify."""


def identify(access: Access, request: Request, authenticate: Authenticate | None) -> Caller | None:
    """Return the caller, None if there is none. Raises Unauthenticated."""
    if access is Access.ANYONE:
        return None
    header = request.headers.get("authorization", "")
    if not header:
        if access is Access.SIGNED_IN:
            raise Unauthenticated("This needs an access token in the Authorization header.")
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or authenticate is None:
        raise Unauthenticated("The Authorization header holds no bearer token.")
    return authenticate(token.strip())

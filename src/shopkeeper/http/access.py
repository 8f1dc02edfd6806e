"""Access to endpoints, and the identity of the caller."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import msgspec

from shopkeeper.http.errors import Forbidden, Unauthenticated
from shopkeeper.http.message import Request


class Access(Enum):
    """Who may call an endpoint.

    ANYONE: everybody; a token is ignored. OPTIONAL: everybody; a token is verified. SIGNED_IN: a token is required.
    AWS_IAM: whoever has AWS credentials that permit the call; API Gateway verifies its signature, and counts the call
    for its API key. Such an endpoint is for an operator's own services: only Lambda functions serve it, and the OpenAPI
    document does not have it.
    """

    ANYONE = "anyone"
    OPTIONAL = "optional"
    SIGNED_IN = "signed_in"
    AWS_IAM = "aws_iam"


class Scheme(msgspec.Struct, frozen=True):
    """A kind of credentials, with its Security Scheme Object as OpenAPI has it."""

    name: str
    definition: Mapping[str, Any]


ACCESS_TOKEN = Scheme(
    "accessToken",
    {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `access_token` of a sign-in",
    },
)


class Caller(msgspec.Struct, frozen=True):
    """The caller, from a verified token or signature.

    `subject` is the id of the identity, or the ARN of who signed the request with AWS credentials. `epoch` is the epoch
    of the account when the token was made; an identity of another provider has none.
    """

    subject: str
    epoch: int | None = None


Authenticate = Callable[[str], Caller]
"""Returns the caller of a bearer token. Raises Unauthenticated if the token does not verify."""


def identify(access: Access, request: Request, authenticate: Authenticate | None) -> Caller | None:
    """Return the caller, or None for an anonymous request. Raises Unauthenticated, or Forbidden without a signature."""
    if access is Access.ANYONE:
        return None
    if access is Access.AWS_IAM:
        if not request.signed_by:
            raise Forbidden("This needs a request that is signed with AWS credentials.")
        return Caller(request.signed_by)
    header = request.headers.get("authorization", "")
    if not header:
        if access is Access.SIGNED_IN:
            raise Unauthenticated("This needs an access token in the Authorization header.")
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or authenticate is None:
        raise Unauthenticated("The Authorization header holds no bearer token.")
    return authenticate(token.strip())

"""The endpoints of registration."""

import msgspec

from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.domains.businesses.model import EmailTaken, IdentityTaken
from shopkeeper.domains.businesses.offers import check_address
from shopkeeper.domains.registration.model import AuthHealthy, AuthUnhealthy, Registered, Registration
from shopkeeper.domains.registration.service import Registrations
from shopkeeper.http import (
    ETAG,
    LOCATION,
    Access,
    Call,
    Forbidden,
    Nothing,
    RateLimit,
    Reply,
    Unauthenticated,
    endpoint,
)
from shopkeeper.http.version import etag
from shopkeeper.storage import StoreError

REGISTRATIONS = (
    RateLimit("businesses", requests=60, seconds=3600),
    RateLimit("businesses-of-account", requests=20, seconds=3600, by="account"),
)


@endpoint("GET /auth/health", responses={503: AuthUnhealthy})
def check_auth(registrations: Registrations, _: Call[Nothing, Nothing]) -> Reply[AuthHealthy | AuthUnhealthy]:
    """Return whether registrations can be taken.

    The status is 503 if a table of the registration cannot be read.
    """
    timestamp = rfc3339(utc_now())
    try:
        registrations.check()
    except StoreError as error:
        return Reply(AuthUnhealthy(timestamp=timestamp), status=503, error=error)
    return Reply(AuthHealthy(timestamp=timestamp))


@endpoint(
    "POST /auth/register-business",
    status=201,
    headers=(LOCATION, ETAG),
    errors=(Forbidden, EmailTaken, IdentityTaken),
    access=Access.OPTIONAL,
    limits=REGISTRATIONS,
)
def register_business(registrations: Registrations, call: Call[Nothing, Registration]) -> Reply[Registered]:
    """Register a business.

    There is one for each email address and identity. A repeat of the same registration is answered like the first
    one. Depending on a setting, the access token of the identity that will own the business is required.
    """
    if registrations.is_closed:
        raise Forbidden("Nobody can register a business here.")
    if call.caller is not None and call.caller.subject != call.body.cognito_user_id:
        raise Forbidden("The token is another identity's than cognito_user_id.")
    if call.caller is None and registrations.requires_token:
        raise Unauthenticated("Registering a business needs the token of the identity that will own it.")
    check_address(call.body.address)
    business, is_new = registrations.register(call.body)
    return Reply(
        Registered(**msgspec.structs.asdict(business)),
        headers={
            "Location": f"{call.request.base_path}/api/businesses/{business.business_id}",
            **etag(business.version),
        },
        metrics={"Registrations": 1} if is_new else {},
    )


ENDPOINTS = (check_auth, register_business)

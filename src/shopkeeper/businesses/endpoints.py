"""The endpoints of registration."""

import msgspec

from shopkeeper.businesses.model import (
    AuthHealthy,
    AuthUnhealthy,
    EmailTaken,
    IdentityTaken,
    Registered,
    Registration,
)
from shopkeeper.businesses.service import BusinessRegistry
from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.http import Call, Nothing, Reply, ServiceUnavailable, endpoint
from shopkeeper.storage import StoreError


def check_auth(registry: BusinessRegistry, _: Call[Nothing, Nothing]) -> Reply[AuthHealthy | AuthUnhealthy]:
    """Look whether the tables can be read."""
    timestamp = rfc3339(utc_now())
    try:
        registry.check()
    except StoreError as error:
        return Reply(AuthUnhealthy(timestamp=timestamp), status=503, error=error)
    return Reply(AuthHealthy(timestamp=timestamp))


def register_business(registry: BusinessRegistry, call: Call[Nothing, Registration]) -> Reply[Registered]:
    """Register a business; a repeat is answered like the first time."""
    business, is_new = registry.register(call.body)
    return Reply(
        Registered(**msgspec.structs.asdict(business)),
        headers={"Location": f"{call.request.base_path}/api/businesses/{business.business_id}"},
        metrics={"Registrations": 1} if is_new else {},
    )


ENDPOINTS = (
    endpoint(
        "GET",
        "/auth/health",
        check_auth,
        summary="Tell whether registrations can be taken",
        responses={200: AuthHealthy, 503: AuthUnhealthy},
    ),
    endpoint(
        "POST",
        "/auth/register-business",
        register_business,
        summary="Register a business, one for each email address and identity",
        body=Registration,
        responses={201: Registered},
        errors=(EmailTaken, IdentityTaken, ServiceUnavailable),
    ),
)

"""The endpoints of businesses, for their owners."""

from typing import TypeVar

from shopkeeper.domains.businesses.model import (
    BusinessChange,
    BusinessChanged,
    BusinessChangeParameters,
    BusinessClosing,
    BusinessParameters,
    EmailTaken,
    OrdersOpen,
    OwnBusiness,
    PublicBusiness,
    StoredBusiness,
)
from shopkeeper.domains.businesses.offers import owns
from shopkeeper.domains.businesses.service import BusinessRegistry
from shopkeeper.domains.businesses.zones import UnknownTimeZone
from shopkeeper.http import ETAG, Access, Call, Load, NotFound, Nothing, PreconditionFailed, Reply, endpoint
from shopkeeper.http.version import check_if_match, etag

B = TypeVar("B")


@endpoint("GET /api/businesses/{business_id}", headers=(ETAG,), errors=(NotFound,), access=Access.OPTIONAL, public=True)
def get_business(
    registry: BusinessRegistry, call: Call[BusinessParameters, Nothing]
) -> Reply[OwnBusiness | PublicBusiness]:
    """Return a business.

    Its owner gets all of it. Everybody else gets what is public, with the contact data that the owner shows. The answer
    says whether the business takes orders now; without a token it may be some seconds old.
    """
    business = registry.get(call.parameters.business_id)
    if owns(call.caller, business):
        return Reply(registry.own_view(business), headers=etag(business.version))
    if business.closing_since is not None:
        raise NotFound("There is no such business.")
    return Reply(registry.public_view(business), headers=etag(business.version))


@endpoint("GET /api/businesses/mine", headers=(ETAG,), errors=(NotFound,), access=Access.SIGNED_IN)
def get_my_business(registry: BusinessRegistry, call: Call[Nothing, Nothing]) -> Reply[OwnBusiness]:
    """Return your business.

    It is the business that belongs to the identity of the access token.
    """
    business = registry.mine(call.identity)
    return Reply(registry.own_view(business), headers=etag(business.version))


@endpoint(
    "PATCH /api/businesses/{business_id}",
    headers=(ETAG,),
    errors=(NotFound, EmailTaken, BusinessChanged, BusinessClosing, PreconditionFailed, UnknownTimeZone),
    access=Access.SIGNED_IN,
)
def change_business(
    registry: BusinessRegistry, call: Call[BusinessChangeParameters, BusinessChange]
) -> Reply[OwnBusiness]:
    """Change your business.

    What is left out stays as it is. With `If-Match` the change is made only in that version.
    """
    business = registry.change(_own(registry, call), call.body)
    return Reply(registry.own_view(business), headers=etag(business.version))


@endpoint(
    "DELETE /api/businesses/{business_id}",
    errors=(NotFound, OrdersOpen, BusinessChanged, PreconditionFailed),
    access=Access.SIGNED_IN,
    load=Load.SEARCHES,
)
def delete_business(registry: BusinessRegistry, call: Call[BusinessChangeParameters, Nothing]) -> Reply[Nothing]:
    """Delete your business.

    Its catalogue goes with it. No order may be open.
    """
    registry.delete(_own(registry, call))
    return Reply(Nothing())


def _own(registry: BusinessRegistry, call: Call[BusinessChangeParameters, B]) -> StoredBusiness:
    business = registry.get(call.parameters.business_id)
    if not owns(call.identity, business):
        raise NotFound("There is no such business.")
    check_if_match(call.parameters.if_match, business.version)
    return business


ENDPOINTS = (get_my_business, get_business, change_business, delete_business)
"""What the function `orders` serves of businesses."""

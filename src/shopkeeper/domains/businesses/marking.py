"""The markers of a business, and the founding records that lack them."""

import msgspec

from shopkeeper.domains.businesses.model import Business, BusinessChanged, EmailTaken, IdentityTaken, StoredBusiness
from shopkeeper.domains.businesses.records import businesses, unchanged
from shopkeeper.domains.markers import offers as markers
from shopkeeper.storage import Action, AlreadyExists, Check, ConditionFailed, Put, Store
from shopkeeper.storage.tables import BUSINESSES


def markers_of(business: Business) -> list[str]:
    """Return the markers that a business is to have."""
    named = {markers.business_email: business.email, markers.business_identity: business.cognito_user_id}
    return [marker(name) for marker, name in named.items() if name]


def take(marker: str, business: Business) -> Put:
    """Return the action that takes a marker for a business."""
    return markers.take(marker, business_id=business.business_id, created_at=business.created_at)


def take_all(business: Business) -> list[Put]:
    """Return the actions that take all markers of a business."""
    return [take(marker, business) for marker in markers_of(business)]


def mark(store: Store, business: StoredBusiness) -> bool:
    """Take the markers that a business lacks, and return whether it lacked any.

    Raises EmailTaken, IdentityTaken, BusinessChanged or StoreError.
    """
    missing = _missing(store, business)
    if missing:
        key = {"business_id": business.business_id}
        _write(store, business, Check(BUSINESSES, key, unchanged(business)), missing)
    return bool(missing)


def adopt(store: Store, business: StoredBusiness) -> StoredBusiness:
    """Write a business of the founding form in ours, with its markers, and return it; any other as it is.

    Raises EmailTaken, IdentityTaken, BusinessChanged or StoreError.
    """
    if business.version:
        return business
    adopted = msgspec.structs.replace(business, version=1)
    update = businesses(store).replacement(adopted, unchanged(business), remove=("phone_number",))
    _write(store, business, update, _missing(store, business))
    return adopted


def _missing(store: Store, business: StoredBusiness) -> list[str]:
    return [marker for marker in markers_of(business) if markers.holder(store, marker) != business.business_id]


def _write(store: Store, business: StoredBusiness, first: Action, missing: list[str]) -> None:
    try:
        store.transact([first, *(take(marker, business) for marker in missing)])
    except AlreadyExists as error:
        if missing[error.position - 1] == markers.business_email(business.email):
            raise EmailTaken("Another business is registered with this email address.") from None
        raise IdentityTaken("This identity has registered another business.") from None
    except ConditionFailed:
        raise BusinessChanged("The business was changed by another request.") from None

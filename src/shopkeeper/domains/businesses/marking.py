"""The markers of a business: they keep its email address and its identity from others. See decision 0008."""

from shopkeeper.domains.businesses.model import Business
from shopkeeper.storage import MARKERS, Delete, Put, Store, markers


def markers_of(business: Business) -> list[str]:
    """Return the markers that a business is to hold."""
    named = {markers.business_email: business.email, markers.business_identity: business.cognito_user_id}
    return [marker(name) for marker, name in named.items() if name]


def holder(store: Store, marker: str) -> str | None:
    """Return the id of the business that took a marker, if one did: a deleted account's holds none."""
    item = store.get(MARKERS, {"marker": marker}) or {}
    return str(item["business_id"]) if "business_id" in item else None


def take(marker: str, business: Business) -> Put:
    """Return the action that gives a marker to a business, if nobody has it."""
    item = {"marker": marker, "business_id": business.business_id, "created_at": business.created_at}
    return Put(MARKERS, item, if_absent=True)


def free(marker: str, business: Business) -> Delete:
    """Return the action that gives up a marker of a business."""
    return Delete(MARKERS, {"marker": marker}, expect={"business_id": business.business_id})

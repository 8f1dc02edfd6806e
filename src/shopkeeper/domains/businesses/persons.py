"""For operators: the businesses of one person."""

from shopkeeper.domains.businesses.model import StoredBusiness
from shopkeeper.domains.businesses.records import businesses
from shopkeeper.domains.markers import offers as markers
from shopkeeper.storage import Store


def businesses_of(store: Store, email: str, subject: str | None) -> list[StoredBusiness]:
    """Return the businesses that are registered with an email address in lower case, or that an identity owns.

    Raises StoreError.
    """
    named = [markers.business_email(email), *([markers.business_identity(subject)] if subject else [])]
    ids = dict.fromkeys(id_ for name in named if (id_ := markers.holder(store, name)) is not None)
    found = [businesses(store).get(id_) for id_ in ids]
    return [business for business in found if business is not None]

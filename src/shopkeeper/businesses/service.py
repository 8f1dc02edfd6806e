"""Registering businesses: one for each email address and one for each identity, proven by markers."""

import msgspec

from shopkeeper.businesses.model import Business, EmailTaken, IdentityTaken, Registration
from shopkeeper.clock import Clock, rfc3339
from shopkeeper.identifiers import uuid7
from shopkeeper.storage import BUSINESSES, MARKERS, AlreadyExists, Put, Store, markers


class BusinessRegistry:
    """Registers businesses and knows who took which email address and identity."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def register(self, registration: Registration) -> tuple[Business, bool]:
        """Register a business, and return it and whether it is new.

        A repeat of a registration equal to the stored one, as after a lost reply, returns the stored one.
        Raises EmailTaken or IdentityTaken, or StoreError if the store is away.
        """
        registration = msgspec.structs.replace(registration, email=registration.email.lower())
        now = rfc3339(self._clock())
        business = Business(business_id=uuid7(), created_at=now, updated_at=now, **msgspec.structs.asdict(registration))
        try:
            self._store.transact(
                [
                    Put(BUSINESSES, msgspec.structs.asdict(business), if_absent=True),
                    self._marker(_email_marker(registration), business),
                    self._marker(_identity_marker(registration), business),
                ]
            )
        except AlreadyExists:
            return self._registered_before(registration), False
        return business, True

    def check(self) -> None:
        """Return if the tables can be read. Raises StoreError."""
        self._store.ping(BUSINESSES)
        self._store.ping(MARKERS)

    @staticmethod
    def _marker(marker: str, business: Business) -> Put:
        item = {"marker": marker, "business_id": business.business_id, "created_at": business.created_at}
        return Put(MARKERS, item, if_absent=True)

    def _registered_before(self, registration: Registration) -> Business:
        """Return the stored business if `registration` repeats it, else raise what is taken."""
        by_email = self._holder(_email_marker(registration))
        by_identity = self._holder(_identity_marker(registration))
        if by_email is not None and by_email == by_identity:
            stored = self._store.get(BUSINESSES, {"business_id": by_email})
            if stored is not None:
                business = msgspec.convert(stored, Business)
                if _repeats(registration, business):
                    return business
        if by_email is not None:
            raise EmailTaken("Another business is registered with this email address.")
        raise IdentityTaken("This identity has registered another business.")

    def _holder(self, marker: str) -> str | None:
        """Return the id of the business that took `marker`, if one did."""
        item = self._store.get(MARKERS, {"marker": marker})
        return None if item is None else str(item["business_id"])


def _email_marker(registration: Registration) -> str:
    return markers.business_email(registration.email)


def _identity_marker(registration: Registration) -> str:
    return markers.business_identity(registration.cognito_user_id)


def _repeats(registration: Registration, business: Business) -> bool:
    asked = msgspec.structs.asdict(registration)
    return all(getattr(business, name) == value for name, value in asked.items())

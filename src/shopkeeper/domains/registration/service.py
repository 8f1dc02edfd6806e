"""Registering businesses: one for each email address and one for each identity."""

from collections.abc import Sequence

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.businesses.model import Business, EmailTaken, IdentityTaken
from shopkeeper.domains.businesses.offers import add, find_business
from shopkeeper.domains.markers.offers import business_email, business_identity, holder
from shopkeeper.domains.registration.model import Registration
from shopkeeper.http import NotFound
from shopkeeper.identifiers import uuid7
from shopkeeper.storage import AlreadyExists, Store, Table


class Registrations:
    """Registers businesses."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        tables: Sequence[Table] = (),
        *,
        requires_token: bool = False,
        is_closed: bool = False,
    ) -> None:
        """`tables` are those that `check` reads. `requires_token` tells whether registering needs the token of the
        identity that will own the business, `is_closed` that nobody may register.
        """
        self._store = store
        self._clock = clock
        self._tables = tables
        self.requires_token = requires_token
        self.is_closed = is_closed

    def register(self, registration: Registration) -> tuple[Business, bool]:
        """Register a business, and return it and whether it is new.

        A repeat of a registration equal to the stored one, as after a lost reply, returns the stored one.
        Raises EmailTaken, IdentityTaken or StoreError.
        """
        registration = msgspec.structs.replace(registration, email=registration.email.lower())
        now = rfc3339(self._clock())
        facts = msgspec.structs.asdict(registration)
        business = Business(business_id=uuid7(), created_at=now, updated_at=now, **facts)
        try:
            self._store.transact(add(business))
        except AlreadyExists:
            return self._registered_before(registration), False
        return business, True

    def check(self) -> None:
        """Return if the tables can be read. Raises StoreError."""
        for table in self._tables:
            self._store.ping(table)

    def _registered_before(self, registration: Registration) -> Business:
        """Return the stored business if `registration` repeats it. Raises EmailTaken or IdentityTaken."""
        by_email = holder(self._store, business_email(registration.email))
        by_identity = holder(self._store, business_identity(registration.cognito_user_id))
        if by_email is not None and by_email == by_identity:
            stored = self._repeated(by_email, registration)
            if stored is not None:
                return stored
        if by_email is not None:
            raise EmailTaken("Another business is registered with this email address.")
        raise IdentityTaken("This identity has registered another business.")

    def _repeated(self, business_id: str, registration: Registration) -> Business | None:
        try:
            stored = find_business(self._store, business_id)
        except NotFound:
            return None
        asked = msgspec.structs.asdict(registration)
        is_repeat = all(getattr(stored, name) == value for name, value in asked.items())
        return stored.business if is_repeat and stored.closing_since is None else None

"""Sessions: families of refresh tokens, of which the store keeps one number each.

A refresh token is `family.generation.MAC`. Each refresh moves the family from generation g to g+1 by a
conditional write. A client that shows the previous generation within ten seconds has lost a reply, and gets the present
token again. An older generation means that a token was stolen, so the family ends.
"""

import msgspec

from shopkeeper.clock import Clock
from shopkeeper.domains.accounts.model import InvalidSession
from shopkeeper.identifiers import uuid7
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import ExpectationFailed, Store
from shopkeeper.storage.records import Records
from shopkeeper.storage.tables import SESSIONS

PURPOSE = "refresh token"
IDLE_SECONDS = 30 * 86400
LONGEST_SECONDS = 90 * 86400
GRACE_MILLISECONDS = 10_000


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it is stored: times are milliseconds of the Unix epoch, the expiry is seconds."""

    family_id: str
    user_id: str
    epoch: int
    generation: int
    rotated_at: int
    created_at: int
    expires: int = msgspec.field(name="ItemExpireTTL")


class Sessions:
    """Begins, continues and ends sessions."""

    def __init__(self, store: Store, keyring: Keyring, clock: Clock) -> None:
        self._families = Records(store, SESSIONS, Family, version="generation")
        self._keyring = keyring
        self._clock = clock

    def begin(self, user_id: str, epoch: int) -> str:
        """Return the first refresh token of a new session. Raises StoreError."""
        now = self._now()
        family = Family(
            family_id=uuid7(),
            user_id=user_id,
            epoch=epoch,
            generation=1,
            rotated_at=now,
            created_at=now,
            expires=_expires(now, now),
        )
        self._families.insert(family)
        return self._token(family)

    def find(self, token: str) -> tuple[Family, int]:
        """Return the living family of a refresh token, and the token's generation. Raises InvalidSession."""
        family_id, generation = self._parse(token)
        family = self._read(family_id)
        return family, generation

    def renew(self, family: Family, generation: int) -> str:
        """Return the refresh token that follows generation `generation`.

        Raises InvalidSession, after ending the family, if a lost reply cannot explain the generation.
        """
        if generation == family.generation:
            try:
                return self._step(family)
            except ExpectationFailed:
                family = self._read(family.family_id)  # another request with the same token was first
        is_lost_reply = self._now() - family.rotated_at <= GRACE_MILLISECONDS
        if generation == family.generation - 1 and is_lost_reply:
            return self._token(family)
        self.end(family.family_id)
        raise InvalidSession("The session was ended, for its token was used twice.")

    def end(self, family_id: str) -> None:
        """End a session, if it is there."""
        self._families.delete(family_id)

    def _step(self, family: Family) -> str:
        now = self._now()
        fields = {"rotated_at": now, "expires": _expires(now, family.created_at)}
        return self._token(self._families.change(family, fields))

    def _read(self, family_id: str) -> Family:
        family = self._families.get(family_id)
        if family is None or family.expires * 1000 <= self._now():
            raise InvalidSession("The session has ended.")
        return family

    def _parse(self, token: str) -> tuple[str, int]:
        match self._keyring.open(PURPOSE, token):
            case (family_id, generation) if generation.isdecimal():
                return family_id, int(generation)
        raise InvalidSession("The refresh token is not valid.")

    def _token(self, family: Family) -> str:
        return self._keyring.seal(PURPOSE, family.family_id, str(family.generation))

    def _now(self) -> int:
        return int(self._clock().timestamp() * 1000)


def _expires(now: int, created: int) -> int:
    """Return the second at which a session used now ends: idle for 30 days, or 90 days old."""
    return min(now // 1000 + IDLE_SECONDS, created // 1000 + LONGEST_SECONDS)

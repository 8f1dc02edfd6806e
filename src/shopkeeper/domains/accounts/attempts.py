"""Attempts to sign in. The store counts them before the password is checked, for all processes together."""

from shopkeeper.clock import Clock
from shopkeeper.domains.accounts.model import TooManyAttempts
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import Changes, Item, Store, StoreError
from shopkeeper.storage.tables import ATTEMPTS

WINDOW_MINUTES = 15
PER_EMAIL_AND_ADDRESS = 10
PER_EMAIL = 100
PURPOSE = "sign-in attempts"
MINUTE = "m_"
"""The attempts of a minute stand in their record under the minute of the Unix epoch, as `m_29920800`."""


class SignInAttempts:
    """At most 10 in any 15 minutes for an email from an address, and 100 for an email from anywhere.

    Attempts are counted by the minute, so an attempt may count up to a minute longer. Emails and addresses are stored
    only as codes. Without the key nobody can test a guess against them.
    """

    def __init__(self, store: Store, keyring: Keyring, clock: Clock) -> None:
        self._store = store
        self._keyring = keyring
        self._clock = clock

    def reserve(self, email: str, address: str) -> dict[str, str]:
        """Count an attempt before it is made, and return what `clear` needs to take it back.

        Raises TooManyAttempts or StoreError. A refused attempt is not counted.
        """
        now = int(self._clock().timestamp())
        minute = now // 60
        key = self._keyring.current(PURPOSE)
        limits = {
            f"pair#{key.mac(f'{email}#{address}')}": PER_EMAIL_AND_ADDRESS,
            f"email#{key.mac(email)}": PER_EMAIL,
        }
        reservation: dict[str, str] = {}
        for attempt, most in limits.items():
            record = self._count(attempt, minute)
            reservation[attempt] = f"{MINUTE}{minute}"
            recent = _recent(record, minute)
            if sum(recent.values()) > most:
                self.clear(reservation)
                seconds = (min(recent) + WINDOW_MINUTES + 1) * 60 - now
                raise TooManyAttempts("There were too many attempts to sign in. Please wait.", seconds)
        return reservation

    def clear(self, reservation: dict[str, str]) -> None:
        """Take an attempt back that was a success, or was not made. Raises StoreError."""
        for attempt, name in reservation.items():
            self._store.update(ATTEMPTS, {"attempt": attempt}, Changes(add={name: -1}))

    def _count(self, attempt: str, minute: int) -> Item:
        """Add one to this minute, atomically, and return the record. Old minutes are removed."""
        expires = (minute + WINDOW_MINUTES + 1) * 60
        changes = Changes(add={f"{MINUTE}{minute}": 1}, set={"ItemExpireTTL": expires})
        record = self._store.update(ATTEMPTS, {"attempt": attempt}, changes)
        recent = _recent(record, minute)
        old = [name for name in record if name.startswith(MINUTE) and int(name.removeprefix(MINUTE)) not in recent]
        if old:
            try:
                self._store.update(ATTEMPTS, {"attempt": attempt}, Changes(remove=old))
            except StoreError:
                pass  # the next attempt sees them again
        return record


def _recent(record: Item, minute: int) -> dict[int, int]:
    """Return the attempts of this minute and the 15 before it, by their minute."""
    counts = {
        int(name.removeprefix(MINUTE)): count
        for name, count in record.items()
        if name.startswith(MINUTE) and isinstance(count, int)
    }
    return {when: count for when, count in counts.items() if when >= minute - WINDOW_MINUTES}

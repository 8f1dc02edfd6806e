"""Attempts to sign in. The store counts them before the password is checked, for all processes together."""

from typing import NoReturn

import msgspec

from shopkeeper.clock import Clock
from shopkeeper.domains.accounts.model import TooManyAttempts
from shopkeeper.http.addresses import network_of
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import Changes, Item, Store, StoreError
from shopkeeper.storage.tables import ATTEMPTS

WINDOW_MINUTES = 15
PER_EMAIL_AND_ADDRESS = 10
PER_EMAIL = 100
STRANGERS_A_MINUTE = 30
KNOWN_DAYS = 90
RENEWED_DAYS = 30
"""When so many days of the 90 are left, a success makes them 90 again."""

DAY_SECONDS = 86400
PURPOSE = "sign-in attempts"
EXPIRES = "ItemExpireTTL"
MINUTE = "m_"
"""The attempts of a minute stand in their record under the minute of the Unix epoch, as `m_29920800`."""


class Attempt(msgspec.Struct, frozen=True):
    """An attempt that is counted: in which records, and there in which minute."""

    email: str
    address: str
    counted: dict[str, str]


class SignInAttempts:
    """At most 10 attempts in any 15 minutes for an email from an address, and few for an email that is under attack.

    After 100 attempts in 15 minutes for an email from anywhere, it is under attack. An address from which somebody
    signed in to it in the last 90 days is then treated as before. Each other address has one attempt, and all of them
    together have 30 a minute. So the owner can sign in whatever strangers do, and the guesses of strangers are bounded.

    Attempts are counted by the minute, so an attempt may count up to a minute longer. Emails and addresses are stored
    only as codes. Without the key nobody can test a guess against them.
    """

    def __init__(self, store: Store, keyring: Keyring, clock: Clock) -> None:
        self._store = store
        self._keyring = keyring
        self._clock = clock

    def reserve(self, email: str, address: str) -> Attempt:
        """Count an attempt before it is made.

        Raises TooManyAttempts or StoreError. A refused attempt is not counted.
        """
        minute, second = divmod(self._now(), 60)
        attempt = Attempt(email, address, {})
        own = self._count(attempt, f"pair#{self._code(email, address)}", minute)
        own_end = (min(own) + WINDOW_MINUTES + 1 - minute) * 60 - second
        if sum(own.values()) > PER_EMAIL_AND_ADDRESS:
            self._refuse(attempt, own_end)
        everybodys = self._count(attempt, f"email#{self._code(email)}", minute)
        if sum(everybodys.values()) > PER_EMAIL and not self._is_known(email, address):
            if sum(own.values()) > 1:
                self._refuse(attempt, own_end)
            if everybodys[minute] > STRANGERS_A_MINUTE:
                self._refuse(attempt, 60 - second)
        return attempt

    def succeeded(self, attempt: Attempt) -> None:
        """Count an attempt no more, and know its address from now on. Raises StoreError."""
        self._take_back(attempt)
        self._know(attempt.email, attempt.address)

    def forgive(self, email: str, address: str) -> None:
        """Forget the attempts for an email from an address, and those from anywhere together, and know the address.

        For a caller who has proved in another way that the account is theirs. Raises StoreError.
        """
        for counter in (f"pair#{self._code(email, address)}", f"email#{self._code(email)}"):
            self._store.delete(ATTEMPTS, {"attempt": counter})
        self._know(email, address)

    def _know(self, email: str, address: str) -> None:
        key = self._known(email, address)
        now = self._now()
        if self._expiry(key) < now + RENEWED_DAYS * DAY_SECONDS:
            self._store.update(ATTEMPTS, key, Changes(set={EXPIRES: now + KNOWN_DAYS * DAY_SECONDS}))

    def _take_back(self, attempt: Attempt) -> None:
        for record, name in attempt.counted.items():
            self._store.update(ATTEMPTS, {"attempt": record}, Changes(add={name: -1}))

    def _refuse(self, attempt: Attempt, seconds: int) -> NoReturn:
        self._take_back(attempt)
        raise TooManyAttempts("There were too many attempts to sign in. Please wait.", seconds)

    def _is_known(self, email: str, address: str) -> bool:
        # A store removes what has expired some time later.
        return self._expiry(self._known(email, address)) > self._now()

    def _known(self, email: str, address: str) -> dict[str, str]:
        return {"attempt": f"known#{self._code(email, address)}"}

    def _expiry(self, key: dict[str, str]) -> int:
        expiry = (self._store.get(ATTEMPTS, key) or {}).get(EXPIRES, 0)
        return expiry if isinstance(expiry, int) else 0

    def _now(self) -> int:
        return int(self._clock().timestamp())

    def _code(self, email: str, address: str | None = None) -> str:
        text = email if address is None else f"{email}#{network_of(address)}"
        return self._keyring.current(PURPOSE).mac(text)

    def _count(self, attempt: Attempt, counter: str, minute: int) -> dict[int, int]:
        """Add one to this minute, atomically, and return the attempts of the recent minutes. Old ones are removed."""
        name = f"{MINUTE}{minute}"
        expires = (minute + WINDOW_MINUTES + 1) * 60
        changes = Changes(add={name: 1}, set={EXPIRES: expires})
        record = self._store.update(ATTEMPTS, {"attempt": counter}, changes)
        attempt.counted[counter] = name
        recent = _recent(record, minute)
        old = [name for name in record if name.startswith(MINUTE) and int(name.removeprefix(MINUTE)) not in recent]
        if old:
            try:
                self._store.update(ATTEMPTS, {"attempt": counter}, Changes(remove=old))
            except StoreError:
                pass  # the next attempt sees them again
        return recent


def _recent(record: Item, minute: int) -> dict[int, int]:
    """Return the attempts of this minute and the 15 before it, by their minute."""
    counts = {
        int(name.removeprefix(MINUTE)): count
        for name, count in record.items()
        if name.startswith(MINUTE) and isinstance(count, int)
    }
    return {when: count for when, count in counts.items() if when >= minute - WINDOW_MINUTES}

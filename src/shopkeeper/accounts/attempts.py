"""Attempts to sign in, counted before the password is looked at, on whichever store and process."""

from shopkeeper.accounts.model import TooManyAttempts
from shopkeeper.clock import Clock
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import ATTEMPTS, Changes, Store

WINDOW_SECONDS = 15 * 60
PER_EMAIL_AND_ADDRESS = 10
PER_EMAIL = 100
PURPOSE = "sign-in attempts"

Reservation = tuple[str, ...]


class SignInAttempts:
    """At most 10 in 15 minutes for an email from an address, and 100 for an email from anywhere.

    Emails and addresses are kept only as codes that nobody without the key can test a guess against.
    """

    def __init__(self, store: Store, keyring: Keyring, clock: Clock) -> None:
        self._store = store
        self._keyring = keyring
        self._clock = clock

    def reserve(self, email: str, address: str) -> Reservation:
        """Count an attempt before it is made. Raises TooManyAttempts, or StoreError if the store is away."""
        now = int(self._clock().timestamp())
        window = now // WINDOW_SECONDS
        ends = (window + 1) * WINDOW_SECONDS
        key = self._keyring.current(PURPOSE)
        counted = {
            f"pair#{key.mac(f'{email}#{address}')}#{window}": PER_EMAIL_AND_ADDRESS,
            f"email#{key.mac(email)}#{window}": PER_EMAIL,
        }
        for attempt, most in counted.items():
            changes = Changes(add={"tries": 1}, set={"ItemExpireTTL": ends + WINDOW_SECONDS})
            record = self._store.update(ATTEMPTS, {"attempt": attempt}, changes)
            if int(str(record["tries"])) > most:
                raise TooManyAttempts("There were too many attempts to sign in. Please wait.", ends - now)
        return tuple(counted)

    def clear(self, reservation: Reservation) -> None:
        """Take a reservation back: the attempt was a success."""
        for attempt in reservation:
            self._store.update(ATTEMPTS, {"attempt": attempt}, Changes(add={"tries": -1}))

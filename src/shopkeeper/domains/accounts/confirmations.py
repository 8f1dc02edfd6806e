"""Confirmation tokens: each proves that its bearer reads the mails of an account's address.

A token is `user.code.expiry.MAC`, where the code is a hash of the address: it confirms no other. Nothing is stored.
"""

from shopkeeper.clock import Clock
from shopkeeper.domains.accounts.model import Account, InvalidSession
from shopkeeper.domains.accounts.records import users
from shopkeeper.hashing import sha256
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import Store

PURPOSE = "email confirmation"
GOOD_SECONDS = 3 * 86400


class ConfirmationTokens:
    """Issues confirmation tokens, and finds the account of one."""

    def __init__(self, store: Store, keyring: Keyring, clock: Clock) -> None:
        self._users = users(store)
        self._keyring = keyring
        self._clock = clock

    def issue(self, account: Account) -> str:
        """Return a token that confirms the account's present address for three days."""
        expires = int(self._clock().timestamp()) + GOOD_SECONDS
        return self._keyring.seal(PURPOSE, account.user_id, _code(account.email), str(expires))

    def find(self, token: str) -> Account:
        """Return the account whose address a token confirms. Raises InvalidSession, the same for every reason."""
        match self._keyring.open(PURPOSE, token):
            case (user_id, code, expires) if expires.isdecimal() and self._clock().timestamp() < int(expires):
                account = self._users.get(user_id)
                if account is not None and _code(account.email) == code:
                    return account
        raise InvalidSession("The confirmation link is not valid, or no longer valid.")


def _code(email: str) -> str:
    return sha256(email.encode()).hexdigest()[:32]

"""Reset tokens: each sets a new password once.

A token is `user.epoch.nonce.MAC`. The account keeps a hash of its newest token and its expiry, so an older token is
not valid. A change of the password raises the account's epoch, and so uses up the token.
"""

from shopkeeper.clock import Clock
from shopkeeper.domains.accounts.model import Account, InvalidSession
from shopkeeper.domains.accounts.records import users
from shopkeeper.hashing import compare_digest, sha256
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import Changes, Expectation, ExpectationFailed, Store
from shopkeeper.storage.tables import USERS

PURPOSE = "password reset"


class ResetTokens:
    """Issues reset tokens, and finds the account of one."""

    def __init__(self, store: Store, keyring: Keyring, clock: Clock) -> None:
        self._store = store
        self._users = users(store)
        self._keyring = keyring
        self._clock = clock

    def issue(self, account: Account, nonce: str, seconds: int) -> str | None:
        """Return a token that is valid for so many seconds. It replaces the one before it.

        The same nonce gives the same token, so that a mail that is sent twice has the same link. Returns None if the
        account was changed since it was read. Raises StoreError.
        """
        token = self._keyring.seal(PURPOSE, account.user_id, str(account.epoch), nonce)
        until = int(self._clock().timestamp()) + seconds
        # The version stays the same: a request for a reset must not make a change by the owner fail.
        changes = Changes(set={"reset_hash": _hash(token), "reset_until": until})
        expect: Expectation = {"epoch": account.epoch, "email": account.email}
        try:
            self._store.update(USERS, self._users.key_of(account), changes, expect=expect)
        except ExpectationFailed:
            return None
        return token

    def find(self, token: str) -> Account:
        """Return the account whose newest token this is. Raises InvalidSession, the same for every reason."""
        match self._keyring.open(PURPOSE, token):
            case (user_id, _, _):
                account = self._users.get(user_id)
                if account is not None and self._is_good(account, token):
                    return account
        raise InvalidSession("The reset link is not valid, or no longer valid.")

    def _is_good(self, account: Account, token: str) -> bool:
        is_newest = compare_digest((account.reset_hash or "").encode(), _hash(token).encode())
        return is_newest and self._clock().timestamp() < account.reset_until


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()

"""Invitations: each lets the owner of an email address make an account, once.

A token is `code.nonce.expiry.MAC`, where the code is a hash of the address: it invites no other. The store has the hash
of the newest token of each address, until it expires. The transaction that makes the account removes it.
"""

import msgspec

from shopkeeper.clock import Clock
from shopkeeper.domains.accounts.model import InvalidInvitation
from shopkeeper.hashing import compare_digest, sha256
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import Delete, Store
from shopkeeper.storage.records import Records, to_item
from shopkeeper.storage.tables import SESSIONS

PURPOSE = "invitation"
GOOD_SECONDS = 7 * 86400


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """The newest invitation of an address, as it is stored among the sessions; the expiry is in seconds."""

    family_id: str
    token_hash: str
    expires: int = msgspec.field(name="ItemExpireTTL")


class Invitations:
    """Issues invitations, and uses them up. Addresses are in lower case."""

    def __init__(self, store: Store, keyring: Keyring, clock: Clock) -> None:
        self._store = store
        self._records = Records(store, SESSIONS, Invitation)
        self._keyring = keyring
        self._clock = clock

    def issue(self, email: str, nonce: str) -> str:
        """Return a token that is valid for seven days. It replaces the one before it. Raises StoreError."""
        expires = int(self._clock().timestamp()) + GOOD_SECONDS
        token = self._token(email, nonce, expires)
        invitation = Invitation(family_id=_record_id(email), token_hash=_hash(token), expires=expires)
        self._store.put(SESSIONS, to_item(invitation))
        return token

    def issued(self, email: str, nonce: str) -> str | None:
        """Return the token that was issued with a nonce, None if it is no longer valid. Raises StoreError."""
        found = self._records.get(_record_id(email))
        if found is None:
            return None
        token = self._token(email, nonce, found.expires)
        is_newest = compare_digest(found.token_hash, _hash(token))
        return token if is_newest and self._clock().timestamp() < found.expires else None

    def redemption(self, email: str, token: str) -> Delete:
        """Return the action that uses up a token. It fails if the token is used up already, or is not the newest.

        Raises InvalidInvitation, the same for every reason.
        """
        match self._keyring.open(PURPOSE, token):
            case (code, _, expires) if code == _code(email) and expires.isdecimal():
                if self._clock().timestamp() < int(expires):
                    return Delete(SESSIONS, {"family_id": _record_id(email)}, {"token_hash": _hash(token)})
        raise invalid_invitation()

    def _token(self, email: str, nonce: str, expires: int) -> str:
        return self._keyring.seal(PURPOSE, _code(email), nonce, str(expires))


def invalid_invitation() -> InvalidInvitation:
    """Return the error of a token that invites nobody, or somebody else."""
    return InvalidInvitation("The invitation is not valid for this email address, or no longer valid.")


def _record_id(email: str) -> str:
    # No refresh token names such a record: those of sessions are UUIDs that the server itself sealed.
    return f"invitation#{_code(email)}"


def _code(email: str) -> str:
    return sha256(email.encode()).hexdigest()[:32]


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()

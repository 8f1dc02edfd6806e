"""For operators: the account of one person with its sessions, and its removal without its password."""

from collections.abc import Iterator

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.accounts.model import Account
from shopkeeper.domains.accounts.records import find_by_email, remove
from shopkeeper.domains.accounts.sessions import Family
from shopkeeper.domains.markers import offers as markers
from shopkeeper.storage import Store
from shopkeeper.storage.records import Records, scan
from shopkeeper.storage.tables import SESSIONS

__all__ = ["erase_account", "find_by_email", "owns_business", "sessions_of"]


def sessions_of(store: Store, user_id: str) -> Iterator[Family]:
    """Yield the sessions of an account, expired ones that are still stored among them. It scans the table.

    Raises StoreError.
    """
    for record in scan(store, SESSIONS):
        if record.get("user_id") == user_id:  # an invitation is nobody's session
            yield msgspec.convert(record, Family)


def owns_business(store: Store, account: Account) -> bool:
    """Tell whether an account owns a business, and so cannot be removed. Raises StoreError."""
    return markers.holder(store, markers.business_identity(account.user_id)) is not None


def erase_account(store: Store, clock: Clock, account: Account) -> int:
    """Remove the sessions of an account and then the account, and return how many sessions it had.

    It must own no business. It is safe to repeat. Raises OwnsBusiness, ChangedMeanwhile or StoreError.
    """
    families = Records(store, SESSIONS, Family)
    found = [session.family_id for session in sessions_of(store, account.user_id)]
    for family_id in found:
        families.delete(family_id)
    remove(store, account, rfc3339(clock()))
    return len(found)

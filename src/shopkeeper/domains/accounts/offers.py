"""What accounts offer to other domains: the first admin, for their transactions, and what is true of an account."""

from shopkeeper.domains.accounts.model import Account
from shopkeeper.domains.accounts.records import ALL_USERS, add, new_account, users
from shopkeeper.http import Caller
from shopkeeper.storage import Store
from shopkeeper.storage.listing import listed

__all__ = ["add", "confirmed_address", "has_admin", "is_admin", "is_confirmed", "new_admin"]

MOST_LOOKED_AT = 1000
"""How many accounts are read to find an admin. An installation with more of them is not new."""


def new_admin(email: str, password: str, name: str, now: str) -> Account:
    """Return a new account of an admin, which is not stored yet. It hashes the password."""
    from shopkeeper.domains.accounts.passwords import Passwords  # not every function that imports this has it

    return new_account(email, name, Passwords().hash(password), now, role="admin")


def is_admin(store: Store, caller: Caller) -> bool:
    """Tell whether the caller is an admin whose sessions were not ended since. Raises StoreError."""
    account = users(store).get(caller.subject)
    return account is not None and account.role == "admin" and account.epoch == caller.epoch


def has_admin(store: Store) -> bool:
    """Tell whether there is an admin, or so many accounts that there must be one. Raises StoreError."""
    looked = 0
    for accounts in listed(store, users(store), "all-users", ALL_USERS):
        if any(account.role == "admin" for account in accounts):
            return True
        looked += len(accounts)
        if looked >= MOST_LOOKED_AT:
            return True
    return False


def is_confirmed(store: Store, user_id: str) -> bool:
    """Tell whether an account has confirmed its address, or is an admin's. Raises StoreError."""
    return confirmed_address(store, user_id) is not None


def confirmed_address(store: Store, user_id: str) -> str | None:
    """Return the email address of an account that has confirmed it or is an admin's, else None. Raises StoreError."""
    account = users(store).get(user_id)
    is_known = account is not None and (account.role == "admin" or account.email_confirmed_at is not None)
    return account.email if account is not None and is_known else None

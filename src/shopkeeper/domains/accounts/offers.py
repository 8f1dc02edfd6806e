"""What accounts offer to other domains: the first admin, for their transactions, and what is true of an account."""

from shopkeeper.domains.accounts.model import Account
from shopkeeper.domains.accounts.records import ALL_USERS, add, new_account, users
from shopkeeper.http import Caller
from shopkeeper.storage import Store
from shopkeeper.storage.listing import listed

__all__ = ["add", "confirmed_address", "has_admin", "is_admin", "new_admin"]

MOST_LOOKED_AT = 1000
"""Accounts that are looked at for an admin. An installation with more of them is not a new one."""


def new_admin(email: str, password: str, name: str, now: str) -> Account:
    """Return a new account of an admin, which nothing has stored yet. It computes a hash."""
    from shopkeeper.domains.accounts.passwords import Passwords  # most that import this have no need of its library

    return new_account(email, name, Passwords().hash(password), now, role="admin")


def is_admin(store: Store, caller: Caller) -> bool:
    """Tell whether the caller is an admin whose sessions were not ended since. Raises StoreError."""
    account = users(store).get(caller.subject)
    return account is not None and account.role == "admin" and account.epoch == caller.epoch


def confirmed_address(store: Store, user_id: str) -> str | None:
    """Return the email address of an account, None if nobody has shown to read its mails. Raises StoreError."""
    account = users(store).get(user_id)
    return None if account is None or account.email_confirmed_at is None else account.email


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

"""What accounts offer to other domains: the first admin, for their transactions."""

from shopkeeper.domains.accounts.model import Account
from shopkeeper.domains.accounts.passwords import Passwords
from shopkeeper.domains.markers import offers as markers
from shopkeeper.identifiers import uuid7
from shopkeeper.storage import Action, Store
from shopkeeper.storage.listing import listed
from shopkeeper.storage.records import Records
from shopkeeper.storage.tables import USERS

MOST_LOOKED_AT = 1000
"""Accounts that are looked at for an admin. An installation with more of them is not a new one."""


def new_admin(email: str, password: str, name: str, now: str) -> Account:
    """Return a new account of an admin, which nothing has stored yet. It computes a hash."""
    return Account(
        user_id=uuid7(),
        email=email.lower(),
        name=name,
        role="admin",
        created_at=now,
        updated_at=now,
        password_hash=Passwords().hash(password),
    )


def add(store: Store, account: Account) -> list[Action]:
    """Return the actions that store a new account and keep its email address. They fail if that is taken."""
    kept = markers.take(markers.user_email(account.email), user_id=account.user_id)
    return [Records(store, USERS, Account).insertion(account), kept]


def has_admin(store: Store) -> bool:
    """Tell whether there is an admin, or so many accounts that there must be one. Raises StoreError."""
    looked = 0
    for accounts in listed(store, Records(store, USERS, Account), "all-users", "user"):
        if any(account.role == "admin" for account in accounts):
            return True
        looked += len(accounts)
        if looked >= MOST_LOOKED_AT:
            return True
    return False

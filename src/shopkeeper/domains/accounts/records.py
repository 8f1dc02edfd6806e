"""The records of accounts, by their id and by their email address."""

from shopkeeper.domains.accounts.model import Account, ChangedMeanwhile, OwnsBusiness, Role
from shopkeeper.domains.markers import offers as markers
from shopkeeper.http import NotFound
from shopkeeper.identifiers import uuid7
from shopkeeper.storage import Action, AlreadyExists, ConditionFailed, Store
from shopkeeper.storage.records import Records
from shopkeeper.storage.tables import USERS

ALL_USERS = "user"
"""The partition of the index `all-users`."""


def users(store: Store) -> Records[Account]:
    """Return the records of accounts. `require` raises NotFound."""
    return Records(store, USERS, Account, missing=no_user)


def find_by_email(store: Store, email: str) -> Account | None:
    """Return the account with an email address in lower case, None if there is none. Raises StoreError."""
    user_id = markers.holder(store, markers.user_email(email))
    return None if user_id is None else users(store).get(user_id)


def new_account(email: str, name: str, password_hash: str, now: str, role: Role = "user") -> Account:
    """Return an account that is made at a time of RFC 3339. It is not stored yet."""
    return Account(
        user_id=uuid7(),
        email=email.lower(),
        name=name,
        role=role,
        created_at=now,
        updated_at=now,
        password_hash=password_hash,
    )


def add(store: Store, account: Account) -> list[Action]:
    """Return the actions that store a new account and keep its email address. They fail if that is taken."""
    kept = markers.take(markers.user_email(account.email), user_id=account.user_id)
    return [users(store).insertion(account), kept]


def remove(store: Store, account: Account, at: str) -> None:
    """Remove an account in the version that was read. Its identity can never own a business after that.

    Raises OwnsBusiness, ChangedMeanwhile or StoreError.
    """
    actions: list[Action] = [
        users(store).removal(account),
        markers.free(markers.user_email(account.email), user_id=account.user_id),
        markers.tombstone(account.user_id, at),
    ]
    try:
        store.transact(actions)
    except AlreadyExists:
        raise OwnsBusiness("The account owns a business, which must be deleted first.") from None
    except ConditionFailed:
        raise ChangedMeanwhile("The account was changed by another request.") from None


def no_user() -> NotFound:
    """Return the error of an account that is not there, or not for the caller."""
    return NotFound("There is no such user.")

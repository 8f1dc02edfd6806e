"""The records of accounts, by their id and by their email address."""

from shopkeeper.domains.accounts.model import Account
from shopkeeper.domains.markers import offers as markers
from shopkeeper.http import NotFound
from shopkeeper.storage import Store
from shopkeeper.storage.records import Records
from shopkeeper.storage.tables import USERS


def users(store: Store) -> Records[Account]:
    """Return the records of accounts. `require` raises NotFound."""
    return Records(store, USERS, Account, missing=no_user)


def find_by_email(store: Store, email: str) -> Account | None:
    """Return the account with an email address in lower case, None if there is none. Raises StoreError."""
    user_id = markers.holder(store, markers.user_email(email))
    return None if user_id is None else users(store).get(user_id)


def no_user() -> NotFound:
    """Return the error of an account that is not there, or not for the caller."""
    return NotFound("There is no such user.")

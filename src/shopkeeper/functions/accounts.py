"""The function `accounts`: the only one that writes users and sessions."""

from shopkeeper.accounts.endpoints import ENDPOINTS
from shopkeeper.accounts.passwords import Passwords
from shopkeeper.accounts.service import Accounts
from shopkeeper.functions.declaration import Function, Part, Resources
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import ATTEMPTS, MARKERS, SESSIONS, USERS, may


def build(resources: Resources) -> Accounts:
    """Return the service; the command line uses it as well."""
    identity = resources.known()
    return Accounts(resources.store, identity.keyring, identity.tokens, Passwords(), resources.clock)


ACCOUNTS = Function(
    name="accounts",
    service="accounts",
    parts=(Part(ENDPOINTS, build, without_cognito=True),),
    grants={
        USERS: may("get", "put", "update", "delete", query=("all-users",)),
        MARKERS: may("get", "put", "delete"),
        SESSIONS: may("get", "put", "update", "delete"),
        ATTEMPTS: may("update"),
    },
    errors=PROBLEM_JSON,
    knows_callers=True,
    libraries="accounts",
    memory=1024,
)

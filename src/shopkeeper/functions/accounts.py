"""The function `accounts`: the only one that writes users and sessions."""

from shopkeeper.domains.accounts.endpoints import ENDPOINTS
from shopkeeper.domains.accounts.passwords import Passwords
from shopkeeper.domains.accounts.service import Accounts
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.outbox import open_outbox
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Http, Part
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import may
from shopkeeper.storage.tables import ATTEMPTS, MAILS, MARKERS, SESSIONS, USERS


def build(resources: Resources) -> Accounts:
    """Return the service; the command line uses it as well."""
    identity = resources.require_identity()
    outbox = open_outbox(resources)
    registration = resources.settings.registration
    return Accounts(
        resources.store, identity.keyring, identity.tokens, Passwords(), resources.clock, outbox, registration
    )


FUNCTION = Function(
    name="accounts",
    service="accounts",
    triggers=(Http((Part(ENDPOINTS, build, without_cognito=True),)),),
    grants={
        USERS: may("get", "put", "update", "delete", query=("all-users",)),
        MARKERS: may("get", "put", "delete"),
        SESSIONS: may("get", "put", "update", "delete"),
        ATTEMPTS: may("get", "update", "delete"),
        MAILS: may("put", "update"),
    },
    errors=PROBLEM_JSON,
    authenticates=True,
    libraries="accounts",
    memory=1024,
    concurrency=20,
)

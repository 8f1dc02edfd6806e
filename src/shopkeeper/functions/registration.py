"""The function `registration`: the registration of businesses."""

from shopkeeper.domains.registration.endpoints import ENDPOINTS
from shopkeeper.domains.registration.service import Registrations
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Http, Part
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import may
from shopkeeper.storage.tables import BUSINESSES, MARKERS

TABLES = (BUSINESSES, MARKERS)


def _build(resources: Resources) -> Registrations:
    settings = resources.settings
    # A pool may let anybody sign up, so with one the registration of a business is what is closed.
    is_closed = settings.registration == "closed" and bool(settings.cognito_user_pool_id)
    requires_token = not settings.registers_strangers
    return Registrations(resources.store, resources.clock, TABLES, requires_token=requires_token, is_closed=is_closed)


FUNCTION = Function(
    name="registration",
    service="auth",
    triggers=(Http((Part(ENDPOINTS, _build),)),),
    grants={
        BUSINESSES: may("get", "put", "ping"),
        MARKERS: may("get", "put", "ping"),
    },
    errors=PROBLEM_JSON,
    authenticates=True,
    libraries="tokens",
)

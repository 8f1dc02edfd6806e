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
    requires_token = resources.settings.registration_requires_token
    return Registrations(resources.store, resources.clock, TABLES, requires_token=requires_token)


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

"""The function `auth`: the registration of businesses."""

from shopkeeper.businesses.endpoints import ENDPOINTS
from shopkeeper.businesses.service import BusinessRegistry
from shopkeeper.functions.declaration import Function, Part, Resources
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import BUSINESSES, MARKERS, may


def _build(resources: Resources) -> BusinessRegistry:
    requires_token = resources.settings.registration_requires_token
    return BusinessRegistry(resources.store, resources.clock, requires_token=requires_token)


AUTH = Function(
    name="auth",
    service="auth",
    parts=(Part(ENDPOINTS, _build),),
    grants={
        BUSINESSES: may("get", "put", "ping"),
        MARKERS: may("get", "put", "ping"),
    },
    errors=PROBLEM_JSON,
    knows_callers=True,
    libraries="tokens",
)

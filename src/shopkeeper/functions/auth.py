"""The function `auth`: the registration of businesses."""

from shopkeeper.businesses.endpoints import ENDPOINTS
from shopkeeper.businesses.service import BusinessRegistry
from shopkeeper.functions.declaration import Function
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import BUSINESSES, MARKERS

AUTH = Function(
    name="auth",
    service="auth",
    endpoints=ENDPOINTS,
    build=lambda resources: BusinessRegistry(resources.store, resources.clock),
    grants={
        BUSINESSES: frozenset({"get", "put", "ping"}),
        MARKERS: frozenset({"get", "put", "ping"}),
    },
    errors=PROBLEM_JSON,
)

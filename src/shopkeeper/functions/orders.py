"""The function `orders`: businesses for their owners, the catalogue, the orders and their feed."""

from shopkeeper.domains.businesses.endpoints import OWNER_ENDPOINTS
from shopkeeper.domains.businesses.service import BusinessRegistry
from shopkeeper.domains.catalogue.endpoints import ENDPOINTS as CATALOGUE_ENDPOINTS
from shopkeeper.domains.catalogue.service import Catalogue
from shopkeeper.domains.orders.endpoints import ENDPOINTS, OrderServices
from shopkeeper.domains.orders.events import EventFeed
from shopkeeper.domains.orders.service import Orders
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Http, Part
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import BUSINESSES, EVENTS, IDEMPOTENCY, ITEMS, MARKERS, ORDERS, may


def _build_services(resources: Resources) -> OrderServices:
    keyring = resources.require_identity().keyring
    accept_seconds = resources.settings.order_accept_seconds
    orders = Orders(resources.store, keyring, resources.clock, accept_seconds)
    return OrderServices(orders, EventFeed(resources.store, resources.clock))


FUNCTION = Function(
    name="orders",
    service="orders",
    triggers=(
        Http(
            (
                Part(CATALOGUE_ENDPOINTS, lambda resources: Catalogue(resources.store, resources.clock)),
                Part(OWNER_ENDPOINTS, lambda resources: BusinessRegistry(resources.store, resources.clock)),
                Part(ENDPOINTS, _build_services),
            )
        ),
    ),
    grants={
        BUSINESSES: may("get", "update", "delete", "check"),
        MARKERS: may("get", "put", "delete"),
        ITEMS: may("get", "get_many", "put", "update", "delete", query=("by-business", "all-items")),
        ORDERS: may("get", "get_many", "put", "update", query=("by-business", "by-status")),
        IDEMPOTENCY: may("get", "update"),
        EVENTS: may("get", "query", "append", "check"),
    },
    errors=PROBLEM_JSON,
    authenticates=True,
    libraries="tokens",
    memory=512,
    timeout=15,
)

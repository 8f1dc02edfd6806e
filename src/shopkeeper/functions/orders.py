"""The function `orders`: businesses for their owners, the catalogue, the orders and their feed."""

from shopkeeper.businesses.endpoints import OWNER_ENDPOINTS
from shopkeeper.businesses.service import BusinessRegistry
from shopkeeper.catalogue.endpoints import ENDPOINTS as CATALOGUE_ENDPOINTS
from shopkeeper.catalogue.service import Catalogue
from shopkeeper.functions.declaration import Function, Part, Resources
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.orders.endpoints import ENDPOINTS, OrderDesk
from shopkeeper.orders.events import EventFeed
from shopkeeper.orders.service import Orders
from shopkeeper.storage import BUSINESSES, EVENTS, IDEMPOTENCY, ITEMS, MARKERS, ORDERS, may


def _build_desk(resources: Resources) -> OrderDesk:
    keyring = resources.known().keyring
    accept_seconds = resources.settings.order_accept_seconds
    orders = Orders(resources.store, keyring, resources.clock, accept_seconds)
    return OrderDesk(orders, EventFeed(resources.store, resources.clock))


ORDERS_FUNCTION = Function(
    name="orders",
    service="orders",
    parts=(
        Part(CATALOGUE_ENDPOINTS, lambda resources: Catalogue(resources.store, resources.clock)),
        Part(OWNER_ENDPOINTS, lambda resources: BusinessRegistry(resources.store, resources.clock)),
        Part(ENDPOINTS, _build_desk),
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
    knows_callers=True,
    libraries="tokens",
    memory=512,
    timeout=15,
)

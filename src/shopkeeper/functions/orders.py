"""The function `orders`: businesses for their owners, the catalogue, the orders and their feed."""

from functools import partial

from shopkeeper.domains.businesses.deletion import Deletion
from shopkeeper.domains.businesses.endpoints import ENDPOINTS as BUSINESS_ENDPOINTS
from shopkeeper.domains.businesses.offers import own_business
from shopkeeper.domains.businesses.pause_sweep import PauseSweep
from shopkeeper.domains.businesses.service import BusinessRegistry
from shopkeeper.domains.catalogue.endpoints import ENDPOINTS as CATALOGUE_ENDPOINTS
from shopkeeper.domains.catalogue.picture_endpoints import ENDPOINTS as PICTURE_ENDPOINTS
from shopkeeper.domains.catalogue.pictures import Pictures
from shopkeeper.domains.catalogue.removal import Removal
from shopkeeper.domains.catalogue.service import Catalogue
from shopkeeper.domains.feed.endpoints import ENDPOINTS as FEED_ENDPOINTS
from shopkeeper.domains.feed.service import EventFeed
from shopkeeper.domains.orders.endpoints import ENDPOINTS
from shopkeeper.domains.orders.expiry import ExpirySweep
from shopkeeper.domains.orders.offers import deletion_record
from shopkeeper.domains.orders.open_orders import OpenOrders
from shopkeeper.domains.orders.service import Orders
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Http, Job, Part, Schedule
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import may
from shopkeeper.storage.tables import BUSINESSES, EVENTS, IDEMPOTENCY, ITEMS, MARKERS, ORDERS, PAUSES


def build_businesses(resources: Resources) -> BusinessRegistry:
    """Return the service of businesses, whose deletion needs orders and the catalogue."""
    store, clock = resources.store, resources.clock
    removal = Removal(store, _build_pictures(resources))
    return BusinessRegistry(store, clock, Deletion(store, clock, OpenOrders(store, clock), removal, deletion_record))


def _build_pictures(resources: Resources) -> Pictures:
    keyring, url = resources.require_identity().keyring, resources.settings.pictures_url
    return Pictures(resources.store, resources.clock, keyring, resources.pictures, url)


def _build_catalogue(resources: Resources) -> Catalogue:
    return Catalogue(resources.store, resources.clock, _build_pictures(resources))


def _build_feed(resources: Resources) -> EventFeed:
    store = resources.store
    return EventFeed(store, resources.clock, partial(own_business, store))


def _build_orders(resources: Resources) -> Orders:
    keyring = resources.require_identity().keyring
    accept_seconds = resources.settings.order_accept_seconds
    return Orders(resources.store, keyring, resources.clock, accept_seconds)


def _build_retention(resources: Resources) -> Job:
    from shopkeeper.domains.orders.retention import RetentionSweep  # requests do not need it

    return RetentionSweep(resources.store, resources.clock, resources.settings.order_retention_days).run


FUNCTION = Function(
    name="orders",
    service="orders",
    triggers=(
        Http(
            (
                Part((*CATALOGUE_ENDPOINTS, *PICTURE_ENDPOINTS), _build_catalogue),
                Part(BUSINESS_ENDPOINTS, build_businesses),
                Part(ENDPOINTS, _build_orders),
                Part(FEED_ENDPOINTS, _build_feed),
            )
        ),
        Schedule(
            "order-expiry",
            minutes=1,
            seconds=1,
            build=lambda resources: ExpirySweep(resources.store, resources.clock).run,
        ),
        Schedule(
            "pause-end",
            minutes=1,
            seconds=1,
            build=lambda resources: PauseSweep(resources.store, resources.clock).run,
        ),
        Schedule("order-retention", minutes=15, seconds=60, build=_build_retention),
    ),
    grants={
        BUSINESSES: may("get", "update", "delete", "check"),
        PAUSES: may("get", "update", "delete", "check", query=("ending",)),
        MARKERS: may("get", "put", "delete"),
        ITEMS: may("get", "get_many", "put", "update", "delete", query=("by-business", "all-items")),
        ORDERS: may("get", "get_many", "put", "update", query=("by-business", "by-status", "awaiting", "finished")),
        IDEMPOTENCY: may("get", "update"),
        EVENTS: may("get", "query", "append", "check"),
    },
    pictures=frozenset({"read", "write", "remove"}),
    errors=PROBLEM_JSON,
    authenticates=True,
    libraries="orders",
    memory=512,
    timeout=15,
    concurrency=50,
)

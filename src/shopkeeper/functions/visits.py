"""The function `visits`: the visitor counter, and the hits of pages."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from shopkeeper.domains.traffic import hit_endpoints, script_endpoints
from shopkeeper.domains.visits.endpoints import ENDPOINTS
from shopkeeper.domains.visits.model import SERVICE, VISIT_ERRORS
from shopkeeper.domains.visits.service import VisitCounter
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Http, Part
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import may
from shopkeeper.storage.tables import BUSINESSES, TRAFFIC, VISITOR_COUNTER, VISITORS

if TYPE_CHECKING:
    from shopkeeper.domains.traffic.hits import Hits
    from shopkeeper.domains.traffic.script import Script


def _build(resources: Resources) -> VisitCounter:
    settings = resources.settings
    return VisitCounter(resources.store, resources.clock, settings.counter_ids, settings.retention_days)


def _build_hits(resources: Resources) -> "Callable[[], Hits]":
    """Return what returns the service. It is built at the first hit: a cold start does not pay for it."""

    @cache
    def build() -> "Hits":
        from shopkeeper.domains.traffic.hits import Hits
        from shopkeeper.domains.traffic.sites import Sites

        settings = resources.settings
        sites = Sites(resources.store, settings.sites, settings.sites_time_zone)
        return Hits(resources.store, resources.clock, sites, trusts_country=settings.trust_country_header)

    return build


def _build_script(resources: Resources) -> "Callable[[], Script]":
    """Return what returns the script, which is read when it is first asked for."""

    @cache
    def build() -> "Script":
        from shopkeeper.domains.traffic.script import read_script

        return read_script(resources.settings.hit_path)

    return build


FUNCTION = Function(
    name="visits",
    service=SERVICE,
    triggers=(
        Http(
            (
                Part(ENDPOINTS, _build),
                Part(hit_endpoints.ENDPOINTS, _build_hits, errors=PROBLEM_JSON, path="hit_path"),
                Part(script_endpoints.ENDPOINTS, _build_script, errors=PROBLEM_JSON),
            )
        ),
    ),
    grants={
        VISITOR_COUNTER: may("get", "update"),
        BUSINESSES: may("get"),
        TRAFFIC: may("get", "put", "update"),
        VISITORS: may("get", "update"),
    },
    errors=VISIT_ERRORS,
    counted=("Visits", "Views", "PageEvents", "BotHits"),
    libraries="zones",
    concurrency=100,
    has_url=True,
)

"""The function `traffic`: it closes days and months, shows and shares what was counted, and writes weekly mails."""

from shopkeeper.domains.traffic.closing import Closing
from shopkeeper.domains.traffic.page_endpoints import ENDPOINTS as PAGE_ENDPOINTS
from shopkeeper.domains.traffic.readers import Readers
from shopkeeper.domains.traffic.reading import Reading
from shopkeeper.domains.traffic.reading_endpoints import ENDPOINTS, TrafficReading
from shopkeeper.domains.traffic.share_endpoints import ENDPOINTS as SHARE_ENDPOINTS
from shopkeeper.domains.traffic.share_endpoints import TrafficSharing
from shopkeeper.domains.traffic.shares import Shares
from shopkeeper.domains.traffic.weekly import WeeklyMails
from shopkeeper.errors import ConfigurationError
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.outbox import open_outbox
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Http, Job, Part, Schedule
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import may
from shopkeeper.storage.tables import BUSINESSES, MAILS, MARKERS, TRAFFIC, USERS, VISITORS
from shopkeeper.zones import is_zone


def _close(resources: Resources) -> Job:
    """Return the job. Raises ConfigurationError for a time zone that there is not."""
    zone = resources.settings.sites_time_zone
    if not is_zone(zone):
        raise ConfigurationError(f"SITES_TIME_ZONE: there is no time zone {zone} in the IANA database.")
    return Closing(resources.store, resources.clock).run


def _tell(resources: Resources) -> Job:
    return WeeklyMails(resources.store, open_outbox(resources), resources.clock).run


def build_reading(resources: Resources) -> TrafficReading:
    """Return what answers those who read traffic; the command line uses it as well, without an identity."""
    shares = None if resources.identity is None else _shares(resources)
    return TrafficReading(_readers(resources, shares), Reading(resources.store, resources.clock))


def _build_sharing(resources: Resources) -> TrafficSharing:
    shares = _shares(resources)
    return TrafficSharing(_readers(resources, shares), shares)


def _readers(resources: Resources, shares: Shares | None) -> Readers:
    settings = resources.settings
    return Readers(
        resources.store,
        settings.sites,
        settings.sites_time_zone,
        is_public=settings.traffic_public,
        shares=shares,
    )


def _shares(resources: Resources) -> Shares:
    return Shares(resources.store, resources.require_identity().keyring)


FUNCTION = Function(
    name="traffic",
    service="traffic",
    triggers=(
        Http((Part((*ENDPOINTS, *PAGE_ENDPOINTS), build_reading), Part(SHARE_ENDPOINTS, _build_sharing))),
        Schedule("traffic-closing", minutes=5, seconds=60, build=_close),
        Schedule("traffic-weekly", minutes=15, seconds=60, build=_tell),
    ),
    grants={
        BUSINESSES: may("get"),
        MAILS: may("put", "update"),
        MARKERS: may("get"),
        TRAFFIC: may("get", "query", "put", "delete"),
        USERS: may("get"),
        VISITORS: may("get", "update"),
    },
    errors=PROBLEM_JSON,
    authenticates=True,
    libraries="orders",
    memory=512,
    timeout=60,
    concurrency=20,
)

"""The function `traffic`: it closes days and months, shows what was counted, and writes down weekly mails."""

from shopkeeper.domains.traffic.closing import Closing
from shopkeeper.domains.traffic.readers import Readers
from shopkeeper.domains.traffic.reading import Reading
from shopkeeper.domains.traffic.reading_endpoints import ENDPOINTS, TrafficReading
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
    """Return what answers those who read traffic; the command line uses it as well."""
    settings, store = resources.settings, resources.store
    readers = Readers(store, settings.sites, settings.sites_time_zone, is_public=settings.traffic_public)
    return TrafficReading(readers, Reading(store, resources.clock))


FUNCTION = Function(
    name="traffic",
    service="traffic",
    triggers=(
        Http((Part(ENDPOINTS, build_reading),)),
        Schedule("traffic-closing", minutes=5, seconds=60, build=_close),
        Schedule("traffic-weekly", minutes=15, seconds=60, build=_tell),
    ),
    grants={
        BUSINESSES: may("get"),
        MAILS: may("put", "update"),
        MARKERS: may("get"),
        TRAFFIC: may("query", "put", "delete"),
        USERS: may("get"),
        VISITORS: may("get", "update"),
    },
    errors=PROBLEM_JSON,
    authenticates=True,
    libraries="orders",
    memory=512,
    timeout=60,
)

"""The function `traffic`: it closes days and months, and shows what was counted."""

from shopkeeper.domains.traffic.closing import Closing
from shopkeeper.errors import ConfigurationError
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Job, Schedule
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import may
from shopkeeper.storage.tables import TRAFFIC, VISITORS
from shopkeeper.zones import is_zone


def _close(resources: Resources) -> Job:
    """Return the job. Raises ConfigurationError for a time zone that there is not."""
    zone = resources.settings.sites_time_zone
    if not is_zone(zone):
        raise ConfigurationError(f"SITES_TIME_ZONE: there is no time zone {zone} in the IANA database.")
    return Closing(resources.store, resources.clock).run


FUNCTION = Function(
    name="traffic",
    service="traffic",
    triggers=(Schedule("traffic-closing", minutes=5, seconds=60, build=_close),),
    grants={
        TRAFFIC: may("query", "put", "delete"),
        VISITORS: may("get", "update"),
    },
    errors=PROBLEM_JSON,
    authenticates=True,
    libraries="orders",
    memory=512,
    timeout=60,
)

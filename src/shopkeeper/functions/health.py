"""The function `health`: the front door, and the health of every table."""

from shopkeeper import __version__
from shopkeeper.functions.declaration import Function, Part, Resources
from shopkeeper.health.endpoints import ENDPOINTS, HealthDesk
from shopkeeper.health.model import About
from shopkeeper.health.service import HealthProbe
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import TABLES, may


def _build(resources: Resources) -> HealthDesk:
    settings = resources.settings
    about = About(version=__version__, environment=settings.stage, region=settings.region)
    return HealthDesk(about, HealthProbe(resources.store, TABLES, resources.clock))


HEALTH = Function(
    name="health",
    service="shopkeeper",
    parts=(Part(ENDPOINTS, _build),),
    grants={table: may("ping") for table in TABLES},
    errors=PROBLEM_JSON,
)

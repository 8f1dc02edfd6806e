"""The function `health`: the front door, and the health of every table."""

from shopkeeper import __version__
from shopkeeper.domains.health.endpoints import ENDPOINTS, HealthServices
from shopkeeper.domains.health.model import About
from shopkeeper.domains.health.service import HealthProbe
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Http, Part
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import may
from shopkeeper.storage.tables import TABLES


def _build(resources: Resources) -> HealthServices:
    settings = resources.settings
    about = About(version=__version__, environment=settings.stage, region=settings.region)
    return HealthServices(about, HealthProbe(resources.store, TABLES, resources.clock))


FUNCTION = Function(
    name="health",
    service="shopkeeper",
    triggers=(Http((Part(ENDPOINTS, _build),)),),
    grants={table: may("ping") for table in TABLES},
    errors=PROBLEM_JSON,
    concurrency=5,
)

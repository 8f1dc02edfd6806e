"""The function `visits`: the visitor counter."""

from shopkeeper.domains.visits.endpoints import ENDPOINTS
from shopkeeper.domains.visits.model import SERVICE, VISIT_ERRORS
from shopkeeper.domains.visits.service import VisitCounter
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Http, Part
from shopkeeper.storage import may
from shopkeeper.storage.tables import VISITOR_COUNTER


def _build(resources: Resources) -> VisitCounter:
    settings = resources.settings
    return VisitCounter(resources.store, resources.clock, settings.counter_ids, settings.retention_days)


FUNCTION = Function(
    name="visits",
    service=SERVICE,
    triggers=(Http((Part(ENDPOINTS, _build),)),),
    grants={VISITOR_COUNTER: may("get", "update")},
    errors=VISIT_ERRORS,
)

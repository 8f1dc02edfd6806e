"""The function `visits`: the visitor counter."""

from shopkeeper.functions.declaration import Function, Part, Resources
from shopkeeper.storage import VISITOR_COUNTER, may
from shopkeeper.visits.endpoints import ENDPOINTS
from shopkeeper.visits.model import SERVICE, VISIT_ERRORS
from shopkeeper.visits.service import VisitCounter


def _build(resources: Resources) -> VisitCounter:
    settings = resources.settings
    return VisitCounter(resources.store, resources.clock, settings.counter_ids, settings.retention_days)


VISITS = Function(
    name="visits",
    service=SERVICE,
    parts=(Part(ENDPOINTS, _build),),
    grants={VISITOR_COUNTER: may("get", "update")},
    errors=VISIT_ERRORS,
)

"""The function `visits` as if it took no hits: what the counter alone costs. It runs in the package of `visits`."""

from shopkeeper.domains.visits.endpoints import ENDPOINTS
from shopkeeper.domains.visits.model import SERVICE, VISIT_ERRORS
from shopkeeper.domains.visits.service import VisitCounter
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Http, Part
from shopkeeper.runtime.lambda_.handler import lambda_handler
from shopkeeper.storage import may
from shopkeeper.storage.tables import VISITOR_COUNTER


def build(resources: Resources) -> VisitCounter:
    """Return the counter."""
    return VisitCounter(
        resources.store, resources.clock, resources.settings.counter_ids, resources.settings.retention_days
    )


FUNCTION = Function(
    name="counter",
    service=SERVICE,
    triggers=(Http((Part(ENDPOINTS, build),)),),
    grants={VISITOR_COUNTER: may("get", "update")},
    errors=VISIT_ERRORS,
)

handler = lambda_handler(FUNCTION)

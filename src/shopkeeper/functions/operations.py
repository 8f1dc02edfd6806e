"""The function `operations`: what an operator's own services ask, with AWS credentials."""

from functools import partial

from shopkeeper.domains.operations.endpoints import ENDPOINTS
from shopkeeper.domains.operations.service import Counting
from shopkeeper.functions.backlogs import BACKLOGS, MOST
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.triggers import Http, Part
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import may
from shopkeeper.storage.tables import DELIVERIES, EVENTS, MAILS, ORDERS, SUBSCRIPTIONS


def _build(resources: Resources) -> Counting:
    counts = {
        one.name.removeprefix("shopkeeper_"): partial(one.count, resources.store) for one in BACKLOGS if not one.scans
    }
    return Counting(counts, MOST, resources.clock)


FUNCTION = Function(
    name="operations",
    service="operations",
    triggers=(Http((Part(ENDPOINTS, _build),)),),
    grants={
        DELIVERIES: may(query=("due",)),
        EVENTS: may("get"),
        MAILS: may(query=("due",)),
        ORDERS: may(query=("awaiting",)),
        SUBSCRIPTIONS: may(query=("due",)),
    },
    errors=PROBLEM_JSON,
    timeout=30,
    concurrency=2,
)

"""The endpoints for an operator's own services."""

from shopkeeper.domains.operations.model import Backlogs
from shopkeeper.domains.operations.service import Counting
from shopkeeper.http import Access, Call, Nothing, Reply, endpoint


@endpoint("POST /ops/backlogs", access=Access.AWS_IAM)
def count_backlogs(counting: Counting, _: Call[Nothing, Nothing]) -> Reply[Backlogs]:
    """Count what waits in the data of all shops.

    Nothing is changed. Each call reads up to a few thousand items, which DynamoDB charges for, so it is no GET that a
    monitor or a browser repeats by itself.
    """
    return Reply(counting.count())


ENDPOINTS = (count_backlogs,)

"""Alarms as data: which metric is watched, and from which value on somebody is told.

The alarms on the API, on Lambda and on DynamoDB are in the descriptions of the infrastructure. Here are those that
follow from the declarations.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from shopkeeper.functions.declaration import Function

DAY = 24 * 60 * 60


class Alarm(msgspec.Struct, frozen=True):
    """Tell somebody when a metric is above a `threshold`, in one period of so many `seconds`.

    The metric is one of Amazon SQS on a `queue`, or a business metric of a `service`: one of the two is given. No new
    version takes over while an alarm is on that `stops_releases`.
    """

    name: str
    meaning: str
    metric: str
    statistic: Literal["Maximum", "Minimum", "Sum"]
    seconds: int
    threshold: int
    queue: str = ""
    service: str = ""
    stops_releases: bool = False


BUSINESS = (
    Alarm(
        "orders-expired",
        "Nobody accepted an order in time",
        "OrdersExpired",
        statistic="Sum",
        seconds=3600,
        threshold=0,
        service="orders",
    ),
    Alarm(
        "webhooks-behind",
        "For an hour some webhook has not taken its events",
        "WebhooksBehind",
        statistic="Minimum",
        seconds=3600,
        threshold=0,
        service="webhooks",
    ),
)


def alarms(functions: tuple[Function, ...]) -> Iterator[Alarm]:
    """Yield all alarms. Two are on each dead-letter queue: on the number of letters, and on the age of the oldest.

    The first fires with the first letter. The second says that nobody dealt with it for a day.
    """
    for queue in (queue for function in functions for queue in function.dead_letters):
        yield Alarm(
            queue.name,
            "What failed waits to be looked at",
            "ApproximateNumberOfMessagesVisible",
            statistic="Maximum",
            seconds=60,
            threshold=0,
            queue=queue.name,
            stops_releases=True,
        )
        yield Alarm(
            f"{queue.name}-age",
            "What failed has waited for a day, and is lost after fourteen",
            "ApproximateAgeOfOldestMessage",
            statistic="Maximum",
            seconds=300,
            threshold=DAY,
            queue=queue.name,
        )
    yield from BUSINESS

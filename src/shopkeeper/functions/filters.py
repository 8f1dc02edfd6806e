"""Filters of the functions' logs as data: which member of a line is counted as a metric.

A filter costs nothing, and what a line must say so that CloudWatch counts without one costs by the byte. The metric has
no dimensions, because only members of a line can be dimensions. Its namespace, `Shopkeeper/SERVICE/STAGE`, says
instead what the log group knows already.
"""

import re
from collections.abc import Iterator

import msgspec

from shopkeeper.functions.declaration import Function


class Filter(msgspec.Struct, frozen=True):
    """Count a `metric` of a service by the `value` of each line in the log of a function that has the `pattern`."""

    name: str
    function: str
    service: str
    metric: str
    pattern: str
    value: str


def filters(functions: tuple[Function, ...]) -> Iterator[Filter]:
    """Yield a filter for each metric that functions leave to their logs."""
    for function in functions:
        for metric in function.counted:
            words = re.sub("([A-Z])", r"-\1", metric).lower()
            member = f"$.{metric}"
            yield Filter(
                f"{function.name}{words}", function.name, function.service, metric, f"{{ {member} = * }}", member
            )

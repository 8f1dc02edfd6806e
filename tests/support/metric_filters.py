"""What filters of a log count in its lines, by the rules of CloudWatch that our patterns use.

Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax for metric filters". `{ $.Visits = * }` takes the JSON
objects that have the member, and `$.Visits` is its value.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from shopkeeper.functions.filters import Filter
from tests.support.log_lines import LOG


def counted(filters: Iterable[Filter], lines: Iterable[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """Return the sums of the metrics that filters make of lines, by service and name."""
    found: Counter[tuple[str, str]] = Counter()
    told = [*lines]
    for one in filters:
        value = _member(one.value)
        found[one.service, one.metric] += sum(
            line[value] for line in told if line[LOG] == one.function and takes(one.pattern, line)
        )
    return found


def takes(pattern: str, line: dict[str, Any]) -> bool:
    """Tell whether a pattern takes a line."""
    asked = re.fullmatch(r"{ (\S+) = \* }", pattern)
    assert asked is not None, f"this test cannot read {pattern!r}"
    return _member(asked[1]) in line


def _member(selector: str) -> str:
    named = re.fullmatch(r"\$\.([A-Za-z]+)", selector)
    assert named is not None, f"this test cannot read {selector!r}"
    return named[1]

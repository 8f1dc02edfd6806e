"""Every declared GET, with a path that has something to show."""

from collections.abc import Mapping

from shopkeeper.functions.all import FUNCTIONS

SAFE = sorted(one.path for function in FUNCTIONS for one in function.endpoints if one.answers_head)
COUNTING = sorted(
    one.path for function in FUNCTIONS for one in function.endpoints if one.method == "GET" and not one.safe
)

SAYS_WHEN = {"x-request-id", "x-amzn-requestid", "date"}
"""Header fields that no two answers have alike."""


def lasting(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the fields by lower-case name, without those of the body's length and those that no two answers share."""
    names = {name.lower(): value for name, value in headers.items()}
    return {
        name: value for name, value in names.items() if name not in {*SAYS_WHEN, "content-length", "transfer-encoding"}
    }

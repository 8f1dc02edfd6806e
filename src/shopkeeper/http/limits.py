"""Rate limits as data on endpoints, and their header fields (draft-ietf-httpapi-ratelimit-headers-11)."""

from collections.abc import Mapping
from typing import Literal

import msgspec


class RateLimit(msgspec.Struct, frozen=True):
    """A token bucket for each client: at most `requests` at once, and as many again in every `seconds`.

    `by` says who has a bucket: a client address (an IPv6 network of 64 bits counts as one), or the account of a
    verified token. Endpoints whose limits have the same name share the buckets.
    """

    name: str
    requests: int
    seconds: int
    by: Literal["address", "account"] = "address"


def fields(limit: RateLimit, left: int, seconds: int) -> dict[str, str]:
    """Return the header fields that tell a client of a limit.

    `left` requests are left. `seconds` is when all are there again, or the next one if none is left.
    """
    return {
        "RateLimit-Policy": f'"{limit.name}";q={limit.requests};w={limit.seconds}',
        "RateLimit": f'"{limit.name}";r={left};t={seconds}',
    }


def joined(some: Mapping[str, str], others: Mapping[str, str]) -> Mapping[str, str]:
    """Return the fields of some limits and of others, each as one list."""
    if not some or not others:
        return some or others  # most requests have one limit
    return {name: f"{value}, {others[name]}" for name, value in some.items()}

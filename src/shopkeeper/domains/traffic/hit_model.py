"""What a hit is, and what may be wrong with it."""

from typing import Annotated

import msgspec

from shopkeeper.http import BadRequest, Forbidden
from shopkeeper.http.constraints import pattern

MOST_BODY = 4096
"""Bytes that a hit may have."""
MOST_PATH = 512
"""Bytes of a path and of the campaign that its query names."""


class Hit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page that somebody looks at, or with `e` an event on it. The names are short because every view sends them."""

    p: Annotated[
        str,
        pattern(
            r"^/[^\x00-\x1f\x7f-\x9f]*$",
            must="must begin with a slash and hold no control characters",
            description="The path with its query, without which it has at most 512 bytes",
            examples=["/menu?utm_source=letter"],
        ),
    ]
    r: Annotated[str, msgspec.Meta(description="The URL of the page before")] = ""
    n: Annotated[str, msgspec.Meta(description="The business whose site it is, if its host is not in SITES")] = ""
    w: Annotated[int, msgspec.Meta(ge=0, le=100_000, description="The width of the window in pixels")] | None = None
    z: Annotated[str, msgspec.Meta(max_length=64, description="The browser's time zone")] = ""
    e: Annotated[str, msgspec.Meta(max_length=64, description="The name of an event")] = ""
    b: Annotated[int, msgspec.Meta(ge=0, le=1, description="1 if a program drives the browser")] = 0


class UnknownSite(Forbidden):
    """The page that sent the hit is of no site whose hits are counted here."""

    code = "unknown_site"


class InvalidHit(BadRequest):
    """The path is too long, or the name of an event holds control characters."""

    code = "invalid_hit"

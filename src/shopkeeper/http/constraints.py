"""Constraints of fields, with what a person is told where a value does not fit.

To make one compiles its pattern, so those that many domains share are in `fields`.
"""

from typing import Any

import msgspec


def text(max_length: int, **meta: Any) -> msgspec.Meta:
    """Return the constraint of a line of text: 1 to `max_length` characters, not all of them spaces."""
    return msgspec.Meta(
        min_length=1,
        max_length=max_length,
        pattern=r"^(?![\s\S]*[\u0000-\u001f\u007f-\u009f])[\s\S]*\S",
        extra={"must": "must not be empty or hold control characters"},
        **meta,
    )


def pattern(expression: str, must: str, *, header: bool = False, **meta: Any) -> msgspec.Meta:
    """Return the constraint of a string that fits `expression`; `must` tells a person what that is.

    A `header` is a parameter that comes in the request's header.
    """
    extra = {"must": must} | ({"in": "header"} if header else {})
    return msgspec.Meta(pattern=expression, extra=extra, **meta)


def moment(description: str) -> msgspec.Meta:
    """Return the constraint of a moment of time, a `datetime` with its zone; `description` says which may be given."""
    example = "2026-11-21T18:30:00Z"
    must = f"must be a time of RFC 3339 with its zone, like {example}"
    return msgspec.Meta(tz=True, description=description, examples=[example], extra={"must": must})

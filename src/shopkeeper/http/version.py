"""Versions of resources on the wire: `ETag` out, `If-Match` in (RFC 9110, sections 8.8.3 and 13.1.1).

What comes in has the form of `fields.IfMatch`. A weak tag counts as the strong one of the same value, although the
RFC asks for strong comparison here: nginx makes tags weak where it compresses an answer, and a browser that sends
back what it was given would never get a change through. Our tags are numbers of versions, which compressing
does not change.
"""

import re

from shopkeeper.http.errors import PreconditionFailed, PreconditionRequired

_VALUE = re.compile(r'"([^"]*)"')


def etag(version: int) -> dict[str, str]:
    """Return the header `ETag` of a resource in this version."""
    return {"ETag": f'"{version}"'}


def require_if_match(if_match: str | None, version: int) -> None:
    """Do as `check_if_match`, and raise PreconditionRequired where the request names no version at all."""
    if if_match is None:
        raise PreconditionRequired("This needs If-Match with the ETag that was last seen.")
    check_if_match(if_match, version)


def check_if_match(if_match: str | None, version: int) -> None:
    """Raise PreconditionFailed if the request names versions and `version` is not among them; `*` names all."""
    if if_match is None or if_match.strip() == "*":
        return
    if str(version) not in _VALUE.findall(if_match):
        raise PreconditionFailed("The resource has another version than If-Match names.")

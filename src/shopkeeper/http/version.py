"""Versions of resources on the wire: `ETag` out, `If-Match` and `If-None-Match` in (RFC 9110, 8.8.3 and 13.1).

`If-Match` has the form of `fields.IfMatch`. A weak tag matches the strong tag of the same value, although the RFC
requires strong comparison here. nginx makes tags weak when it compresses a response, so a browser that sends its tag
back could never change anything. Our tags are version numbers, which compression does not change. Where caches may keep
the answer, a digest of it follows: `"3.9f86d081884c7d65"`.
"""

import re

from shopkeeper.http.errors import PreconditionFailed, PreconditionRequired

_VERSION = r'"([0-9]+)(?:\.[0-9a-f]{16})?"'


def etag(version: int) -> dict[str, str]:
    """Return the header `ETag` for a version of a resource."""
    return {"ETag": f'"{version}"'}


def has_tag(if_none_match: str, tag: str) -> bool:
    """Tell whether a client has what `tag` stands for. Tags are compared weakly: a proxy may have weakened them."""
    tags = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return tag in tags or tags == ["*"]


def require_if_match(if_match: str | None, version: int) -> None:
    """Call `check_if_match`. Raises PreconditionRequired if the request has no `If-Match`."""
    if if_match is None:
        raise PreconditionRequired("This needs If-Match with the ETag that was last seen.")
    check_if_match(if_match, version)


def check_if_match(if_match: str | None, version: int) -> None:
    """Raise PreconditionFailed if `If-Match` is present and does not contain `version`. `*` matches every version."""
    if if_match is None or if_match.strip() == "*":
        return
    if str(version) not in re.findall(_VERSION, if_match):
        raise PreconditionFailed("The resource has another version than If-Match names.")

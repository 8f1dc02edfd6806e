"""Versions of resources on the wire: `ETag` out, `If-Match` in (RFC 9110, sections 8.8.3 and 13.1.1)."""

from shopkeeper.http.errors import PreconditionFailed, PreconditionRequired
from shopkeeper.http.message import Request


def etag(version: int) -> dict[str, str]:
    """Return the header `ETag` of a resource in this version."""
    return {"ETag": f'"{version}"'}


def require_if_match(request: Request, version: int) -> None:
    """Do as `check_if_match`, and raise PreconditionRequired where the request names no version at all."""
    if not request.headers.get("if-match", "").strip():
        raise PreconditionRequired("This needs If-Match with the ETag that was last seen.")
    check_if_match(request, version)


def check_if_match(request: Request, version: int) -> None:
    """Raise PreconditionFailed if the request names versions and `version` is not among them."""
    wanted = request.headers.get("if-match", "")
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    if names and "*" not in names and f'"{version}"' not in names:
        raise PreconditionFailed("The resource has another version than If-Match names.")

"""Cursors: where a list goes on, opaque to callers, versioned, and good only for the list that gave them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from shopkeeper.http.errors import FieldError, InvalidInput
from shopkeeper.http.message import Request

VERSION = 1


class _Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    version: int
    scope: str
    key: dict[str, str | int]


def encode_cursor(scope: str, key: Mapping[str, str | int] | None) -> str | None:
    """Return the cursor behind `key` in the list that `scope` describes, None where the list ends."""
    if key is None:
        return None
    return urlsafe_b64encode(msgspec.json.encode(_Cursor(VERSION, scope, dict(key)))).decode().rstrip("=")


def decode_cursor(scope: str, cursor: str | None, fixed: Mapping[str, str]) -> dict[str, str | int] | None:
    """Return the key of a cursor, None for none.

    Raises InvalidInput unless the cursor decodes, was given for `scope`, and its key holds what is
    `fixed`: the partition that the request may see.
    """
    if cursor is None:
        return None
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        found = msgspec.json.decode(raw, type=_Cursor)
    except ValueError:
        found = None
    if (
        found is None
        or (found.version, found.scope) != (VERSION, scope)
        or any(found.key.get(name) != value for name, value in fixed.items())
    ):
        raise InvalidInput([FieldError("cursor", "is not a cursor of this list")])
    return found.key


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """Return the header `Link: <…>; rel="next"` (RFC 8288) to the page behind `cursor`, nothing at the end."""
    if cursor is None:
        return {}
    query = urlencode({**request.query, "cursor": cursor}, errors="replace")
    return {"Link": f'<{request.base_path}{request.path}?{query}>; rel="next"'}

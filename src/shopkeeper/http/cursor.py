"""Cursors: where the next page of a list begins. A cursor is opaque to callers, has a version and fits one list."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

import msgspec

from shopkeeper.http.errors import FieldError, InvalidInput
from shopkeeper.http.message import Request

VERSION = 1
MAX_KEY_BYTES = 1024
MAX_KEY_INTEGER = 2**63 - 1
"""What every store takes in a key: a string of 1 to 1,024 bytes in UTF-8, or an integer of 64 bits."""


T = TypeVar("T")


class Pages(Protocol[T]):
    """A list that can be read page by page."""

    @property
    def shape(self) -> Mapping[str, type]:
        """The names and types of the key that a page begins after."""
        ...

    @property
    def fixed(self) -> Mapping[str, str]:
        """The part of that key that the request may not choose."""
        ...

    def page(
        self, limit: int, after: Mapping[str, str | int] | None, skip: int
    ) -> tuple[list[T], Mapping[str, str | int] | None]:
        """Return a page and the key of the next one, None at the end."""
        ...


def read_page(pages: Pages[T], scope: str, cursor: str | None, limit: int, skip: int = 0) -> tuple[list[T], str | None]:
    """Return the page of a list that a cursor names, and the cursor of the next page, None at the end.

    `scope` identifies the list. `skip` counts from the beginning of the list, so it is ignored with a cursor. Raises
    InvalidInput for a cursor of another list, or what the list raises.
    """
    after = decode_cursor(scope, cursor, pages.shape, pages.fixed)
    found, last = pages.page(limit, after, 0 if after else skip)
    return found, encode_cursor(scope, last)


class _Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    version: int
    scope: str
    key: dict[str, str | int]


def encode_cursor(scope: str, key: Mapping[str, str | int] | None) -> str | None:
    """Return the cursor of the page after `key` in the list that `scope` names, None at the end."""
    if key is None:
        return None
    from base64 import urlsafe_b64encode  # no start needs it

    return urlsafe_b64encode(msgspec.json.encode(_Cursor(VERSION, scope, dict(key)))).decode().rstrip("=")


def decode_cursor(
    scope: str, cursor: str | None, shape: Mapping[str, type], fixed: Mapping[str, str]
) -> dict[str, str | int] | None:
    """Return the key of a cursor, None for none.

    Raises InvalidInput unless the cursor decodes, was given for `scope`, and its key has exactly the names
    and types of `shape`, values that a store accepts, and the values of `fixed`: the partition that
    the request may see.
    """
    if cursor is None:
        return None
    from base64 import b64decode  # no start needs it

    try:
        raw = b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = msgspec.json.decode(raw, type=_Cursor)
    except ValueError:
        found = None
    if (
        found is None
        or (found.version, found.scope) != (VERSION, scope)
        or found.key.keys() != shape.keys()
        or not all(_is_key(found.key[name], kind) for name, kind in shape.items())
        or any(found.key[name] != value for name, value in fixed.items())
    ):
        raise InvalidInput([FieldError("cursor", "is not a cursor of this list")])
    return found.key


def _is_key(value: str | int, kind: type) -> bool:
    """Tell whether a value of this type is one that a key may have."""
    if isinstance(value, str):
        return kind is str and 0 < len(value.encode()) <= MAX_KEY_BYTES
    return kind is int and abs(value) <= MAX_KEY_INTEGER


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """Return the header `Link: <…>; rel="next"` (RFC 8288) to the page of `cursor`, nothing at the end."""
    if cursor is None:
        return {}
    from urllib.parse import urlencode  # few answers have a next page

    query = urlencode({**request.query, "cursor": cursor}, errors="replace")
    return {"Link": f'<{request.base_path}{request.path}?{query}>; rel="next"'}

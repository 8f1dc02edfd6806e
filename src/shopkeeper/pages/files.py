"""The files of the pages: their names, media types, bytes and tags. What is not listed here is not served."""

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec

STATIC = Path(__file__).parent / "static"

HTML = "text/html; charset=utf-8"
MEDIA_TYPES = {
    ".html": HTML,
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

OWNERS_PAGE = "index.html"
CUSTOMERS_PAGE = "shop.html"

FOLDERS = ("", "parts", "views", "vendor", "words")
"""Where modules and styles stand. Those of the first folder have no folder in their names."""


class PageFile(msgspec.Struct, frozen=True):
    """A file as it is sent: plain, and compressed once. `tag` is made of its bytes."""

    media_type: str
    plain: bytes
    zipped: bytes
    tag: str


def read_file(name: str) -> PageFile:
    """Return a file of `static/`, whose name is one of ours."""
    path = STATIC / name
    plain = path.read_bytes()
    # The same bytes each time: a tag must not change with the time of a start.
    zipped = gzip.compress(plain, 9, mtime=0)
    return PageFile(MEDIA_TYPES[path.suffix], plain, zipped, sha256(plain).hexdigest()[:20])


@cache
def assets() -> dict[str, PageFile]:
    """Return every file but the pages themselves, by its name as in `/assets/views/orders.js`."""
    return {
        str(path.relative_to(STATIC)): read_file(str(path.relative_to(STATIC)))
        for folder in FOLDERS
        for path in sorted((STATIC / folder).iterdir())
        if path.suffix in MEDIA_TYPES and MEDIA_TYPES[path.suffix] != HTML
    }


@cache
def page(name: str) -> PageFile:
    """Return one of the pages, `OWNERS_PAGE` or `CUSTOMERS_PAGE`."""
    return read_file(name)

"""The files of the pages: their names, media types, bytes and tags. What is not listed here is not served.

There is no build step. Two things are done when a server starts: comments, types and indents are left out, for they
are a third of what browsers would load, and what a page runs is joined with all that it imports, so that a browser
loads one file; so are its style sheets.
"""

import gzip
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec

from shopkeeper.pages.joining import joined, joined_styles

STATIC = Path(__file__).parent / "static"

HTML = "text/html; charset=utf-8"
MEDIA_TYPES = {
    ".html": HTML,
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}

OWNERS_PAGE = "index.html"
CUSTOMERS_PAGE = "shop.html"

FOLDERS = ("", "parts", "shop", "views", "vendor", "words")
"""Where modules and styles are. The name of a file in the first one has no folder."""

_COMMENTS = re.compile(r"^[ \t]*(?://.*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)\n", re.MULTILINE)
"""Comments that have their lines for themselves."""

_TYPES = re.compile(r"/\*\* @(?:[^*]|\*(?!/))*\*/ ?")
"""Types beside code."""

_INDENTS = re.compile(r"^[ \t]+", re.MULTILINE)

ENTRIES = {OWNERS_PAGE: "main.js", CUSTOMERS_PAGE: "shop.js"}
"""What each page runs. It is sent with all that it imports."""

STYLES = {OWNERS_PAGE: "main.css", CUSTOMERS_PAGE: "shop.css"}
"""What each page looks like. It is sent with all that it imports."""


class PageFile(msgspec.Struct, frozen=True):
    """A file as it is sent: plain, and compressed once. `tag` is made of its bytes."""

    media_type: str
    plain: bytes
    zipped: bytes
    tag: str


@cache
def assets() -> dict[str, PageFile]:
    """Return every file but the pages themselves, by its name as in `/assets/views/orders.js`."""
    paths = [path for folder in FOLDERS for path in sorted((STATIC / folder).iterdir())]
    files = {
        str(path.relative_to(STATIC)): page_file(path.suffix, condensed(path.read_text()).encode())
        for path in paths
        if path.suffix in MEDIA_TYPES and MEDIA_TYPES[path.suffix] != HTML
    }
    scripts = {name: page_file(".js", condensed(joined(STATIC, name)).encode()) for name in ENTRIES.values()}
    styles = {name: page_file(".css", condensed(joined_styles(STATIC, name)).encode()) for name in STYLES.values()}
    return files | scripts | styles


@cache
def page(name: str) -> PageFile:
    """Return one of the pages, `OWNERS_PAGE` or `CUSTOMERS_PAGE`."""
    return page_file(".html", (STATIC / name).read_bytes())


def listed() -> dict[str, PageFile]:
    """Return every file by its path: the pages under their own names, all others under `assets/`."""
    pages = {name: page(name) for name in (OWNERS_PAGE, CUSTOMERS_PAGE)}
    return {f"assets/{name}": file for name, file in assets().items()} | pages


def condensed(text: str) -> str:
    """Return a module or a style without types, indents, and the comments that have their lines for themselves.

    No text of the pages spans lines, so an indent is never shown.
    """
    return _INDENTS.sub("", _TYPES.sub("", _COMMENTS.sub("", text)))


def page_file(suffix: str, plain: bytes, zipped: bytes = b"") -> PageFile:
    """Return a file of a kind; `zipped` are its bytes as they are compressed already."""
    # The same bytes each time: a tag must not change with the time of a start.
    return PageFile(
        MEDIA_TYPES[suffix], plain, zipped or gzip.compress(plain, 9, mtime=0), sha256(plain).hexdigest()[:20]
    )

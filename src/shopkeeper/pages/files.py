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

from shopkeeper.pages.joining import joined, joined_later, joined_styles

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

FOLDERS = ("", "parts", "shop", "traffic", "views", "vendor", "words")
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


SHARED_SCRIPT, SHARED_STYLE = "shared.js", "shared.css"
"""What the page of a site's traffic runs, and what it looks like. The function `traffic` writes the page itself."""

LATER = {"views/traffic.js": "main.js"}
"""Modules that a page imports when they are needed, and what that page runs. Each is sent with what the page lacks."""


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
    later = {entry: [name for name, page in LATER.items() if page == entry] for entry in ENTRIES.values()}
    scripts = {name: joined(STATIC, name, later.get(name, ())) for name in (*ENTRIES.values(), SHARED_SCRIPT)}
    scripts |= {name: joined_later(STATIC, name, entry) for name, entry in LATER.items()}
    styles = {name: joined_styles(STATIC, name) for name in (*STYLES.values(), SHARED_STYLE)}
    made = {name: page_file(Path(name).suffix, condensed(text).encode()) for name, text in (scripts | styles).items()}
    return files | made


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

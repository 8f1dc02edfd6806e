"""The files of the pages: their names, media types, bytes and tags. What is not listed here is not served.

There is no build step. Two things are done when a server starts: comments are left out, for they are a third of what
browsers would load, and a page names all of its modules, so that a browser loads them at once and not level by level.
"""

import gzip
import re
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
"""Where modules and styles are. The name of a file in the first one has no folder."""

_COMMENTS = re.compile(r"^[ \t]*(?://.*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)\n", re.MULTILINE)
"""Comments that have their lines for themselves."""

_IMPORT = re.compile(r'^(?:import|export) [^;]*?from "([^"]+)"|^import "([^"]+)"', re.MULTILINE)
_ENTRY = re.compile(r'<script type="module" src="/assets/([^"]+)">')


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
    return {
        str(path.relative_to(STATIC)): _file(path.suffix, without_comments(path.read_text()))
        for path in paths
        if path.suffix in MEDIA_TYPES and MEDIA_TYPES[path.suffix] != HTML
    }


@cache
def page(name: str) -> PageFile:
    """Return one of the pages, `OWNERS_PAGE` or `CUSTOMERS_PAGE`."""
    text = (STATIC / name).read_text()
    links = "".join(f'    <link rel="modulepreload" href="/assets/{module}">\n' for module in modules_of(text))
    return _file(".html", text.replace("  </head>", links + "  </head>"))


def listed() -> dict[str, PageFile]:
    """Return every file by its path: the pages under their own names, all others under `assets/`."""
    pages = {name: page(name) for name in (OWNERS_PAGE, CUSTOMERS_PAGE)}
    return {f"assets/{name}": file for name, file in assets().items()} | pages


def modules_of(text: str) -> list[str]:
    """Return the names of all modules that a page needs, each after those that it imports."""
    found: dict[str, None] = {}

    def follow(name: str) -> None:
        if name not in found:
            path = STATIC / name
            for one, other in _IMPORT.findall(path.read_text()):
                follow(str((path.parent / (one or other)).resolve().relative_to(STATIC)))
            found[name] = None

    for entry in _ENTRY.findall(text):
        follow(entry)
    return list(found)


def without_comments(text: str) -> str:
    """Return a module or a style without the comments that have their lines for themselves."""
    return _COMMENTS.sub("", text)


def _file(suffix: str, text: str) -> PageFile:
    plain = text.encode()
    # The same bytes each time: a tag must not change with the time of a start.
    zipped = gzip.compress(plain, 9, mtime=0)
    return PageFile(MEDIA_TYPES[suffix], plain, zipped, sha256(plain).hexdigest()[:20])

"""The API docs: Swagger UI, copied compressed from npm's locked package (`make vendor`), and a page around it.

They are a hundred times what a page of the shop weighs, so nothing is read before somebody opens them.
"""

import gzip
from functools import cache
from pathlib import Path

from shopkeeper.pages.files import MEDIA_TYPES, OWNERS_PAGE, PageFile, page, page_file

FOLDER = Path(__file__).parent / "api_docs"
DOCS_PAGE = "docs.html"
DOCUMENT = "openapi.json"

_LINK = b'<link rel="help" href="/api/docs">'
"""What tells the owner's page that there are API docs: its footer then leads to them."""


@cache
def docs_page() -> PageFile:
    """Return the page itself."""
    return page_file(".html", (FOLDER / DOCS_PAGE).read_bytes())


@cache
def docs_assets() -> dict[str, PageFile]:
    """Return what the page loads, by its name as in `/assets/docs/docs.js`."""
    ours = [path for path in sorted(FOLDER.iterdir()) if path.suffix in MEDIA_TYPES and path.name != DOCS_PAGE]
    copied = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.gz"))}
    return {path.name: page_file(path.suffix, path.read_bytes()) for path in ours} | {
        name: page_file(Path(name).suffix, gzip.decompress(zipped), zipped) for name, zipped in copied.items()
    }


@cache
def page_with_link() -> PageFile:
    """Return the owner's page where there are API docs."""
    return page_file(".html", page(OWNERS_PAGE).plain.replace(b"</head>", b"  " + _LINK + b"\n  </head>", 1))


def docs_listed(document: str) -> dict[str, PageFile]:
    """Return what a bucket needs beside the files of the pages, by its path. `document` is that of the API."""
    own = {DOCS_PAGE: docs_page(), DOCUMENT: page_file(".json", document.encode()), OWNERS_PAGE: page_with_link()}
    return {f"assets/docs/{name}": file for name, file in docs_assets().items()} | own

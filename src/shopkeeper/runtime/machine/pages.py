"""The routes of the pages on one machine: `/` for browsers, `/shop/{business_id}`, `/api/docs`, and `/assets/…`."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from shopkeeper.http import PROBLEM_JSON, Call, Content, NotFound, Nothing, Reply, Request, Route, endpoint
from shopkeeper.http.endpoint import NOT_MODIFIED
from shopkeeper.http.version import has_tag
from shopkeeper.pages.docs import docs_assets, docs_page, page_with_link
from shopkeeper.pages.files import CUSTOMERS_PAGE, HTML, MEDIA_TYPES, OWNERS_PAGE, PageFile, assets, page
from shopkeeper.pages.headers import CACHE_CONTROL, SECURITY_HEADERS
from shopkeeper.pages.negotiation import prefers_html, takes_gzip

JSON = "application/json"
Name = Annotated[str, msgspec.Meta(max_length=100)]


LINK_TO_DOCUMENT = '</openapi.json>; rel="service-desc"; type="application/json"'
LINK_TO_DOCS = '</api/docs>; rel="service-doc"; type="text/html"'
"""Where the API is described, for programs and for people (RFC 8631)."""


class FrontDoor(msgspec.Struct, frozen=True):
    """What stands at `/`: the owner's page for browsers, and for all others the answer of the function `health`.

    `links` is the header field `Link` of both.
    """

    page: PageFile
    welcome: Route
    links: str


class AssetParameters(msgspec.Struct, frozen=True):
    """Which file."""

    name: Name


class FolderParameters(AssetParameters, frozen=True):
    """Which file of which folder."""

    folder: Name


class ShopParameters(msgspec.Struct, frozen=True):
    """Whose page. The page itself is the same for all: it asks the API for the business."""

    business_id: Name


@endpoint("GET /", media_types=(HTML, JSON))
def open_door(door: FrontDoor, call: Call[Nothing, Nothing]) -> Reply[Content]:
    """Return the owner's page to a browser, and to any other client what runs here."""
    if prefers_html(call.request.headers.get("accept", "")):
        seen = sent(door.page, call.request, vary="Accept, Accept-Encoding")
        return msgspec.structs.replace(seen, headers={**seen.headers, "Link": door.links})
    reply = door.welcome.answer(call)
    headers = {**reply.headers, "Link": door.links, "Vary": "Accept"}
    return Reply(Content(JSON, msgspec.json.encode(reply.body)), headers=headers)


@endpoint("GET /reset", media_types=(HTML,))
def open_reset(page: PageFile, call: Call[Nothing, Nothing]) -> Reply[Content]:
    """Return the owner's page, which sets a new password with the token of a link."""
    return sent(page, call.request)


@endpoint("GET /confirm", media_types=(HTML,))
def open_confirmation(page: PageFile, call: Call[Nothing, Nothing]) -> Reply[Content]:
    """Return the owner's page, which confirms an email address with the token of a link."""
    return sent(page, call.request)


@endpoint("GET /invite", media_types=(HTML,))
def open_invitation(page: PageFile, call: Call[Nothing, Nothing]) -> Reply[Content]:
    """Return the owner's page, which makes an account with the token of an invitation."""
    return sent(page, call.request)


@endpoint("GET /shop/{business_id}", media_types=(HTML,))
def open_shop(page: PageFile, call: Call[ShopParameters, Nothing]) -> Reply[Content]:
    """Return the page on which customers order."""
    return sent(page, call.request)


@endpoint("GET /api/docs", media_types=(HTML,))
def open_docs(_: None, call: Call[Nothing, Nothing]) -> Reply[Content]:
    """Return the page that describes the API, and on which its calls can be tried."""
    return sent(docs_page(), call.request)


@endpoint("GET /assets/docs/{name}", media_types=tuple(MEDIA_TYPES.values()), errors=(NotFound,))
def read_docs_asset(_: None, call: Call[AssetParameters, Nothing]) -> Reply[Content]:
    """Return a file of the API docs."""
    return sent(_file(docs_assets(), call.parameters.name), call.request)


@endpoint("GET /assets/{name}", media_types=tuple(MEDIA_TYPES.values()), errors=(NotFound,))
def read_asset(files: Mapping[str, PageFile], call: Call[AssetParameters, Nothing]) -> Reply[Content]:
    """Return a file of the pages."""
    return sent(_file(files, call.parameters.name), call.request)


@endpoint("GET /assets/{folder}/{name}", media_types=tuple(MEDIA_TYPES.values()), errors=(NotFound,))
def read_asset_of_folder(files: Mapping[str, PageFile], call: Call[FolderParameters, Nothing]) -> Reply[Content]:
    """Return a file of a folder of the pages."""
    return sent(_file(files, f"{call.parameters.folder}/{call.parameters.name}"), call.request)


def page_routes(welcome: Route, *, has_docs: bool) -> list[Route]:
    """Return the routes of the pages; `welcome` is the one that answers `/` for other clients than browsers."""
    owners, files = page_with_link() if has_docs else page(OWNERS_PAGE), assets()
    links = ", ".join([LINK_TO_DOCUMENT, *([LINK_TO_DOCS] if has_docs else [])])
    docs = [Route(open_docs, None, PROBLEM_JSON), Route(read_docs_asset, None, PROBLEM_JSON)]
    return [
        Route(open_door, FrontDoor(owners, welcome, links), PROBLEM_JSON),
        Route(open_reset, owners, PROBLEM_JSON),
        Route(open_confirmation, owners, PROBLEM_JSON),
        Route(open_invitation, owners, PROBLEM_JSON),
        Route(open_shop, page(CUSTOMERS_PAGE), PROBLEM_JSON),
        Route(read_asset, files, PROBLEM_JSON),
        Route(read_asset_of_folder, files, PROBLEM_JSON),
        *(docs if has_docs else []),
    ]


def sent(file: PageFile, request: Request, vary: str = "Accept-Encoding") -> Reply[Content]:
    """Return a file as a client takes it, or a 304 if it has it already."""
    zipped = takes_gzip(request.headers.get("accept-encoding", ""))
    # The two forms differ in their bytes, so their tags differ (RFC 9110, section 8.8.3.3).
    tag = f'"{file.tag}-gzip"' if zipped else f'"{file.tag}"'
    headers = {**SECURITY_HEADERS, "Cache-Control": CACHE_CONTROL, "ETag": tag, "Vary": vary}
    if has_tag(request.headers.get("if-none-match", ""), tag):
        return Reply(Content(file.media_type, b""), status=NOT_MODIFIED, headers=headers)
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return Reply(Content(file.media_type, file.zipped if zipped else file.plain), headers=headers)


def _file(files: Mapping[str, PageFile], name: str) -> PageFile:
    file = files.get(name)
    if file is None:
        raise NotFound("There is no such file.")
    return file

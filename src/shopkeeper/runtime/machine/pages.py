"""The routes of the pages on one machine: `/` for browsers, `/shop/{business_id}`, and `/assets/…`."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from shopkeeper.http import PROBLEM_JSON, Call, Content, NotFound, Nothing, Reply, Request, Route, endpoint
from shopkeeper.http.application import NOT_MODIFIED
from shopkeeper.http.version import has_tag
from shopkeeper.pages.files import CUSTOMERS_PAGE, HTML, MEDIA_TYPES, OWNERS_PAGE, PageFile, assets, page
from shopkeeper.pages.headers import CACHE_CONTROL, SECURITY_HEADERS
from shopkeeper.pages.negotiation import prefers_html, takes_gzip

JSON = "application/json"
Name = Annotated[str, msgspec.Meta(max_length=100)]


class FrontDoor(msgspec.Struct, frozen=True):
    """What stands at `/`: the owner's page for browsers, and for all others the answer of the function `health`."""

    page: PageFile
    welcome: Route


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
        return sent(door.page, call.request, vary="Accept, Accept-Encoding")
    reply = door.welcome.answer(call)
    return Reply(Content(JSON, msgspec.json.encode(reply.body)), headers={**reply.headers, "Vary": "Accept"})


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


@endpoint("GET /assets/{name}", media_types=tuple(MEDIA_TYPES.values()), errors=(NotFound,))
def read_asset(files: Mapping[str, PageFile], call: Call[AssetParameters, Nothing]) -> Reply[Content]:
    """Return a file of the pages."""
    return sent(_file(files, call.parameters.name), call.request)


@endpoint("GET /assets/{folder}/{name}", media_types=tuple(MEDIA_TYPES.values()), errors=(NotFound,))
def read_asset_of_folder(files: Mapping[str, PageFile], call: Call[FolderParameters, Nothing]) -> Reply[Content]:
    """Return a file of a folder of the pages."""
    return sent(_file(files, f"{call.parameters.folder}/{call.parameters.name}"), call.request)


def page_routes(welcome: Route) -> list[Route]:
    """Return the routes of the pages; `welcome` is the one that answers `/` for other clients than browsers."""
    files = assets()
    return [
        Route(open_door, FrontDoor(page(OWNERS_PAGE), welcome), PROBLEM_JSON),
        Route(open_reset, page(OWNERS_PAGE), PROBLEM_JSON),
        Route(open_confirmation, page(OWNERS_PAGE), PROBLEM_JSON),
        Route(open_invitation, page(OWNERS_PAGE), PROBLEM_JSON),
        Route(open_shop, page(CUSTOMERS_PAGE), PROBLEM_JSON),
        Route(read_asset, files, PROBLEM_JSON),
        Route(read_asset_of_folder, files, PROBLEM_JSON),
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

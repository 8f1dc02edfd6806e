"""The endpoints of the catalogue."""

from shopkeeper.domains.businesses.model import BusinessClosing
from shopkeeper.domains.catalogue.model import (
    Item,
    ItemChange,
    ItemChanged,
    ItemChangeParameters,
    ItemList,
    ItemListParameters,
    ItemParameters,
    NewItem,
    TooManyItems,
)
from shopkeeper.domains.catalogue.picture_model import PictureMissing, PicturesNotConfigured
from shopkeeper.domains.catalogue.service import Catalogue
from shopkeeper.http import (
    ETAG,
    LINK,
    LOCATION,
    Access,
    Call,
    Load,
    NotFound,
    Nothing,
    PreconditionFailed,
    PreconditionRequired,
    Reply,
    endpoint,
)
from shopkeeper.http.cursor import next_link, read_page
from shopkeeper.http.version import etag, require_if_match

CHANGE_ERRORS = (NotFound, ItemChanged, PreconditionFailed, PreconditionRequired)


@endpoint(
    "POST /api/items",
    status=201,
    headers=(LOCATION, ETAG),
    errors=(NotFound, TooManyItems, BusinessClosing),
    access=Access.SIGNED_IN,
)
def create_item(catalogue: Catalogue, call: Call[Nothing, NewItem]) -> Reply[Item]:
    """Add an item to your business.

    A business has at most 5,000 items. Its price is in minor units of the currency.
    """
    item = catalogue.create(call.identity, call.body)
    headers = {"Location": f"{call.request.base_path}/api/items/{item.item_id}", **etag(item.version)}
    return Reply(item, headers=headers)


@endpoint("GET /api/items/{item_id}", headers=(ETAG,), errors=(NotFound,), public=True)
def get_item(catalogue: Catalogue, call: Call[ItemParameters, Nothing]) -> Reply[Item]:
    """Return an item.

    Anyone may read it. Without a token the answer may be some seconds old.
    """
    item = catalogue.get(call.parameters.item_id)
    return Reply(item, headers=etag(item.version))


@endpoint(
    "PATCH /api/items/{item_id}",
    headers=(ETAG,),
    errors=(*CHANGE_ERRORS, PictureMissing, PicturesNotConfigured),
    access=Access.SIGNED_IN,
)
def change_item(catalogue: Catalogue, call: Call[ItemChangeParameters, ItemChange]) -> Reply[Item]:
    """Change an item of your business.

    What is left out stays as it is. `If-Match` must name the version that was last seen.
    """
    item = catalogue.own(call.identity, call.parameters.item_id)
    require_if_match(call.parameters.if_match, item.version)
    changed = catalogue.change(item, call.body)
    return Reply(changed, headers=etag(changed.version))


@endpoint("DELETE /api/items/{item_id}", errors=CHANGE_ERRORS, access=Access.SIGNED_IN)
def delete_item(catalogue: Catalogue, call: Call[ItemChangeParameters, Nothing]) -> Reply[Nothing]:
    """Delete an item of your business.

    `If-Match` must name the version that was last seen.
    """
    item = catalogue.own(call.identity, call.parameters.item_id)
    require_if_match(call.parameters.if_match, item.version)
    catalogue.delete(item)
    return Reply(Nothing())


@endpoint(
    "GET /api/items",
    headers=(LINK,),
    load=Load.PAGES,
    load_with={"search": Load.SEARCHES, "skip": Load.SEARCHES},
    public=True,
)
def list_items(catalogue: Catalogue, call: Call[ItemListParameters, Nothing]) -> Reply[ItemList]:
    """List items.

    They are those of one business or of all, page by page. A search finds items by name and description.
    Without a token the answer may be some seconds old.
    """
    asked = call.parameters
    scope = f"items of {asked.business_id or 'all'} with {asked.search or ''}"
    listing = catalogue.listing(asked.business_id, asked.search)
    found, cursor = read_page(listing, scope, asked.cursor, asked.limit, asked.skip)
    return Reply(ItemList(catalogue.shown(found), cursor), headers=next_link(call.request, cursor))


ENDPOINTS = (list_items, create_item, get_item, change_item, delete_item)

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
from shopkeeper.domains.catalogue.service import Catalogue
from shopkeeper.http import (
    Access,
    Call,
    NotFound,
    Nothing,
    PreconditionFailed,
    PreconditionRequired,
    Reply,
    ServiceUnavailable,
    endpoint,
)
from shopkeeper.http.cursor import next_link, read_page
from shopkeeper.http.version import etag, require_if_match


def create_item(catalogue: Catalogue, call: Call[Nothing, NewItem]) -> Reply[Item]:
    """Add an item to one's business."""
    item = catalogue.create(call.identity, call.body)
    headers = {"Location": f"{call.request.base_path}/api/items/{item.item_id}", **etag(item.version)}
    return Reply(item, headers=headers)


def get_item(catalogue: Catalogue, call: Call[ItemParameters, Nothing]) -> Reply[Item]:
    """Return an item."""
    item = catalogue.get(call.parameters.item_id)
    return Reply(item, headers=etag(item.version))


def change_item(catalogue: Catalogue, call: Call[ItemChangeParameters, ItemChange]) -> Reply[Item]:
    """Change an item of one's business."""
    item = catalogue.own(call.identity, call.parameters.item_id)
    require_if_match(call.parameters.if_match, item.version)
    changed = catalogue.change(item, call.body)
    return Reply(changed, headers=etag(changed.version))


def delete_item(catalogue: Catalogue, call: Call[ItemChangeParameters, Nothing]) -> Reply[Nothing]:
    """Delete an item of one's business."""
    item = catalogue.own(call.identity, call.parameters.item_id)
    require_if_match(call.parameters.if_match, item.version)
    catalogue.delete(item)
    return Reply(Nothing())


def list_items(catalogue: Catalogue, call: Call[ItemListParameters, Nothing]) -> Reply[ItemList]:
    """Return a page of items."""
    asked = call.parameters
    scope = f"items of {asked.business_id or 'all'} with {asked.search or ''}"
    listing = catalogue.listing(asked.business_id, asked.search)
    found, cursor = read_page(listing, scope, asked.cursor, asked.limit, asked.skip)
    return Reply(ItemList([item.item for item in found], cursor), headers=next_link(call.request, cursor))


ENDPOINTS = (
    endpoint(
        "GET",
        "/api/items",
        list_items,
        summary="List items, of one business or of all, page by page, with a search",
        parameters=ItemListParameters,
        responses={200: ItemList},
        errors=(ServiceUnavailable,),
    ),
    endpoint(
        "POST",
        "/api/items",
        create_item,
        summary="Add an item to one's business",
        access=Access.SIGNED_IN,
        body=NewItem,
        responses={201: Item},
        errors=(NotFound, TooManyItems, BusinessClosing, ServiceUnavailable),
    ),
    endpoint(
        "GET",
        "/api/items/{item_id}",
        get_item,
        summary="Return an item",
        parameters=ItemParameters,
        responses={200: Item},
        errors=(NotFound, ServiceUnavailable),
    ),
    endpoint(
        "PATCH",
        "/api/items/{item_id}",
        change_item,
        summary="Change an item of one's business, in the version that If-Match names",
        access=Access.SIGNED_IN,
        parameters=ItemChangeParameters,
        body=ItemChange,
        responses={200: Item},
        errors=(NotFound, ItemChanged, PreconditionFailed, PreconditionRequired, ServiceUnavailable),
    ),
    endpoint(
        "DELETE",
        "/api/items/{item_id}",
        delete_item,
        summary="Delete an item of one's business, in the version that If-Match names",
        access=Access.SIGNED_IN,
        parameters=ItemChangeParameters,
        responses={204: Nothing},
        errors=(NotFound, ItemChanged, PreconditionFailed, PreconditionRequired, ServiceUnavailable),
    ),
)

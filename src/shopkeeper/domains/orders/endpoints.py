"""The endpoints of orders and of the feed."""

from collections.abc import Callable
from typing import Any

import msgspec

from shopkeeper.domains.orders.events import EventFeed
from shopkeeper.domains.orders.model import (
    STEP_BODIES,
    EventsGone,
    Feed,
    FeedParameters,
    ItemUnavailable,
    KeyReused,
    MixedCurrencies,
    NewOrder,
    NotAccepting,
    Order,
    OrderList,
    OrderListParameters,
    OrderParameters,
    OutOfTurn,
    PlacedOrder,
    PlaceParameters,
    Step,
    StepBody,
    TotalDiffers,
    TotalTooLarge,
)
from shopkeeper.domains.orders.service import Orders
from shopkeeper.http import (
    Access,
    Call,
    Endpoint,
    InvalidInput,
    NotFound,
    Nothing,
    Reply,
    ServiceUnavailable,
    endpoint,
)
from shopkeeper.http.cursor import decode_cursor, encode_cursor, next_link
from shopkeeper.http.version import etag
from shopkeeper.storage import ORDERS, partitions

POLL_SECONDS = 5


class OrderServices(msgspec.Struct, frozen=True):
    """What the endpoints of this domain need."""

    orders: Orders
    feed: EventFeed


def place_order(services: OrderServices, call: Call[PlaceParameters, NewOrder]) -> Reply[PlacedOrder]:
    """Place an order; a repeat with the same key is answered like the first time."""
    order, is_new = services.orders.place(call.parameters.business_id, call.parameters.idempotency_key, call.body)
    location = f"{call.request.base_path}/api/orders/{order.order_id}"
    return Reply(order, headers={"Location": location, **etag(order.version)}, metrics={"Orders": 1} if is_new else {})


def get_order(services: OrderServices, call: Call[OrderParameters, Nothing]) -> Reply[Order]:
    """Return an order to its business's owner or to its customer."""
    order = services.orders.get(call.caller, call.parameters.order_id, call.parameters.order_token)
    return Reply(order, headers=etag(order.version))


def list_orders(services: OrderServices, call: Call[OrderListParameters, Nothing]) -> Reply[OrderList]:
    """Return a page of a business's orders to its owner."""
    asked = call.parameters
    scope = f"orders of {asked.business_id} being {asked.status or 'any'}"
    index, fixed = "by-business", {"business_id": asked.business_id}
    if asked.status is not None:
        index, fixed = "by-status", {"business_status": partitions.business_status(asked.business_id, asked.status)}
    after = decode_cursor(scope, asked.cursor, ORDERS.position(index), fixed)
    orders, behind = services.orders.list_orders(call.identity, asked.business_id, asked.status, asked.limit, after)
    cursor = encode_cursor(scope, behind)
    return Reply(OrderList(orders, cursor), headers=next_link(call.request, cursor))


def read_feed(services: OrderServices, call: Call[FeedParameters, Nothing]) -> Reply[Feed]:
    """Return the events behind a number to the owner, and when to ask again."""
    asked = call.parameters
    events, last = services.feed.after(call.identity, asked.business_id, asked.after, asked.limit)
    pause = 0 if last is not None else POLL_SECONDS
    return Reply(Feed(events, None if last is None else str(last)), headers={"Retry-After": str(pause)})


def _advance(step: Step) -> Callable[[OrderServices, Call[OrderParameters, Any]], Reply[Order]]:
    def advance(services: OrderServices, call: Call[OrderParameters, StepBody]) -> Reply[Order]:
        asked = call.parameters
        order = services.orders.advance(call.caller, asked.order_id, asked.order_token, step, call.body)
        return Reply(order, headers=etag(order.version))

    advance.__name__ = f"{step}_order" if step != "ready" else "mark_order_ready"
    return advance


def _step_endpoint(step: Step, summary: str) -> Endpoint[OrderServices]:
    return endpoint(
        "POST",
        f"/api/orders/{{order_id}}/{step}",
        _advance(step),
        summary=summary,
        access=Access.OPTIONAL,
        parameters=OrderParameters,
        body=STEP_BODIES[step],
        body_required=False,
        responses={200: Order},
        errors=(NotFound, OutOfTurn, ServiceUnavailable),
    )


ENDPOINTS = (
    endpoint(
        "POST",
        "/api/businesses/{business_id}/orders",
        place_order,
        summary="Place an order, once for each Idempotency-Key",
        parameters=PlaceParameters,
        body=NewOrder,
        responses={201: PlacedOrder},
        errors=(
            NotFound,
            InvalidInput,
            NotAccepting,
            TotalDiffers,
            ItemUnavailable,
            MixedCurrencies,
            TotalTooLarge,
            KeyReused,
            ServiceUnavailable,
        ),
    ),
    endpoint(
        "GET",
        "/api/businesses/{business_id}/orders",
        list_orders,
        summary="List the orders of a business that one owns, newest first",
        access=Access.SIGNED_IN,
        parameters=OrderListParameters,
        responses={200: OrderList},
        errors=(NotFound, ServiceUnavailable),
    ),
    endpoint(
        "GET",
        "/api/businesses/{business_id}/events",
        read_feed,
        summary="Return what happened to a business's orders, in an order without gap or repeat",
        access=Access.SIGNED_IN,
        parameters=FeedParameters,
        responses={200: Feed},
        errors=(NotFound, EventsGone, ServiceUnavailable),
    ),
    endpoint(
        "GET",
        "/api/orders/{order_id}",
        get_order,
        summary="Return an order to its business's owner or, by the Order-Token, to its customer",
        access=Access.OPTIONAL,
        parameters=OrderParameters,
        responses={200: Order},
        errors=(NotFound, ServiceUnavailable),
    ),
    _step_endpoint("accept", "Accept an order in time"),
    _step_endpoint("reject", "Reject an order"),
    _step_endpoint("prepare", "Begin to prepare an order"),
    _step_endpoint("ready", "Say that an order is ready"),
    _step_endpoint("complete", "Say that an order was handed over"),
    _step_endpoint("cancel", "Cancel an order: its customer while received, its business while accepted or preparing"),
)

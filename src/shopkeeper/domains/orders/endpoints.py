"""The endpoints of orders and of the feed."""

from collections.abc import Callable
from typing import Any

from shopkeeper.domains.orders.model import (
    STEP_BODIES,
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
from shopkeeper.http.cursor import next_link, read_page
from shopkeeper.http.version import etag


def place_order(orders: Orders, call: Call[PlaceParameters, NewOrder]) -> Reply[PlacedOrder]:
    """Place an order; a repeat with the same key is answered like the first time."""
    order, is_new = orders.place(call.parameters.business_id, call.parameters.idempotency_key, call.body)
    location = f"{call.request.base_path}/api/orders/{order.order_id}"
    return Reply(order, headers={"Location": location, **etag(order.version)}, metrics={"Orders": 1} if is_new else {})


def get_order(orders: Orders, call: Call[OrderParameters, Nothing]) -> Reply[Order]:
    """Return an order to its business's owner or to its customer."""
    order = orders.get(call.caller, call.parameters.order_id, call.parameters.order_token)
    return Reply(order, headers=etag(order.version))


def list_orders(orders: Orders, call: Call[OrderListParameters, Nothing]) -> Reply[OrderList]:
    """Return a page of a business's orders to its owner."""
    asked = call.parameters
    scope = f"orders of {asked.business_id} being {asked.status or 'any'}"
    listing = orders.listing(call.identity, asked.business_id, asked.status)
    found, cursor = read_page(listing, scope, asked.cursor, asked.limit)
    return Reply(OrderList(found, cursor), headers=next_link(call.request, cursor))


def _advance(step: Step) -> Callable[[Orders, Call[OrderParameters, Any]], Reply[Order]]:
    def advance(orders: Orders, call: Call[OrderParameters, StepBody]) -> Reply[Order]:
        asked = call.parameters
        order = orders.advance(call.caller, asked.order_id, asked.order_token, step, call.body)
        return Reply(order, headers=etag(order.version))

    advance.__name__ = f"{step}_order" if step != "ready" else "mark_order_ready"
    return advance


def _step_endpoint(step: Step, summary: str) -> Endpoint[Orders]:
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

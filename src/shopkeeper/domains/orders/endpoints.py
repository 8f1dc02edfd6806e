"""The endpoints of orders."""

from typing import Any

from shopkeeper.domains.businesses.model import Closed, Paused
from shopkeeper.domains.orders.model import (
    ORDER_TOKEN,
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
    TotalDiffers,
    TotalTooLarge,
)
from shopkeeper.domains.orders.service import Orders
from shopkeeper.http import (
    ACCESS_TOKEN,
    ETAG,
    LINK,
    LOCATION,
    Access,
    Call,
    Endpoint,
    Load,
    NotFound,
    Nothing,
    RateLimit,
    Reply,
    Scheme,
    endpoint,
)
from shopkeeper.http.cursor import next_link, read_page
from shopkeeper.http.version import etag

ORDERS = RateLimit("orders", requests=300, seconds=600)


@endpoint(
    "POST /api/businesses/{business_id}/orders",
    status=201,
    headers=(LOCATION, ETAG),
    errors=(
        NotFound,
        NotAccepting,
        Paused,
        Closed,
        TotalDiffers,
        ItemUnavailable,
        MixedCurrencies,
        TotalTooLarge,
        KeyReused,
    ),
    limits=(ORDERS,),
)
def place_order(orders: Orders, call: Call[PlaceParameters, NewOrder]) -> Reply[PlacedOrder]:
    """Place an order.

    The server reads every price. An order is placed once for each `Idempotency-Key`: a repeat with the same key is
    answered like the first request, so repeat it after a lost answer. It needs no account: the `order_token` of the
    answer shows later who the customer is.
    """
    order, is_new = orders.place(call.parameters.business_id, call.parameters.idempotency_key, call.body)
    location = f"{call.request.base_path}/api/orders/{order.order_id}"
    return Reply(order, headers={"Location": location, **etag(order.version)}, metrics={"Orders": 1} if is_new else {})


@endpoint(
    "GET /api/orders/{order_id}",
    headers=(ETAG,),
    errors=(NotFound,),
    access=Access.OPTIONAL,
    security=(ACCESS_TOKEN, ORDER_TOKEN),
)
def get_order(orders: Orders, call: Call[OrderParameters, Nothing]) -> Reply[Order]:
    """Return an order.

    The owner of the business reads it with an access token, and the customer with the `Order-Token`.
    """
    order = orders.get(call.caller, call.parameters.order_id, call.parameters.order_token)
    return Reply(order, headers=etag(order.version))


@endpoint(
    "GET /api/businesses/{business_id}/orders",
    headers=(LINK,),
    errors=(NotFound,),
    access=Access.SIGNED_IN,
    load=Load.PAGES,
    load_with={"status": Load.SEARCHES},
)
def list_orders(orders: Orders, call: Call[OrderListParameters, Nothing]) -> Reply[OrderList]:
    """List the orders of your business.

    The newest come first, page by page. With `status` only those that stand there now.
    """
    asked = call.parameters
    scope = f"orders of {asked.business_id} being {asked.status or 'any'}"
    listing = orders.listing(call.identity, asked.business_id, asked.status)
    found, cursor = read_page(listing, scope, asked.cursor, asked.limit)
    return Reply(OrderList(found, cursor), headers=next_link(call.request, cursor))


def _step(step: Step, name: str, text: str, security: tuple[Scheme, ...] = (ACCESS_TOKEN,)) -> Endpoint[Orders]:
    """Return the endpoint of a step of the life cycle."""

    def advance(orders: Orders, call: Call[OrderParameters, Any]) -> Reply[Order]:
        from shopkeeper.domains.orders.metrics import metrics_of  # only steps need it

        asked = call.parameters
        order = orders.advance(call.caller, asked.order_id, asked.order_token, step, call.body)
        return Reply(order, headers=etag(order.version), metrics=metrics_of(order))

    advance.__name__, advance.__doc__ = name, text
    declare = endpoint(
        f"POST /api/orders/{{order_id}}/{step}",
        headers=(ETAG,),
        errors=(NotFound, OutOfTurn),
        access=Access.OPTIONAL,
        security=security,
        body=STEP_BODIES[step],
        body_required=False,
    )
    return declare(advance)


ENDPOINTS = (
    place_order,
    list_orders,
    get_order,
    _step(
        "accept",
        "accept_order",
        "Accept an order. Only a received one can be accepted, before `accept_until`; afterwards it expires.",
    ),
    _step(
        "reject",
        "reject_order",
        "Reject an order. Only a received one can be rejected. The customer sees the `reason`.",
    ),
    _step("prepare", "prepare_order", "Begin to prepare an order. It must have been accepted."),
    _step("ready", "mark_order_ready", "Mark an order as ready. Its preparation must have begun."),
    _step("dispatch", "dispatch_order", "Mark an order as out for delivery. It must be ready, and one to deliver."),
    _step("deliver", "deliver_order", "Mark an order as delivered. It must be out for delivery."),
    _step(
        "complete", "complete_order", "Complete an order. It was handed over or delivered, and nothing is left to do."
    ),
    _step(
        "cancel",
        "cancel_order",
        "Cancel an order. The customer may while it is received, the business while it is accepted or preparing.",
        (ACCESS_TOKEN, ORDER_TOKEN),
    ),
)

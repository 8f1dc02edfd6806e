"""What the OpenAPI document says of the orders' properties."""

from shopkeeper.http.vocabulary import Term, Vocabulary, moment

ORDERS = ("Order", "PlacedOrder", "NewOrder")

WORDS: Vocabulary = {
    "order_id": Term("The id of the order", "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55"),
    "order_token": Term(
        "The token of the customer, for the header `Order-Token`. Only this response has it", "MDFhMWZkNWQ.c2lnbmF0dXJl"
    ),
    "orders": Term("The orders of this page, newest first"),
    "number": Term("Counts the orders of the business's day, from 1; null for orders of former versions", 12),
    "day": Term("The day of the order by the calendar of the business; null like `number`", "2026-11-21", "date"),
    "OrderStatus": Term("Where an order stands in its life cycle"),
    "Party": Term("Who changes an order. The system lets it expire"),
    "OrderEventData.by": Term("Who did it"),
    "FulfilmentType": Term("How an order comes to its customer"),
    "Fulfilment": Term("How an order comes to its customer: picked up, delivered, or brought to a table"),
    "fulfilment": Term("How the order comes to its customer"),
    "customer": Term("Who orders, and how to reach them"),
    "Customer.name": Term("The name of the customer", "Ann Example"),
    "Customer.phone": Term("The phone number, in E.164 form; null if there is an email address", "+14155550123"),
    "Customer.email": Term("The email address; null if there is a phone number", "ann@example.com", "email"),
    "notify": Term("Whether the customer gets mails about the order", True),
    "lines": Term("The items of the order"),
    "quantity": Term("How many of the item", 2),
    "total_minor": Term("The total, in minor units of the currency", 760),
    "Line.name": Term("The name of the item when it was ordered", "Espresso"),
    "Line.price_minor": Term("The price of one, in minor units of the currency, when it was ordered", 380),
    "Line.total_minor": Term("The price of all of this line, in minor units of the currency", 760),
    "Line.note": Term("The customer's note about this line; null if there is none", "Without sugar"),
    "OrderedLine.note": Term("A note about this line", "Without sugar"),
    "Delivery.address": Term("Where the order is delivered: a text, or an object of parts", "12 Main St, Testville"),
    "instructions": Term("What the driver should know", "Ring twice"),
    "TableService.table": Term("The name or the number of the table", "7"),
    **{f"{name}.type": Term("The type of fulfilment") for name in ("Pickup", "Delivery", "TableService")},
    **{f"{name}.note": Term("The customer's note; null if there is none", "No onions, please") for name in ORDERS},
    **{
        f"{name}.status": Term("Where the order stands", "received")
        for name in ("Order", "PlacedOrder", "OrderEventData")
    },
    "OrderListParameters.status": Term("Only orders with this status", "received"),
    "expected_total_minor": Term("The total that the customer saw. If it differs the order is a 409", 760),
    "reason": Term("Why the order was rejected or cancelled; null if that is not said", "Sold out for today"),
    **{
        term: value
        for name in ("Order", "PlacedOrder")
        for term, value in {
            f"{name}.reason": Term("Why the order was rejected or cancelled; null if that is not said", None),
            f"{name}.ready_at": Term(
                "When the business means to have the order ready; null if that is not said", None, "date-time"
            ),
        }.items()
    },
    "ready_at": moment("When the business means to have the order ready; null if that is not said"),
    "Timing.ready_at": moment("When the order will be ready, within the next 30 days"),
    "Timing.prepare_minutes": Term("In how many minutes the order will be ready, instead of `ready_at`", 20),
    "accept_until": moment("Until when the business can accept the order; then it expires"),
    "erased_at": Term("When the customer's data was removed; null if it was not", None, "date-time"),
    "history": Term("Every status that the order has had, with the present one last"),
    "StatusChange.status": Term("The status that the order got", "received"),
    "StatusChange.by": Term("Who did it", "customer"),
    "StatusChange.at": moment("When it got it"),
    "Idempotency-Key": Term(
        "Made by the client, once for each order that is meant. A repeat with the same key places nothing",
        "0ac4bb3c-33ba-4cf1-9d5b-5b5a3e0f4a7e",
    ),
}

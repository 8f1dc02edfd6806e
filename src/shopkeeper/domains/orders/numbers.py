"""The daily number of an order: 1, 2, 3 … on each day of its business. The head of the business's feed counts them.

The head is written with every order, so a number costs no write. An order that is not placed uses none.
"""

import msgspec

from shopkeeper.domains.feed.offers import Head
from shopkeeper.domains.orders.model import Order
from shopkeeper.storage import Append

DAY, TODAY = "orders_day", "orders_today"
"""What the head keeps: the day of the newest order, and how many orders that day has had."""


def numbered(order: Order, day: str, head: Head) -> Order:
    """Return an order that is placed on a day with the number that follows from the head.

    If the clock went back to a former day, the order belongs to the later day, whose numbers go on: none is repeated.
    """
    last = head.text(DAY)
    number = 1 if day > last else head.tally(TODAY) + 1
    return msgspec.structs.replace(order, day=max(day, last), number=number)


def counted(order: Order, event: Append, head: Head) -> Append:
    """Return the event of a numbered order as the one that follows the head, which then counts the order."""
    return head.followed_by(event, {DAY: order.day, TODAY: order.number})

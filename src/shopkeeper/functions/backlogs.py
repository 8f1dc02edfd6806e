"""What waits in the data of a shop. Each number takes a bounded number of reads.

One machine reads them for its metrics. On AWS only who asks for them reads them: on DynamoDB every look costs money.
"""

from collections.abc import Callable

import msgspec

from shopkeeper.domains.businesses.offers import first_businesses
from shopkeeper.domains.feed.subscriptions import count_behind
from shopkeeper.domains.mail.offers import count_mails
from shopkeeper.domains.orders.offers import count_open, count_waiting
from shopkeeper.domains.webhooks.records import KIND, count_set_aside
from shopkeeper.storage import Store

MOST = 1000
"""Where counting ends: 1,000 means so many or more. Open orders are those of the first 1,000 businesses."""


class Backlog(msgspec.Struct, frozen=True):
    """Something that waits. `count` raises StoreError. No function of Lambda may read what needs a scan of a table."""

    name: str
    meaning: str
    count: Callable[[Store], int]
    scans: bool = False


BACKLOGS = (
    Backlog(
        "shopkeeper_orders_open",
        "Orders that have not ended.",
        lambda store: count_open(store, first_businesses(store, MOST)),
        scans=True,
    ),
    Backlog(
        "shopkeeper_orders_waiting",
        "Orders that wait to be accepted; 1000 means that many or more.",
        lambda store: count_waiting(store, MOST),
    ),
    Backlog(
        "shopkeeper_webhooks_behind",
        "Webhooks that have not received the newest event; of the first 1000.",
        lambda store: count_behind(store, KIND, MOST),
    ),
    Backlog(
        "shopkeeper_deliveries_set_aside",
        "Deliveries to webhooks that were refused and are retried; 1000 means that many or more.",
        lambda store: count_set_aside(store, MOST),
    ),
    Backlog(
        "shopkeeper_mails_waiting",
        "Mails in the outbox; 1000 means that many or more.",
        lambda store: count_mails(store, MOST),
    ),
)

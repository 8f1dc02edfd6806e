"""A stage with customers: Ann, who ordered, has an account and is to be forgotten, and Bob, who is not."""

from pathlib import Path

import msgspec

from shopkeeper.clock import rfc3339, utc_now
from shopkeeper.domains.accounts.records import add, new_account
from shopkeeper.domains.accounts.sessions import Sessions
from shopkeeper.domains.mail.offers import Outbox
from shopkeeper.domains.orders.model import NewOrder, PlacedOrder, Refusal
from shopkeeper.domains.orders.service import Orders
from shopkeeper.storage import Store
from tests.support.shops import ACCEPT_SECONDS, Shop

ANN, ANNS_PHONE = "ann.forgetme@example.com", "+4930123456"
TRACES = (b"forgetme", b"Annabella", b"4930123456", b"Hidden Lane", b"Onions aside", b"Ring thrice", b"Fell ill")
"""What nobody but Ann has brought."""


class Stage:
    """A shop with three orders of Ann's, one of which is open, and one of Bob's, an account, a session and mails."""

    def __init__(self, store: Store) -> None:
        self.shop = shop = Shop(store)
        shop.now = utc_now()
        self.done = self._place("Annabella F.", {"email": "Ann.ForgetMe@example.com", "phone": ANNS_PHONE}, "1")
        shop.orders.advance(None, self.done.order_id, self.done.order_token, "cancel", Refusal(reason="Fell ill"))
        self.by_phone = self._place("Annabella F.", {"phone": ANNS_PHONE}, "2")
        shop.orders.advance(shop.owner, self.by_phone.order_id, None, "reject")
        self.open = self._place("Annabella F.", {"email": ANN}, "3")
        self.bobs = self._place("Bob Bauer", {"email": "bob@example.com"}, "4")
        shop.orders.advance(shop.owner, self.bobs.order_id, None, "reject")
        self.account = new_account(ANN, "Annabella", "hash", rfc3339(shop.now))
        store.transact(add(store, self.account))
        Sessions(store, shop.keyring, shop.clock).begin(self.account.user_id, 0)
        outbox = Outbox(store, shop.keyring, shop.clock)
        outbox.post("reset", ANN, {})
        outbox.post("customer_cancelled", ANN, {"order_id": self.done.order_id, "reason": "Fell ill"})
        outbox.post("reset", "bob@example.com", {})

    def finish(self, store: Store) -> None:
        """End Ann's open order, on the store as it was opened anew."""
        orders = Orders(store, self.shop.keyring, self.shop.clock, ACCEPT_SECONDS)
        orders.advance(self.shop.owner, self.open.order_id, None, "reject")

    def _place(self, name: str, contact: dict[str, str], key: str) -> PlacedOrder:
        body = {
            "customer": {"name": name, **contact},
            "lines": [{"item_id": self.shop.item, "quantity": 1, "note": "Onions aside" if "Ann" in name else "Hot"}],
            "fulfilment": {"type": "delivery", "address": "Hidden Lane 1", "instructions": "Ring thrice"}
            if "Ann" in name
            else {"type": "pickup"},
        }
        return self.shop.orders.place(self.shop.business_id, f"{key:_>16}", msgspec.convert(body, NewOrder))[0]


def traces_in(*files: Path) -> set[bytes]:
    """Return which of Ann's traces the bytes of some files have; those that are missing have none."""
    content = b"".join(file.read_bytes() for file in files if file.exists())
    return {trace for trace in TRACES if trace.lower() in content.lower()}

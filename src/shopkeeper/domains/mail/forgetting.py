"""For operators: the mails to one person that wait to be sent."""

from collections.abc import Collection, Iterator

import msgspec

from shopkeeper.domains.mail.model import Mail, mail_record
from shopkeeper.storage import ConditionFailed, Conflict, Item, Store
from shopkeeper.storage.records import Records, scan
from shopkeeper.storage.tables import MAILS

TRIES = 5


def waiting_mails(store: Store, contact: str, order_ids: Collection[str] = ()) -> Iterator[Mail]:
    """Yield the mails that wait for an address in lower case, or for the customer of some orders.

    A mail that was sent has no address. It scans the table. Raises StoreError.
    """
    mails = _mails(store)
    for record in scan(store, MAILS):
        try:
            mail = mails.from_item(record)
        except msgspec.ValidationError:
            continue  # it counts the mails of an address
        is_customers = mail.kind.startswith("customer_") and mail.facts.get("order_id") in order_ids
        if mail.recipient is not None and (mail.recipient.lower() == contact or is_customers):
            yield mail


def drop(store: Store, mail: Mail) -> None:
    """Drop a mail that waits, with its address and its facts. Raises Conflict or StoreError."""
    mails = _mails(store)
    nothing: dict[str, object] = {"outcome": "dropped", "due_at": None, "recipient": None, "facts": {}}
    current: Mail | None = mail
    for _ in range(TRIES):
        if current is None or current.recipient is None:
            return
        try:
            mails.change(current, nothing)
        except (ConditionFailed, Conflict):
            current = mails.get(mail.mail_id)  # a sender has it
        else:
            return
    raise Conflict(f"a sender kept changing the mail {mail.mail_id}")


def _mails(store: Store) -> Records[Mail]:
    return Records(store, MAILS, Mail, read=_read, write=mail_record)


def _read(record: Item) -> Mail:
    """Return a mail as it is stored: without the address and the time once it does not wait any more."""
    return msgspec.convert({"recipient": None, "due_at": None, **record}, Mail)

"""What is kept about one person, found, shown and removed: for requests by law."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.accounts.persons import erase_account, find_by_email, owns_business, sessions_of
from shopkeeper.domains.businesses.persons import businesses_of
from shopkeeper.domains.feed.forgetting import forget_customers
from shopkeeper.domains.mail.forgetting import drop, waiting_mails
from shopkeeper.domains.orders.customers import Erased, erase_customer, orders_of
from shopkeeper.domains.orders.model import Order
from shopkeeper.errors import ConfigurationError
from shopkeeper.http.fields import Email, Phone
from shopkeeper.operator.copying import open_side, open_to_read
from shopkeeper.runtime.datafile import data_path
from shopkeeper.settings import Settings
from shopkeeper.storage import Store
from shopkeeper.storage.sqlite.remains import other_databases, remove_remains


class Erasure(msgspec.Struct, frozen=True):
    """What was removed, a line for each kind, and what an operator should know or still has to do.

    With `is_complete` nothing is left that this command could remove.
    """

    done: list[str]
    notes: list[str]
    is_complete: bool


def contact_of(text: str) -> str:
    """Return an email address in lower case or a phone number in E.164 form. Raises ConfigurationError."""
    if "@" in text:
        contact, kind = text.strip().lower(), Email
    else:
        contact, kind = re.sub(r"[\s()./-]", "", text), Phone
        contact = f"+{contact[2:]}" if contact.startswith("00") else contact
    try:
        return msgspec.convert(contact, kind)
    except msgspec.ValidationError:
        raise ConfigurationError(
            "Give an email address like name@example.com, or a phone number with its country like +14155550123."
        ) from None


def erase(settings: Settings, contact: str, clock: Clock, *, account: bool, is_trial: bool) -> Erasure:
    """Remove what is kept about a customer from the settings' store, and with `account` also their account.

    Of a data file nothing is left in the file and its log either, so no server may use it meanwhile. With `is_trial`
    nothing is changed. Raises ConfigurationError, ChangedMeanwhile or StoreError. Then what was removed before stays
    removed, and the call may be repeated.
    """
    with open_to_read(settings) if is_trial else open_side(settings, must_exist=True) as store:
        result = _erase(store, contact, clock, account=account, is_trial=is_trial)
        path = data_path(settings)
        if path is None:
            return _noted(result, ["Point-in-time recovery can bring the data back for 35 days; see docs/privacy.md."])
        if not is_trial:
            remove_remains(path)
    return _noted(result, _of_backups(path))


def _erase(store: Store, contact: str, clock: Clock, *, account: bool, is_trial: bool) -> Erasure:
    found = erase_customer(store, clock, contact, is_trial=True)
    if is_trial:
        mails = sum(1 for _ in waiting_mails(store, contact, found.ids))
    else:
        # Before the orders, since nothing finds this once they are erased, and after them for what came meanwhile.
        mails = _erase_around(store, contact, found)
        erase_customer(store, clock, contact, is_trial=False)
        mails += _erase_around(store, contact, found)
    done = [f"orders: {len(found.ids)}", f"mails: {mails}"]
    notes = [
        *(f"The order {id_} is open and keeps its data: finish or cancel it, then repeat this." for id_ in found.open),
        *(f"The order {id_} cannot be read and keeps its data." for id_ in found.unreadable),
    ]
    user = find_by_email(store, contact) if "@" in contact else None
    stays = user is not None and owns_business(store, user)
    if stays and account:
        notes.append("The account owns a business and stays: its owner deletes the business first, then repeat this.")
    is_complete = not notes
    if user is not None and account and not stays:
        sessions = sum(1 for _ in sessions_of(store, user.user_id)) if is_trial else erase_account(store, clock, user)
        done += ["accounts: 1", f"sessions: {sessions}"]
    elif user is not None and not account:
        notes.append("There is an account with this address; --account removes it too.")
    notes += [
        f"The business {business.business_id} keeps its owner's data until its owner deletes it."
        for business in businesses_of(store, contact, user.user_id if user else None)
    ]
    return Erasure(done, notes, is_complete)


def _erase_around(store: Store, contact: str, found: Erased) -> int:
    """Remove what events and mails hold about a customer and their orders, and return the number of the mails."""
    for business_id, ids in found.orders.items():
        forget_customers(store, business_id, ids)
    mails = list(waiting_mails(store, contact, found.ids))
    for mail in mails:
        drop(store, mail)
    return len(mails)


def _noted(result: Erasure, notes: list[str]) -> Erasure:
    return msgspec.structs.replace(result, notes=[*result.notes, *notes])


def _of_backups(path: Path) -> list[str]:
    others = [f"{other} may be a backup that still holds the data: remove it." for other in other_databases(path)]
    return [*others, "Backups in other places hold the data until you remove them."]


def export(settings: Settings, contact: str, clock: Clock) -> dict[str, Any]:
    """Return all that is kept about a person, as JSON has it. Raises ConfigurationError or StoreError."""
    with open_to_read(settings) as store:
        user = find_by_email(store, contact) if "@" in contact else None
        orders = list(orders_of(store, contact))
        found = [order for order in orders if isinstance(order, Order)]
        mails = waiting_mails(store, contact, {order.order_id for order in found})
        businesses = businesses_of(store, contact, user.user_id if user else None)
        return {
            "contact": contact,
            "exported_at": rfc3339(clock()),
            "account": None if user is None else msgspec.to_builtins(user.user),
            "sessions": [
                {
                    "began_at": _time(session.created_at / 1000),
                    "used_at": _time(session.rotated_at / 1000),
                    "ends_at": _time(session.expires),
                }
                for session in (sessions_of(store, user.user_id) if user else ())
            ],
            "businesses": [msgspec.to_builtins(business.business) for business in businesses],
            "orders": [msgspec.to_builtins(order) for order in found],
            "unreadable_orders": [order for order in orders if isinstance(order, str)],
            "mails_waiting": [
                {"kind": mail.kind, "recipient": mail.recipient, "created_at": mail.created_at} for mail in mails
            ],
        }


def _time(seconds: float) -> str:
    return rfc3339(datetime.fromtimestamp(seconds, UTC))

"""The function `mail`: it tells of orders by mail, and sends what is in the outbox.

Where no mails are sent it does nothing.
"""

from shopkeeper.domains.accounts.letters import AccountMails
from shopkeeper.domains.mail.orders import OrderMails
from shopkeeper.domains.mail.sending import Sender
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.outbox import open_outbox
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.transports import open_transport
from shopkeeper.functions.triggers import Consumer, Job, Metrics, Schedule, Stream
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import may
from shopkeeper.storage.tables import BUSINESSES, MAILS, MARKERS, ORDERS, USERS


def _sender(resources: Resources) -> Sender | None:
    outbox = open_outbox(resources)
    if outbox is None:
        return None
    settings, store, clock = resources.settings, resources.store, resources.clock
    accounts = AccountMails(store, resources.require_identity().keyring, clock, settings.site_url)
    compose = {**OrderMails(store, outbox, clock).compose, **accounts.compose}
    return Sender(store, clock, open_transport(settings), settings.mail_from, compose)


def _nothing(*_: object) -> Metrics:
    return {}


def _send_due(resources: Resources) -> Job:
    sender = _sender(resources)
    return _nothing if sender is None else sender.run


def _send_new(resources: Resources) -> Consumer:
    sender = _sender(resources)
    return _nothing if sender is None else sender.send_new


FUNCTION = Function(
    name="mail",
    service="mail",
    triggers=(
        Schedule("mail", minutes=1, seconds=1, build=_send_due),
        Stream("mail-outbox", MAILS, build=_send_new),
    ),
    grants={
        BUSINESSES: may("get"),
        MAILS: may("put", "update", query=("due",)),
        MARKERS: may("get"),
        ORDERS: may("get"),
        USERS: may("get", "update"),
    },
    errors=PROBLEM_JSON,
    sends_mail=True,
    authenticates=True,
    libraries="tokens",
    memory=256,
    timeout=60,
)

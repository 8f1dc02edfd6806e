"""The function `mail`: it writes mails about orders, and sends the mails of the outbox.

It does nothing if the stage sends no mails.
"""

from collections.abc import Sequence
from functools import partial

from shopkeeper.domains.accounts.letters import AccountMails
from shopkeeper.domains.accounts.offers import is_confirmed
from shopkeeper.domains.businesses.offers import is_stored
from shopkeeper.domains.feed.dispatching import Dispatcher
from shopkeeper.domains.mail.offers import Outbox
from shopkeeper.domains.mail.orders import OrderMails
from shopkeeper.domains.mail.sending import Sender
from shopkeeper.domains.orders.offers import waiting_businesses
from shopkeeper.domains.traffic.letters import WeeklyLetters
from shopkeeper.functions.declaration import Function
from shopkeeper.functions.outbox import open_outbox
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.transports import open_transport
from shopkeeper.functions.triggers import Consumer, Job, Metrics, Schedule, Stream
from shopkeeper.http import PROBLEM_JSON
from shopkeeper.storage import Item, Store, may
from shopkeeper.storage.tables import BUSINESSES, EVENTS, MAILS, MARKERS, ORDERS, SESSIONS, SUBSCRIPTIONS, USERS

KIND = "mail"
"""The kind of a subscription to a business's feed, and its name."""


def _order_mails(resources: Resources, outbox: Outbox) -> OrderMails:
    """Return the mails of orders. A Cognito pool confirms addresses itself, so all of its users count as confirmed."""
    store = resources.store
    confirms = bool(resources.settings.cognito_user_pool_id)
    return OrderMails(store, outbox, resources.clock, lambda user_id: confirms or is_confirmed(store, user_id))


def _sender(resources: Resources) -> Sender | None:
    outbox = open_outbox(resources)
    if outbox is None:
        return None
    settings, store, clock = resources.settings, resources.store, resources.clock
    accounts = AccountMails(store, resources.require_identity().keyring, clock, settings.site_url)
    letters = WeeklyLetters(store).compose
    compose = {**_order_mails(resources, outbox).compose, **accounts.compose, **letters}
    return Sender(store, clock, open_transport(settings), settings.mail_from, compose)


def _dispatcher(resources: Resources) -> Dispatcher | None:
    outbox = open_outbox(resources)
    if outbox is None:
        return None
    store, clock = resources.store, resources.clock
    deliver = _order_mails(resources, outbox).deliver
    return Dispatcher(store, clock, KIND, deliver, lazily=KIND, is_needed=partial(is_stored, store))


def _nothing(*_: object) -> Metrics:
    return {}


def _send_due(resources: Resources) -> Job:
    sender = _sender(resources)
    return _nothing if sender is None else sender.run


def _send_new(resources: Resources) -> Consumer:
    sender = _sender(resources)
    return _nothing if sender is None else sender.send_new


def _tell_missed(resources: Resources) -> Job:
    dispatcher = _dispatcher(resources)
    return _nothing if dispatcher is None else partial(_run_all, dispatcher, resources.store)


def _run_all(dispatcher: Dispatcher, store: Store) -> Metrics:
    """Write down what is due. A business whose very first event the stream missed has no subscription, and gets one."""
    dispatcher.run()
    return _write_down(dispatcher, [{"business_id": business_id} for business_id in waiting_businesses(store)])


def _write_down(dispatcher: Dispatcher, items: Sequence[Item]) -> Metrics:
    """Write down the mails of what is new. Mails are counted when they are sent, and not here."""
    dispatcher.consume(items)
    return {}


def _tell_new(resources: Resources) -> Consumer:
    dispatcher = _dispatcher(resources)
    return _nothing if dispatcher is None else partial(_write_down, dispatcher)


FUNCTION = Function(
    name="mail",
    service="mail",
    triggers=(
        Schedule("mail", minutes=1, seconds=1, build=_send_due),
        Schedule("mail-missed", minutes=1, seconds=10, build=_tell_missed),
        Stream("mail-events", EVENTS, build=_tell_new, fallback="mail-missed"),
        Stream("mail-outbox", MAILS, build=_send_new, fallback="mail"),
    ),
    grants={
        BUSINESSES: may("get"),
        EVENTS: may("get", "query"),
        MAILS: may("put", "update", query=("due",)),
        MARKERS: may("get"),
        ORDERS: may("get", query=("awaiting",)),
        SESSIONS: may("get"),
        SUBSCRIPTIONS: may("get", "query", "put", "update", "delete", query=("due",)),
        USERS: may("get", "update"),
    },
    errors=PROBLEM_JSON,
    sends_mail=True,
    authenticates=True,
    libraries="orders",
    memory=256,
    timeout=60,
    concurrency=5,
)

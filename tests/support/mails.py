"""An outbox on a store, what sends it to nowhere, and a clock that a test moves."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from shopkeeper.domains.mail.model import Compose, Facts, Kind, Letter, Mail, NotDelivered
from shopkeeper.domains.mail.offers import Outbox, Posted
from shopkeeper.domains.mail.sending import Sender
from shopkeeper.errors import RunFailed
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import Item, Store
from shopkeeper.storage.tables import MAILS
from tests.support.lagging import settle
from tests.support.smtp import parsed

SENDER, BOB = "shop@example.com", "bob@example.com"
KEYRING = Keyring(lambda: [b"0123456789abcdef0123456789abcdef"])


def say_token(mail: Mail) -> Letter | None:
    """Compose a reset mail of the facts alone."""
    assert mail.recipient is not None
    return Letter(kind="reset", recipient=mail.recipient, facts=mail.facts)


class PostOffice:
    """An outbox and its sender. What is sent is kept in `sent`, by recipient and message."""

    def __init__(self, store: Store, compose: Mapping[str, Compose] | None = None) -> None:
        self.store = store
        self.now = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
        self.outbox = Outbox(store, KEYRING, self.clock)
        self.compose: Mapping[str, Compose] = {"reset": say_token} if compose is None else compose
        self.sent: list[tuple[str, bytes]] = []
        self.fault: Callable[[], None] = lambda: None
        """Called before a message is taken; it may raise."""

    def clock(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def post(self, recipient: str = BOB, **more: object) -> Posted:
        kind: Kind = "reset"
        facts: Facts = {"token": "t"}
        return self.outbox.post(kind, recipient, facts, **more)  # type: ignore[arg-type]

    def transport(self, recipient: str, message: bytes) -> None:
        self.fault()
        self.sent.append((recipient, message))

    def sender(self, store: Store | None = None) -> Sender:
        return Sender(store or self.store, self.clock, self.transport, SENDER, self.compose)

    def run(self) -> Mapping[str, int]:
        """Send what is due, and return the metrics, those of a failed run too."""
        settle(self.store)
        try:
            return self.sender().run()
        except RunFailed as error:
            return error.metrics

    @property
    def messages(self) -> list[EmailMessage]:
        return [parsed(message) for _, message in self.sent]

    def records(self) -> list[Item]:
        """Every mail as it is stored."""
        return [item for item in self.store.scan(MAILS, limit=1000).items if "kind" in item]

    def record(self) -> Item:
        """The only mail as it is stored."""
        (item,) = self.records()
        return item


def refuses(*, is_final: bool = False, is_outage: bool = False) -> Callable[[], None]:
    """Return a fault with which no message is taken."""

    def refuse() -> None:
        raise NotDelivered("SMTP 451", is_final=is_final, is_outage=is_outage)

    return refuse

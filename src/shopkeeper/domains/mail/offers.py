"""The outbox, for the domains that send mails: a mail is stored now, and sent later."""

from datetime import datetime, timedelta
from enum import Enum

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.mail.model import DUE, KEPT_SECONDS, LIMITS, Facts, Kind, Limit, Mail, group_of, mail_record
from shopkeeper.identifiers import uuid7
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import Action, AlreadyExists, Below, Changes, ExpectationFailed, Store, Update
from shopkeeper.storage.records import Records
from shopkeeper.storage.tables import MAILS

__all__ = ["Outbox", "Posted", "count_mails"]

PURPOSE = "mail limits"
COUNT = "mails"


class Posted(Enum):
    """The outcome for a mail: it will be sent, it was stored before, or its address has too many."""

    NEW = "new"
    REPEATED = "repeated"
    TOO_MANY = "too many"


class Outbox:
    """Stores mails. Each is counted against the limits of its address in the same transaction."""

    def __init__(self, store: Store, keyring: Keyring, clock: Clock) -> None:
        self._store = store
        self._mails = Records(store, MAILS, Mail, write=mail_record)
        self._keyring = keyring
        self._clock = clock

    def post(
        self, kind: Kind, recipient: str, facts: Facts, *, mail_id: str | None = None, delay_seconds: int = 0
    ) -> Posted:
        """Store a mail that is due after a delay, once for each `mail_id`, and return the outcome.

        It does the same work whoever the recipient is. Raises StoreError.
        """
        now = self._clock()
        mail = Mail(
            mail_id=mail_id or uuid7(),
            kind=kind,
            recipient=recipient,
            facts=facts,
            created_at=rfc3339(now),
            due_at=rfc3339(now + timedelta(seconds=delay_seconds)),
            expires=int(now.timestamp()) + KEPT_SECONDS,
        )
        limits = LIMITS[group_of(kind)]
        actions: list[Action] = [
            self._mails.insertion(mail),
            *(self._count(mail, kind, limit, now) for limit in limits),
        ]
        try:
            self._store.transact(actions)
        except AlreadyExists:
            return Posted.REPEATED
        except ExpectationFailed:
            return Posted.TOO_MANY
        return Posted.NEW

    def _count(self, mail: Mail, kind: Kind, limit: Limit, now: datetime) -> Update:
        """Return the action that counts a mail to its address, if there are fewer than the limit."""
        second = int(now.timestamp())
        code = self._keyring.current(PURPOSE).mac(str(mail.recipient))
        key = {"mail_id": f"limit#{group_of(kind)}#{limit.seconds}#{second // limit.seconds}#{code}"}
        changes = Changes(add={COUNT: 1}, set={"ItemExpireTTL": second + 2 * limit.seconds})
        return Update(MAILS, key, changes, {COUNT: Below(limit.mails)})


def count_mails(store: Store, most: int) -> int:
    """Return how many mails wait in the outbox, at most so many. Raises StoreError."""
    return len(store.query(MAILS, DUE, index="due", limit=most).items)

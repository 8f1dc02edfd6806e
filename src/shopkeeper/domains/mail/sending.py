"""Sends the mails of the outbox that are due, each at least once.

Before an attempt the time of the next one is stored, as a lease. If the sender is killed, nothing is lost: the mail is
due again at that time. A repeat has the same Message-ID.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from shopkeeper.clock import Clock, rfc3339
from shopkeeper.domains.mail.message import build_message
from shopkeeper.domains.mail.model import DAY, DUE, Compose, Mail, NotDelivered, Transport, mail_record
from shopkeeper.errors import RunFailed
from shopkeeper.storage import Changes, ExpectationFailed, Item, Store
from shopkeeper.storage.due import due_items
from shopkeeper.storage.records import Records
from shopkeeper.storage.tables import MAILS

MOST_MAILS = 100
MOST_SECONDS = 20.0
"""The limits of one run: no attempt begins after them. The next run continues."""

LEASE_SECONDS = 120
"""Longer than an attempt may take."""

BACKOFF_SECONDS = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 21600, 28800)
"""The pause after each failed attempt. After the last attempt the mail is dropped."""

OLDEST_SECONDS = DAY
"""An older mail is not sent, since it may no longer be true."""

Metrics = dict[str, int]


class Sender:
    """Sends mails. Several senders may run at the same time, and any of them may be interrupted."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        transport: Transport,
        address: str,
        compose: Mapping[str, Compose],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`address` is the sender of the mails. `compose` has the functions that make the letters, by kind."""
        self._store = store
        self._mails = Records(store, MAILS, Mail, write=mail_record)
        self._clock = clock
        self._transport = transport
        self._address = address
        self._compose = compose
        self._monotonic = monotonic

    def run(self) -> Metrics:
        """Send what is due, and return `MailsSent`, `MailsDelayed` and `MailsDropped`.

        Raises RunFailed at the end if a mail was not accepted, and StoreOutage at once if the store is unavailable.
        """
        return self._send_each(due_items(self._store, MAILS, "due", DUE, rfc3339(self._clock())))

    def send_new(self, items: Sequence[Item]) -> Metrics:
        """Send the mails among items that were just written, if they are due. See `run`."""
        now = rfc3339(self._clock())
        # Counters are in the same table. The index may not have the new mails yet, so the given items are used.
        return self._send_each(item for item in items if "kind" in item and str(item.get("due_at", "~")) <= now)

    def _send_each(self, items: Iterable[Item]) -> Metrics:
        counts: Counter[str] = Counter()
        failure = ""
        ends = self._monotonic() + MOST_SECONDS
        for item in islice(items, MOST_MAILS):
            if self._monotonic() >= ends:
                break
            try:
                counts[self._send(item)] += 1
            except NotDelivered as error:
                name = "MailsDropped" if error.is_final else "MailsDelayed"
                counts[name] += 1
                failure = failure or f"{name}: the mail {item['mail_id']} was not sent: {error}"
                if error.is_outage:
                    break
        metrics = {name: number for name, number in counts.items() if name}
        if failure:
            raise RunFailed(failure, metrics)
        return metrics

    def _send(self, item: Item) -> str:
        """Make an attempt, and return the metric that counts it, empty for none.

        Raises NotDelivered, after the next attempt was set, or the mail dropped.
        """
        try:
            mail = self._lease(self._mails.from_item(item))
        except msgspec.ValidationError:
            self._unlist(item)
            raise NotDelivered("it cannot be read", is_final=True) from None
        if mail is None:
            return ""  # another sender has it
        now = self._clock()
        if mail.recipient is None or mail.attempts > len(BACKOFF_SECONDS) + 1 or self._is_old(mail, now):
            self._finish(mail, "dropped")
            raise NotDelivered(f"it was given up after {mail.attempts - 1} attempts", is_final=True)
        try:
            return self._attempt(mail, now)
        except NotDelivered as error:
            if error.is_final or mail.attempts > len(BACKOFF_SECONDS):
                self._finish(mail, "dropped")
                raise NotDelivered(str(error), is_final=True, is_outage=error.is_outage) from error
            pause = BACKOFF_SECONDS[mail.attempts - 1]
            self._change(mail, {"due_at": rfc3339(self._clock() + timedelta(seconds=pause))})
            raise

    def _attempt(self, mail: Mail, now: datetime) -> str:
        compose = self._compose.get(mail.kind)
        if compose is None:
            raise NotDelivered("this version does not know its kind")
        letter = compose(mail)
        if letter is None:
            self._finish(mail, "obsolete")
            return ""
        try:
            message = build_message(letter, self._address, mail.mail_id, now)
        except ValueError:  # such as an address that no header can hold, which a former version took
            raise NotDelivered("its message cannot be written", is_final=True) from None
        self._transport(letter.recipient, message)
        self._finish(mail, "sent")
        return "MailsSent"

    def _lease(self, mail: Mail) -> Mail | None:
        """Return the mail with one more attempt and the end of the lease, None if it was changed since."""
        until = rfc3339(self._clock() + timedelta(seconds=LEASE_SECONDS))
        try:
            return self._mails.change(mail, {"attempts": mail.attempts + 1, "due_at": until})
        except ExpectationFailed:
            return None

    def _finish(self, mail: Mail, outcome: str) -> None:
        """Store the outcome of a mail, and remove its content. The record stays, so that a repeat is recognised."""
        self._change(mail, {"outcome": outcome, "due_at": None, "recipient": None, "facts": {}})

    def _change(self, mail: Mail, fields: Mapping[str, object]) -> None:
        try:
            self._mails.change(mail, fields)
        except ExpectationFailed:
            pass  # the lease expired, and another sender goes on

    def _is_old(self, mail: Mail, now: datetime) -> bool:
        return mail.created_at < rfc3339(now - timedelta(seconds=OLDEST_SECONDS))

    def _unlist(self, item: Item) -> None:
        key = {"mail_id": str(item["mail_id"])}
        try:
            self._store.update(MAILS, key, Changes(remove=["due"]), expect={"due": DUE})
        except ExpectationFailed:
            pass  # another sender was first

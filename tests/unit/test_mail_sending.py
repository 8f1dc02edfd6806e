"""A mail that is in the outbox is sent: once if all goes well, again if not, and never for ever."""

from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from shopkeeper.domains.mail import sending
from shopkeeper.domains.mail.model import DUE, LIMITS, Mail, NotDelivered, mail_record
from shopkeeper.domains.mail.offers import Posted
from shopkeeper.domains.mail.sending import BACKOFF_SECONDS, LEASE_SECONDS, Sender
from shopkeeper.errors import RunFailed
from shopkeeper.runtime.telemetry.log import run_job
from shopkeeper.storage import Changes, Store, StoreUnavailable, TableMissing, due
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import MAILS, TABLES
from tests.support.mails import BOB, SENDER, PostOffice, refuses
from tests.support.stores import ATOMIC, open_store
from tests.support.wrapping import WrappedStore


@pytest.fixture
def office(shop_store: Store) -> PostOffice:
    return PostOffice(shop_store)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[PostOffice]:
    """A post office on SQLite."""
    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    yield PostOffice(store)
    store.close()


# What is sent


def test_a_mail_is_sent_once_and_then_the_outbox_holds_nothing_of_it(office: PostOffice) -> None:
    assert office.post() is Posted.NEW
    assert office.record()["recipient"] == BOB
    assert office.run() == {"MailsSent": 1}
    assert office.run() == {}
    assert [recipient for recipient, _ in office.sent] == [BOB]
    kept = office.record()
    assert (kept["outcome"], kept["attempts"], kept["facts"]) == ("sent", 1, {})
    assert not {"recipient", "due", "due_at"} & set(kept)
    assert BOB not in str(office.store.scan(MAILS, limit=100).items)


def test_the_same_mail_is_written_down_once_even_after_it_was_sent(office: PostOffice) -> None:
    assert [office.post(mail_id="evt_1") for _ in range(2)] == [Posted.NEW, Posted.REPEATED]
    assert office.run() == {"MailsSent": 1}
    assert office.post(mail_id="evt_1") is Posted.REPEATED
    assert office.run() == {}


def test_a_mail_with_a_delay_waits_for_it(office: PostOffice) -> None:
    office.post(delay_seconds=60)
    office.wait(59.999)
    assert office.run() == {}
    office.wait(0.001)
    assert office.run() == {"MailsSent": 1}


def test_a_mail_that_is_needed_no_more_is_not_sent(plain: PostOffice) -> None:
    plain.compose = {"reset": lambda mail: None}
    plain.post()
    assert plain.run() == {}
    assert (plain.sent, plain.record()["outcome"]) == ([], "obsolete")


def test_new_mails_leave_without_the_index(office: PostOffice) -> None:
    office.post()
    office.post("carl@example.com", delay_seconds=60)
    items = office.store.scan(MAILS, limit=100).items
    assert office.sender().send_new(items) == {"MailsSent": 1}
    assert office.sender().send_new(items) == {}, "the stream may pass them on again"


def test_a_run_sends_so_many_and_the_next_goes_on(plain: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MOST_MAILS", 3)
    monkeypatch.setattr(due, "PAGE", 2)
    for number in range(5):
        plain.post(f"bob{number}@example.com")
        plain.wait(0.001)
    assert [plain.run() for _ in range(3)] == [{"MailsSent": 3}, {"MailsSent": 2}, {}]
    assert [recipient for recipient, _ in plain.sent] == [f"bob{number}@example.com" for number in range(5)]


def test_a_run_begins_no_attempt_when_its_time_is_over(plain: PostOffice) -> None:
    for number in range(5):
        plain.post(f"bob{number}@example.com")
    ticks = iter([0.0, 0.0, 19.0, 20.0])
    sender = Sender(plain.store, plain.clock, plain.transport, SENDER, plain.compose, lambda: next(ticks))
    assert sender.run() == {"MailsSent": 2}


# What is not taken


def test_a_mail_that_is_not_taken_is_tried_on_its_schedule_and_then_dropped(plain: PostOffice) -> None:
    plain.post()
    plain.fault = refuses()
    for pause in BACKOFF_SECONDS:
        assert plain.run() == {"MailsDelayed": 1}
        plain.wait(pause - 0.001)
        assert plain.run() == {}
        plain.wait(0.001)
    assert plain.run() == {"MailsDropped": 1}
    plain.wait(10 * 86400)
    assert plain.run() == {}
    assert (plain.record()["outcome"], plain.record()["attempts"]) == ("dropped", len(BACKOFF_SECONDS) + 1)
    assert sum(BACKOFF_SECONDS) < 24 * 3600


def test_a_mail_that_is_refused_for_good_is_dropped_at_once(office: PostOffice) -> None:
    office.post()
    office.fault = refuses(is_final=True)
    assert office.run() == {"MailsDropped": 1}
    assert office.record()["outcome"] == "dropped"


def test_a_mail_that_is_a_day_old_is_dropped(plain: PostOffice) -> None:
    """After the server was off for a day, for example."""
    plain.post()
    plain.wait(86400.001)
    assert plain.run() == {"MailsDropped": 1}
    assert plain.sent == []


def test_a_refused_mail_holds_up_no_other_but_an_outage_ends_the_run(plain: PostOffice) -> None:
    for number in range(3):
        plain.post(f"bob{number}@example.com")
        plain.wait(0.001)
    faults = iter([refuses(is_final=True), refuses(), refuses(is_outage=True)])
    plain.fault = lambda: next(faults)()
    assert plain.run() == {"MailsDropped": 1, "MailsDelayed": 2}
    assert [record["attempts"] for record in plain.records() if record.get("due")] == [1, 1]
    plain.fault = refuses(is_outage=True)
    for number in range(3):
        plain.post(f"carl{number}@example.com")
    plain.wait(10)
    assert plain.run() == {"MailsDelayed": 1}, "the others wait for the next run, and each run takes another first"


def test_the_run_is_logged_as_failed_with_its_metrics_and_without_an_address(plain: PostOffice) -> None:
    plain.post(mail_id="evt_7")
    plain.fault = refuses()
    run = run_job(plain.sender().run)
    assert isinstance(run.failure, RunFailed)
    assert str(run.failure) == "MailsDelayed: the mail evt_7 was not sent: SMTP 451"
    assert run.metrics == {"MailsDelayed": 1}


def test_a_kind_that_this_version_does_not_know_waits_for_one_that_does(plain: PostOffice) -> None:
    plain.compose = {}
    plain.post()
    assert plain.run() == {"MailsDelayed": 1}
    office = PostOffice(plain.store)
    office.wait(BACKOFF_SECONDS[0])
    assert office.run() == {"MailsSent": 1}


def test_a_record_that_cannot_be_read_is_reported_once_and_holds_up_nobody(plain: PostOffice) -> None:
    plain.post()
    plain.store.put(MAILS, {"mail_id": "broken", "due": DUE, "due_at": "2026-01-01T00:00:00.000Z", "kind": 7})
    assert plain.run() == {"MailsDropped": 1, "MailsSent": 1}
    assert plain.run() == {}


# Limits


def test_an_address_gets_at_most_so_many_in_an_hour_and_in_a_day(office: PostOffice) -> None:
    hour, day = LIMITS["reset"]
    posted = [office.post() for _ in range(hour.mails + 2)]
    assert posted == [Posted.NEW] * hour.mails + [Posted.TOO_MANY] * 2
    assert office.post("carl@example.com") is Posted.NEW
    total = hour.mails
    for _ in range(20):
        office.wait(3600)
        total += [office.post() for _ in range(hour.mails + 1)].count(Posted.NEW)
        if total >= day.mails:
            break
    assert total == day.mails


def test_a_repeat_is_not_counted(plain: PostOffice) -> None:
    hour, _ = LIMITS["reset"]
    assert [plain.post(mail_id="evt_1") for _ in range(10)].count(Posted.REPEATED) == 9
    assert [plain.post() for _ in range(hour.mails)] == [Posted.NEW] * (hour.mails - 1) + [Posted.TOO_MANY]


def test_counters_hold_no_address(plain: PostOffice) -> None:
    plain.post()
    plain.run()
    assert BOB not in str(plain.store.scan(MAILS, limit=100).items)


# Races, kills and outages


@pytest.mark.parametrize("kind", ATOMIC)
def test_of_senders_that_race_each_mail_is_sent_by_one(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    endpoints = {} if kind == "sqlite" else {kind: str(request.getfixturevalue(kind))}
    office = PostOffice(open_store(kind, endpoints, tmp_path, TABLES))
    for number in range(12):
        office.post(f"bob{number}@example.com")
    gate = Barrier(4)

    def work() -> None:
        gate.wait(20)
        office.sender().run()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(recipient for recipient, _ in office.sent) == sorted(
        f"bob{number}@example.com" for number in range(12)
    )
    office.store.close()


class Killed(BaseException):
    """The process ends here."""


class Fragile(WrappedStore):
    """A store that kills its process before or after a certain write."""

    def __init__(self, store: Store, kill_at: int, *, after: bool) -> None:
        super().__init__(store)
        self._left = kill_at
        self._after = after

    def update(self, *arguments: Any, **options: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        result = super().update(*arguments, **options)
        if self._left == 0:
            raise Killed
        return result


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kill_at", [1, 2, 3, 4])
def test_a_sender_that_is_killed_anywhere_loses_nothing(office: PostOffice, kill_at: int, after: bool) -> None:
    office.post()
    office.post("carl@example.com")
    with pytest.raises(Killed):
        office.sender(Fragile(office.store, kill_at, after=after)).send_new(office.records())
    office.wait(LEASE_SECONDS)
    office.run()
    assert {recipient for recipient, _ in office.sent} == {BOB, "carl@example.com"}
    assert len(office.sent) <= 3
    ids = {(message["To"], message["Message-ID"]) for message in office.messages}
    assert len(ids) == 2, "a repeat has the same Message-ID"
    assert [record["outcome"] for record in office.records()] == ["sent", "sent"]


def test_a_sender_that_is_killed_amid_the_delivery_sends_again(office: PostOffice) -> None:
    def kill() -> None:
        raise Killed

    office.post()
    office.fault = kill
    with pytest.raises(Killed):
        office.sender().send_new(office.records())
    office.fault = lambda: None
    assert office.run() == {}, "the lease still runs"
    office.wait(LEASE_SECONDS)
    assert office.run() == {"MailsSent": 1}


def test_a_mail_at_which_every_sender_dies_is_dropped_in_the_end(plain: PostOffice) -> None:
    def kill() -> None:
        raise Killed

    plain.post()
    plain.fault = kill
    for _ in range(len(BACKOFF_SECONDS) + 1):
        with pytest.raises(Killed):
            plain.sender().run()
        plain.wait(LEASE_SECONDS)
    assert plain.run() == {"MailsDropped": 1}


class Away(WrappedStore):
    """A store that is away for one operation."""

    def query(self, *_: Any, **__: Any) -> Any:
        raise StoreUnavailable("away")

    def transact(self, _: Any) -> Any:
        raise TableMissing("away")


def test_an_outage_of_the_store_is_raised_and_loses_nothing(plain: PostOffice) -> None:
    plain.post()
    with pytest.raises(StoreUnavailable):
        plain.sender(Away(plain.store)).run()
    assert plain.run() == {"MailsSent": 1}


def test_an_expired_lease_does_not_undo_what_another_sender_did(plain: PostOffice) -> None:
    plain.post()

    def slow() -> None:
        plain.wait(LEASE_SECONDS)
        plain.fault = lambda: None
        assert plain.run() == {"MailsSent": 1}
        raise NotDelivered("too late")

    plain.fault = slow
    assert plain.run() == {"MailsDelayed": 1}
    assert plain.record()["outcome"] == "sent"


def test_a_record_round_trips(plain: PostOffice) -> None:
    plain.post()
    mails = plain.sender()._mails
    mail = mails.require(str(plain.record()["mail_id"]))
    assert isinstance(mail, Mail)
    assert mail_record(mail) == plain.record()
    plain.store.update(MAILS, {"mail_id": mail.mail_id}, Changes(remove=["due"]))
    assert plain.run() == {}

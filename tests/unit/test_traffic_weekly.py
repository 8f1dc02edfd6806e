"""The weekly mail: on Mondays, once, to the owner who wants it and whose address is confirmed."""

from datetime import UTC, datetime

import pytest

from shopkeeper.domains.traffic.letters import WeeklyLetters
from shopkeeper.domains.traffic.records import PARTITION, WEEKS
from shopkeeper.domains.traffic.weekly import WeeklyMails
from shopkeeper.errors import RunFailed
from shopkeeper.functions.mail import FUNCTION as MAIL
from shopkeeper.functions.resources import Resources
from shopkeeper.functions.traffic import FUNCTION
from shopkeeper.identity.keys import Keyring
from shopkeeper.identity.service import Identity
from shopkeeper.identity.tokens import AccessTokens
from shopkeeper.settings import read
from shopkeeper.storage import Changes, Store, StoreUnavailable
from shopkeeper.storage.tables import TABLES, USERS
from tests.support.application import SECRET, TIME
from tests.support.mails import PostOffice
from tests.support.smtp import part, smtp_server
from tests.support.visited import Visited

MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


class Mailing:
    """A business with visitors, whose owner wants mails, and the office that sends them."""

    def __init__(self, store: Store) -> None:
        self.site = Visited(store)
        self.business_id = self.site.with_people()
        self.change(traffic_emails=True, time_zone="UTC")
        self.confirm()
        self.office = PostOffice(store, WeeklyLetters(store).compose)
        self.mails = WeeklyMails(store, self.office.outbox, self.site.clock)

    def change(self, **fields: object) -> None:
        self.site.give("PATCH", f"/api/businesses/{self.business_id}", fields, by="ann")

    def confirm(self) -> None:
        self.site.store.update(USERS, {"user_id": "ann"}, Changes(set={"email_confirmed_at": TIME}))

    def visit(self, path: str = "/", **hit: object) -> None:
        self.site.visit(path, n=self.business_id, origin="https://ann.example", **hit)  # type: ignore[arg-type]

    def write_down(self) -> None:
        self.office.now = self.site.now
        self.mails.run()

    def run(self) -> list[str]:
        """Close what has ended, write down and send mails, and return the recipients of all that were sent."""
        self.site.close()
        self.write_down()
        self.office.run()
        return [recipient for recipient, _ in self.office.sent]

    def noted(self) -> list[str]:
        return [str(item["at"]) for item in self.site.documents() if item[PARTITION] == WEEKS]


@pytest.fixture
def mailing(store: Store) -> Mailing:
    return Mailing(store)


def a_week(mailing: Mailing) -> None:
    """Visits in the week before the one that is told, and in that week."""
    mailing.site.now = datetime(2026, 11, 12, 12, tzinfo=UTC)
    for number in range(4):
        mailing.visit("/menu", visitor=number)
    mailing.site.now = datetime(2026, 11, 22, 23, 50, tzinfo=UTC)
    for number in range(5):
        zone = "Europe/Berlin" if number else ""
        mailing.visit("/menu", visitor=number, r="https://search.example/", z=zone)
    mailing.visit("/", visitor=1, r="https://ann.example/")
    mailing.site.crawl()


def test_the_mail_tells_of_the_week_that_is_over_and_the_change(mailing: Mailing) -> None:
    a_week(mailing)
    mailing.site.now = MONDAY
    assert mailing.run() == ["ann@example.com"]
    (message,) = mailing.office.messages
    assert message["Subject"] == "Café Zoë: 6 views last week"
    assert message["Content-Language"] == "en"
    assert [line for line in part(message, "plain").splitlines() if line] == [
        "This is how Café Zoë was visited from 2026-11-16 to 2026-11-22.",
        "Views: 6 (+50 %)",
        "Visitors, as the sum of the days: 5 (+25 %)",
        "Pages: /menu 5, / 1",
        "Sources: search.example 5",
        "Countries: DE 4",
        "Brackets compare with the week before, which had 4 views.",
        "You can switch this mail off on the page of your business.",
    ]


def test_the_mail_is_in_the_businesss_language(mailing: Mailing) -> None:
    mailing.change(mail_language="de")
    a_week(mailing)
    mailing.site.now = MONDAY
    mailing.run()
    (message,) = mailing.office.messages
    assert (message["Subject"], message["Content-Language"]) == ("Café Zoë: 6 Aufrufe in der letzten Woche", "de")
    assert "Aufrufe: 6 (+50 %)" in part(message, "plain")


def test_it_is_sent_once_however_often_the_job_runs(mailing: Mailing) -> None:
    a_week(mailing)
    mailing.site.now = MONDAY
    for _ in range(4):
        mailing.run()
        mailing.site.wait(hours=5)
    assert len(mailing.office.sent) == 1
    assert mailing.noted() == []


def test_it_is_sent_once_if_the_job_is_interrupted_after_the_mail_was_written_down(mailing: Mailing) -> None:
    a_week(mailing)
    mailing.site.now = MONDAY
    mailing.site.close()
    delete = mailing.site.store.delete

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    mailing.site.store.delete = away  # type: ignore[method-assign]  # no store of ours fails at a certain write
    with pytest.raises(StoreUnavailable):
        mailing.write_down()
    mailing.site.store.delete = delete  # type: ignore[method-assign]
    assert mailing.noted() != []
    assert mailing.run() == ["ann@example.com"]
    assert mailing.noted() == []


@pytest.mark.parametrize(
    ("zone", "moment", "number"),
    [
        ("UTC", "2026-11-23T05:59:00+00:00", 0),
        ("UTC", "2026-11-23T06:00:00+00:00", 1),
        ("UTC", "2026-11-26T23:59:00+00:00", 1),
        ("UTC", "2026-11-27T00:00:00+00:00", 0),
        ("Europe/Berlin", "2026-11-23T05:00:00+00:00", 1),
        ("America/New_York", "2026-11-23T10:59:00+00:00", 0),
        ("America/New_York", "2026-11-23T11:00:00+00:00", 1),
        ("Pacific/Kiritimati", "2026-11-22T16:00:00+00:00", 1),
    ],
)
def test_it_comes_on_monday_at_six_in_the_businesss_zone_and_not_days_later(
    mailing: Mailing, zone: str, moment: str, number: int
) -> None:
    mailing.change(time_zone=zone)
    mailing.site.now = datetime(2026, 11, 18, 12, tzinfo=UTC)
    mailing.visit()
    mailing.site.now = datetime.fromisoformat(moment)
    assert len(mailing.run()) == number


def test_nobody_is_told_who_does_not_want_it_or_has_no_confirmed_address(mailing: Mailing) -> None:
    a_week(mailing)
    mailing.change(traffic_emails=False)
    mailing.site.now = MONDAY
    assert mailing.run() == []
    assert mailing.noted() == []


def test_an_address_that_is_not_confirmed_gets_no_mail(mailing: Mailing) -> None:
    mailing.site.store.update(USERS, {"user_id": "ann"}, Changes(remove=["email_confirmed_at"]))
    a_week(mailing)
    mailing.site.now = MONDAY
    assert mailing.run() == []


def test_a_mail_that_was_switched_off_before_it_was_sent_is_not_sent(mailing: Mailing) -> None:
    a_week(mailing)
    mailing.site.now = MONDAY
    mailing.site.close()
    mailing.write_down()
    mailing.change(traffic_emails=False)
    mailing.office.run()
    assert mailing.office.sent == []


def test_hosts_and_deleted_businesses_have_nobody_to_be_told(mailing: Mailing) -> None:
    mailing.site.now = datetime(2026, 11, 18, 12, tzinfo=UTC)
    mailing.site.visit()
    mailing.visit()
    mailing.site.give("DELETE", f"/api/businesses/{mailing.business_id}", by="ann")
    mailing.site.now = MONDAY
    assert mailing.run() == []
    assert mailing.noted() == []


def test_without_mails_what_was_noted_is_removed(mailing: Mailing) -> None:
    a_week(mailing)
    mailing.site.now = MONDAY
    mailing.site.close()
    assert mailing.noted() != []
    WeeklyMails(mailing.site.store, None, mailing.site.clock).run()
    assert mailing.noted() == []


def test_the_functions_send_it_by_smtp(mailing: Mailing) -> None:
    a_week(mailing)
    mailing.site.now = MONDAY
    with smtp_server() as server:
        settings = read({"SMTP_URL": f"smtp://127.0.0.1:{server.port}", "MAIL_FROM": "shop@example.com"}, TABLES)
        keyring = Keyring(lambda: [SECRET])
        identity = Identity(keyring, AccessTokens(keyring, "dev", 30), lambda _: pytest.fail("nobody signs in"))
        resources = Resources(settings, mailing.site.store, mailing.site.clock, identity)
        for function in (FUNCTION, MAIL):
            for schedule in function.schedules:
                try:
                    schedule.build(resources)()
                except RunFailed as error:
                    pytest.fail(str(error))
        (message,) = server.await_messages(1)
    assert message["To"] == "ann@example.com"
    assert message["Subject"] == "Café Zoë: 6 views last week"

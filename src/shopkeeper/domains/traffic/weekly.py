"""The weekly mail: on Mondays, to the owner of a business who wants it and whose address is confirmed.

The close of a day notes its week. What is noted is told once: a mail's id follows from the site and the Monday, and the
note is removed after the mail was written down.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice

from shopkeeper.clock import Clock
from shopkeeper.domains.accounts.offers import confirmed_address
from shopkeeper.domains.businesses.model import Business, StoredBusiness
from shopkeeper.domains.businesses.offers import find_business, in_zone
from shopkeeper.domains.mail.offers import Outbox, Posted
from shopkeeper.domains.traffic.countries import UNKNOWN
from shopkeeper.domains.traffic.letters import KIND
from shopkeeper.domains.traffic.periods import Period
from shopkeeper.domains.traffic.readers import site_of
from shopkeeper.domains.traffic.reading import Reading
from shopkeeper.domains.traffic.records import PARTITION, SORT, WEEKS
from shopkeeper.domains.traffic.report import Section, TrafficReport, percent, report_of
from shopkeeper.http import NotFound
from shopkeeper.storage import Store
from shopkeeper.storage.tables import TRAFFIC

HOUR = 6
"""The hour of Monday from which on the mail is sent, so that the days of the week are closed."""
LATEST_DAYS = 3
"""How many days after its Monday a mail is not sent any more."""
SHOWN = ("pages", "sources", "campaigns", "countries", "events")
MOST_NAMES = 5
MOST_PER_RUN = 100
WEEK = timedelta(days=7)
AHEAD = timedelta(days=1)
"""How far the date of a zone may be ahead of that of UTC."""

Told = tuple[date, str]
"""The Monday after a week, and a site."""


class WeeklyMails:
    """Writes down the weekly mails that are due."""

    def __init__(self, store: Store, outbox: Outbox | None, clock: Clock) -> None:
        """Without an outbox nobody is told, and what was noted is removed."""
        self._store = store
        self._outbox = outbox
        self._clock = clock
        self._reading = Reading(store, clock)

    def run(self) -> Mapping[str, int]:
        """Write down what is due. Mails are counted when they are sent, and not here. Raises StoreError."""
        done = (told for told in self._noted() if self._is_done(*told))
        for monday, site in islice(done, MOST_PER_RUN):
            self._store.delete(TRAFFIC, {PARTITION: WEEKS, SORT: f"{monday.isoformat()}|{site}"})
        return {}

    def _noted(self) -> Iterator[Told]:
        """Yield what was noted for days up to the present one of any zone."""
        end = (self._clock() + AHEAD).date()
        after = None
        while True:
            page = self._store.query(TRAFFIC, WEEKS, limit=MOST_PER_RUN, after=after)
            for item in page.items:
                day, _, site = str(item[SORT]).partition("|")
                monday = date.fromisoformat(day)
                if monday > end:
                    return
                yield monday, site
            after = page.next
            if after is None:
                return

    def _is_done(self, monday: date, site: str) -> bool:
        """Tell the owner of a site of its week, if that is wanted, and return whether there is nothing left to do."""
        business = self._business(site)
        if business is None or self._outbox is None or not business.traffic_emails:
            return True
        now = in_zone(business, self._clock())
        if now.date() > monday + timedelta(days=LATEST_DAYS):
            return True
        if now < datetime(monday.year, monday.month, monday.day, HOUR, tzinfo=now.tzinfo):
            return False
        address = confirmed_address(self._store, business.cognito_user_id)
        if address is None:
            return True
        week = Period(monday - WEEK, monday - timedelta(days=1), "day")
        report = report_of(self._reading, site_of(business), week, MOST_NAMES)
        posted = self._outbox.post(KIND, address, _facts(business, report), mail_id=f"traffic_{site}_{monday}")
        return posted is not Posted.TOO_MANY

    def _business(self, site: str) -> StoredBusiness | None:
        try:
            business = find_business(self._store, site)
        except NotFound:
            return None  # a host of SITES, or a business that was deleted
        return None if business.closing_since is not None else business


def _facts(business: Business, report: TrafficReport) -> dict[str, str]:
    totals, change, before = report.totals, report.change, report.before
    visitors = totals.daily_uniques / before.daily_uniques - 1 if before.daily_uniques else None
    sections = {section.dimension: text for section in report.sections if (text := _listed(section))}
    return {
        "business_id": business.business_id,
        "first_day": report.period.first.isoformat(),
        "last_day": report.period.last.isoformat(),
        "views": str(totals.views),
        "views_changed": _changed(totals.views, change.views),
        "visitors_changed": _changed(totals.daily_uniques, visitors),
        **({"views_before": str(before.views)} if before.views else {}),
        **{name: sections[name] for name in SHOWN if name in sections},
        **({"bots": str(totals.bots)} if totals.bots else {}),
    }


def _changed(number: int, change: float | None) -> str:
    return str(number) if change is None else f"{number} ({percent(change)})"


def _listed(section: Section) -> str:
    return ", ".join(f"{one.name} {one.count}" for one in section.names if one.name != UNKNOWN)

"""What a site counts of the synthetic month of visitors, beside the people that there were."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from shopkeeper.storage.sqlite import SQLiteStore
from tests.support.trace import DAYS, trace
from tests.support.traffic import Pages, of_days, of_months

MONTH = "2026-11"
COMMIT_EVERY = 500


class Traced(NamedTuple):
    """People and counted visitors: of each day summed up, and of the month."""

    daily_people: int
    daily_uniques: int
    people: int
    uniques: int
    days: int

    @property
    def day_error(self) -> float:
        """How much more visitors of days are counted than there were people, relative to those."""
        return self.daily_uniques / self.daily_people - 1

    @property
    def month_error(self) -> float:
        """The same of the month."""
        return self.uniques / self.people - 1

    @property
    def error_of_a_sum(self) -> float:
        """The same of the month, if its visitors were those of its days summed up."""
        return self.daily_uniques / self.people - 1


def traced(store: SQLiteStore, people: int) -> Traced:
    """Count the views of the trace on an empty store, close the month, and return what was counted."""
    store.defer()
    pages = Pages(store, "Europe/Berlin")
    begins = datetime(2026, 11, 1, 8, tzinfo=UTC)
    there: list[set[int]] = [set() for _ in range(DAYS)]
    for number, view in enumerate(trace(people)):
        pages.now = begins + timedelta(days=view.day)
        pages.send(address=view.address, agent=view.agent)
        there[view.day].add(view.person)
        if number % COMMIT_EVERY == 0:
            store.commit()
    pages.now = datetime(2026, 12, 2, tzinfo=UTC)
    pages.close()
    store.commit()
    days = of_days(store, f"{MONTH}-01", f"{MONTH}-30")
    (month,) = of_months(store, MONTH, MONTH).values()
    counted = sum(day.uniques for day in days.values())
    return Traced(sum(len(day) for day in there), counted, len(set[int]().union(*there)), month.uniques, days=len(days))

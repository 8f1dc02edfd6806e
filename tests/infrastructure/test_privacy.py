"""The page on personal data says of every table whose it is, and whether what it keeps expires."""

import re

from shopkeeper.domains.accounts import attempts, sessions
from shopkeeper.domains.feed.offers import KEPT_SECONDS
from shopkeeper.domains.mail.model import KEPT_SECONDS as MAIL_KEPT_SECONDS
from shopkeeper.domains.mail.sending import OLDEST_SECONDS
from shopkeeper.domains.orders.service import KEY_SECONDS
from shopkeeper.domains.webhooks.records import DELIVERIES_KEPT_SECONDS
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.operator.accounting import COLUMNS, CUSTOMER_COLUMNS
from shopkeeper.storage.due import MOST_ITEMS
from shopkeeper.storage.tables import TABLES
from tests.support.tools import ROOT

PAGE = (ROOT / "docs" / "privacy.md").read_text()
ROWS = {
    name: [cell.strip() for cell in rest.split("|")]
    for name, rest in re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", PAGE, re.MULTILINE)
}
DAY = 86400


def test_every_table_is_on_the_page_with_its_owner_and_whether_it_expires() -> None:
    declared = {table.name: [f"`{table.owner}`", "yes" if table.ttl else "no"] for table in TABLES}
    assert {name: [row[0], row[2]] for name, row in ROWS.items()} == declared


def test_the_periods_on_the_page_are_those_of_the_code() -> None:
    assert ROWS["events"][3] == f"{KEPT_SECONDS // DAY} days"
    assert ROWS["idempotency"][3] == f"{KEY_SECONDS // 3600} hours"
    assert (OLDEST_SECONDS, MAIL_KEPT_SECONDS) == (DAY, 3 * DAY)
    assert (sessions.IDLE_SECONDS, sessions.LONGEST_SECONDS) == (30 * DAY, 90 * DAY)
    assert (attempts.WINDOW_MINUTES, attempts.KNOWN_DAYS) == (15, 90)
    assert DELIVERIES_KEPT_SECONDS == 30 * DAY


def test_the_schedule_is_as_the_page_says() -> None:
    (schedule,) = (one for function in FUNCTIONS for one in function.schedules if one.name == "order-retention")
    assert (schedule.minutes, schedule.seconds, MOST_ITEMS) == (15, 60, 500)
    assert "each minute on one machine and every 15 minutes on AWS, up to 500 orders a run" in " ".join(PAGE.split())


def test_the_page_for_operators_has_the_columns_of_the_export_in_their_order() -> None:
    page = (ROOT / "docs" / "operating.md").read_text()
    section = page.partition("## Orders for your accounts")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE) == [*COLUMNS, *CUSTOMER_COLUMNS]

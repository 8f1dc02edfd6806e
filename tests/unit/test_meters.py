"""What one machine counts, and how Prometheus reads it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopkeeper.functions.backlogs import BACKLOGS, MOST, Backlog
from shopkeeper.runtime.machine.backlog_reader import BACKLOG_SECONDS, BacklogReader
from shopkeeper.runtime.machine.meters import KNOWN_METHODS, REQUEST_SECONDS, Meters
from shopkeeper.runtime.telemetry.histogram import Histogram
from shopkeeper.runtime.telemetry.prometheus import family, histograms
from shopkeeper.storage import Store, StoreUnavailable
from shopkeeper.storage.port import MAX_PAGE
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES
from tests.support.tools import need


def counted(meters: Meters, metric: str = "shopkeeper_requests_total") -> list[str]:
    return [line.removeprefix(metric) for line in meters.lines() if line.startswith(metric)]


def test_requests_are_counted_by_route_method_and_status() -> None:
    meters = Meters()
    for status in (200, 200, 503):
        meters.request("/counter/{counter_id}", "GET", status, 0.002, {"Visits": 1})
    assert counted(meters) == [
        '{route="/counter/{counter_id}",method="GET",status="200"} 2',
        '{route="/counter/{counter_id}",method="GET",status="503"} 1',
    ]
    assert counted(meters, "shopkeeper_events_total") == ['{event="Visits"} 3']


def test_whatever_strangers_send_there_is_one_route_for_it_and_one_unusual_method() -> None:
    meters = Meters()
    for number in range(1000):
        meters.request("", f"METHOD{number}", 403, 0.001, {})
    for method in sorted(KNOWN_METHODS):
        meters.request("", method, 403, 0.001, {})
    assert len(counted(meters)) == 1 + len(KNOWN_METHODS)
    assert '{route="other",method="other",status="403"} 1000' in counted(meters)


def test_the_statuses_of_a_route_share_a_histogram_that_counts_upwards() -> None:
    meters = Meters()
    for seconds, status in ((0.0005, 200), (0.001, 200), (0.015625, 404), (64.0, 200)):
        meters.request("/x", "GET", status, seconds, {})
    lines = counted(meters, "shopkeeper_request_duration_seconds")
    buckets = [int(line.rpartition(" ")[2]) for line in lines if line.startswith("_bucket")]
    assert buckets == [2, 2, 2, 2, *[3] * 9, 4]
    assert len(buckets) == len(REQUEST_SECONDS) + 1
    assert '_sum{route="/x",method="GET"} 64.017125' in lines
    assert '_count{route="/x",method="GET"} 4' in lines


def test_runs_are_counted_with_their_outcome_and_what_they_did() -> None:
    meters = Meters()
    meters.run("mail", {"MailsSent": 2}, failed=False)
    meters.run("mail", {"MailsDropped": 1}, failed=True)
    assert counted(meters, "shopkeeper_runs_total") == [
        '{job="mail",outcome="failed"} 1',
        '{job="mail",outcome="succeeded"} 1',
    ]
    assert counted(meters, "shopkeeper_events_total") == ['{event="MailsDropped"} 1', '{event="MailsSent"} 2']


def test_what_orders_earn_and_how_long_they_wait_are_metrics_of_their_own() -> None:
    meters = Meters()
    for currency, minor, seconds in (("EUR", 500, 3), ("JPY", 1200, 60), ("EUR", 250, 0)):
        done = {"OrdersAccepted": 1, "SecondsToAccept": seconds, f"Revenue.{currency}": minor}
        meters.request("/api/orders/{order_id}/accept", "POST", 200, 0.002, done)
    assert counted(meters, "shopkeeper_events_total") == ['{event="OrdersAccepted"} 3']
    assert counted(meters, "shopkeeper_accept_seconds_total") == [" 63"]
    assert counted(meters, "shopkeeper_revenue_minor_total") == ['{currency="EUR"} 750', '{currency="JPY"} 1200']


def test_labels_are_escaped_and_promtool_takes_all_of_it() -> None:
    odd = family("odd_things", "gauge", "Odd things.", [({"name": 'a "quote", a \\ and a\nline'}, 0.5)])
    assert odd[-1] == 'odd_things{name="a \\"quote\\", a \\\\ and a\\nline"} 0.5'
    meters = Meters()
    meters.request("/x", "GET", 200, 0.001, {"Visits": 1, "SecondsToAccept": 3, "Revenue.EUR": 500})
    meters.run("mail", {}, failed=False)
    text = "\n".join([*odd, *meters.lines(), *histograms("sizes", "Sizes.", [({}, Histogram((1, 2.5)))]), ""])
    done = subprocess.run(
        [need("promtool"), "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    yield store
    store.close()


class Counted:
    """A store that counts how often it is read, and may be away."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.reads = 0
        self.is_away = False

    def __getattr__(self, name: str) -> object:
        self.reads += 1
        if self.is_away:
            raise StoreUnavailable("away")
        return getattr(self.store, name)


def test_backlogs_are_read_once_in_ten_seconds_and_say_when_they_cannot_be_read(sqlite: Store) -> None:
    store, now = Counted(sqlite), [0.0]
    reader = BacklogReader(store, lambda: now[0])  # type: ignore[arg-type]  # it is one by __getattr__
    first = reader.lines()
    reads = store.reads
    assert reads >= len(BACKLOGS)
    store.is_away = True
    now[0] = BACKLOG_SECONDS - 0.1
    assert reader.lines() == first
    assert store.reads == reads
    now[0] = BACKLOG_SECONDS
    assert [line for line in reader.lines() if not line.startswith("#")] == ["shopkeeper_data_readable 0"]
    store.is_away = False
    now[0] += BACKLOG_SECONDS
    assert reader.lines() == first


@pytest.mark.parametrize("backlog", BACKLOGS, ids=lambda backlog: backlog.name)
def test_a_backlog_of_an_empty_shop_is_empty(backlog: Backlog, sqlite: Store) -> None:
    assert backlog.count(sqlite) == 0
    assert MOST <= MAX_PAGE

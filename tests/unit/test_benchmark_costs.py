"""The cost of views is computed from the units that DynamoDB would charge."""

from pathlib import Path

import pytest

from benchmarks import cost
from benchmarks.hits_on_lambda import Metered, units_of_a_view
from benchmarks.request_costs import KINDS, units
from shopkeeper.operator.costing import PRICES
from shopkeeper.storage import Changes
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES, TRAFFIC
from tests.support.tools import DYNOXIDE, need

KEY = {"site_period": "s|2026-11", "at": "2026-11-21T08#0"}


def test_a_write_takes_a_unit_for_each_kilobyte_of_its_item_and_a_read_one_for_four(tmp_path: Path) -> None:
    store = Metered(SQLiteStore(tmp_path / "shop.db", TABLES))
    store.update(TRAFFIC, KEY, Changes(add={"v": 1}))
    assert (store.writes, store.reads, store.kind) == (1, 0, "dynamodb")
    store.put(TRAFFIC, {**KEY, "text": "x" * 2000})
    assert store.writes == 1 + 2
    store.update(TRAFFIC, KEY, Changes(set={"text": "x" * 4500}), expect={"text": "x" * 2000})
    assert (store.writes, store.reads) == (1 + 2 + 5, 0)
    store.get(TRAFFIC, KEY)
    store.get(TRAFFIC, {**KEY, "at": "none"})
    assert store.reads == 2 + 1
    store.close()


@pytest.mark.emulator
def test_the_units_of_each_kind_of_request_are_those_that_the_store_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    need(DYNOXIDE)
    monkeypatch.setattr("benchmarks.hits_on_lambda.MONTHLY", (30_000,))
    found = dict(units())
    assert found.keys() == KINDS.keys()
    taken = {kind: (one["writes"], one["reads"]) for kind, one in found.items()}
    # One write of an item below a kilobyte; half a unit for a query, which may be behind; a whole one for a read.
    assert (taken["visit"], taken["catalogue"], taken["business"]) == ((1, 0), (0, 0.5), (0, 1))
    # Order, event, head of the feed and key are written in a transaction, which costs twice, and so do the indexes.
    assert taken["order"][0] > 4 * 2
    assert taken["run"][0] == 0, "a schedule that finds nothing to do writes nothing"
    assert all(one["answer_bytes"] > 100 for kind, one in found.items() if kind != "run")


@pytest.mark.parametrize(
    ("cold", "warm", "processor", "memory", "milliseconds"),
    [
        (100, 1, 0, 256, 0.99 * 1 + 1),
        (100, 0.2, 0, 256, 0.99 * 1 + 1),
        (100, 3, 1, 1769, 0.99 * 3 + 1),
        (100, 3, 1, 1769 / 2, 0.99 * 4 + 1),
    ],
)
def test_whole_milliseconds_are_billed_and_less_memory_has_less_of_a_processor(
    cold: float, warm: float, processor: float, memory: float, milliseconds: float
) -> None:
    assert cost.billed(cold, warm, processor, memory) == pytest.approx(milliseconds)


def test_a_unit_more_costs_its_price() -> None:
    one, more = (cost.per_million(100, 1, 1, 0, writes=writes, reads=reads) for writes, reads in ((1, 0), (2.5, 2)))
    wanted = 1.5 * PRICES.dynamodb_per_million_writes + 2 * PRICES.dynamodb_per_million_reads
    assert more["all"] - one["all"] == pytest.approx(wanted, abs=0.002)


def test_a_view_takes_between_one_and_two_writes_whose_items_are_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.hits_on_lambda.MONTHLY", (300_000,))
    (units,) = units_of_a_view(tmp_path).values()
    assert 1.4 <= units["writes"] <= 2
    assert units["reads"] < 0.2

"""The cost of views is computed from the units that DynamoDB would charge."""

from pathlib import Path

import pytest

from benchmarks import cost
from benchmarks.hits_on_lambda import Metered, units_of_a_view
from shopkeeper.storage import Changes
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES, TRAFFIC

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


def test_a_unit_more_costs_its_price() -> None:
    one, more = (cost.per_million(100, 1, 1, 0, writes=writes, reads=reads) for writes, reads in ((1, 0), (2.5, 2)))
    wanted = 1.5 * cost.PRICES["dynamodb_per_million_writes"] + 2 * cost.PRICES["dynamodb_per_million_reads"]
    assert more["all"] - one["all"] == pytest.approx(wanted, abs=0.002)


def test_a_view_takes_between_one_and_two_writes_whose_items_are_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.hits_on_lambda.MONTHLY", (300_000,))
    (units,) = units_of_a_view(tmp_path).values()
    assert 1.4 <= units["writes"] <= 2
    assert units["reads"] < 0.2

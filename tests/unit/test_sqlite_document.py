"""Items within an open transaction are converted once, however often they change, and nobody notices anything of it."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.storage import Changes, ItemTooLarge, StoreError, Value
from shopkeeper.storage.sqlite import SQLiteStore, document
from shopkeeper.storage.values import MAX_ITEM_BYTES
from tests.support.stores import NOTES, PLAIN, TEST_TABLES

KEY = {"id": "a"}
NAMES = st.sampled_from(["a", "b", "c", "d", "é"])
SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=9) | st.binary(max_size=9)
VALUES: st.SearchStrategy[Any] = (
    SCALARS
    | st.decimals(-999, 999, places=2)
    | st.lists(SCALARS, max_size=3)
    | st.dictionaries(st.text(max_size=3), SCALARS, max_size=3)
    | st.sets(st.text(max_size=3), min_size=1, max_size=3)
)


@st.composite
def changes(draw: st.DrawFn) -> Changes:
    """Changes of different attributes."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    kinds = {name: draw(st.sampled_from(["add", "set", "set_if_absent", "remove"])) for name in names}

    def of(kind: str, values: st.SearchStrategy[Any]) -> dict[str, Any]:
        return {name: draw(values) for name in names if kinds[name] == kind}

    removed = [name for name in names if kinds[name] == "remove"]
    return Changes(of("add", st.integers(-5, 5)), of("set", VALUES), of("set_if_absent", VALUES), removed)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "shop.db", TEST_TABLES)
    store.defer()
    yield store
    store.close()


@pytest.fixture
def conversions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes each conversion of an item."""
    noted: list[str] = []

    def watch(name: str) -> None:
        convert = getattr(document, name)

        def watched(given: Any) -> Any:
            noted.append(name)
            return convert(given)

        monkeypatch.setattr(document, name, watched)

    watch("dumps")
    watch("loads")
    return noted


@settings(max_examples=60)
@given(st.lists(changes(), max_size=8))
def test_many_updates_in_one_transaction_do_what_they_do_in_one_each(folder: Path, steps: list[Changes]) -> None:
    held, single = (SQLiteStore(folder / f"{name}.db", TEST_TABLES) for name in ("held", "single"))
    held.defer()
    for store in (held, single):
        store.put(PLAIN, {**KEY, "a": 1})
    for step in steps:
        outcomes = []
        for store in (held, single):
            try:
                outcomes.append(str(sorted(store.update(PLAIN, KEY, step).items())))
            except StoreError as error:
                outcomes.append(type(error).__name__)
        assert outcomes[0] == outcomes[1]
        assert held.get(PLAIN, KEY) == single.get(PLAIN, KEY)
    held.commit()
    again = SQLiteStore(folder / "held.db", TEST_TABLES)
    assert again.get(PLAIN, KEY) == single.get(PLAIN, KEY)
    for store in (held, single, again):
        store.close()


def test_a_hundred_updates_of_one_commit_cost_two_conversions(store: SQLiteStore, conversions: list[str]) -> None:
    store.put(PLAIN, {**KEY, **{f"n{number}": number for number in range(100)}})
    store.commit()
    conversions.clear()
    for number in range(100):
        assert store.update(PLAIN, KEY, Changes(add={"n5": 1}))["n5"] == 6 + number
    store.commit()
    assert conversions == ["loads", "dumps"]


def test_what_an_update_returned_is_the_callers_own(store: SQLiteStore) -> None:
    store.put(PLAIN, {**KEY, "list": ["a"], "n": 1})
    for _ in range(2):
        returned: dict[str, Any] = store.update(PLAIN, KEY, Changes(add={"n": 1}))
        returned["list"].append("b")
        returned["n"] = 99
    read: dict[str, Any] = store.get(PLAIN, KEY) or {}
    read["list"].append("c")
    store.commit()
    assert store.get(PLAIN, KEY) == {**KEY, "list": ["a"], "n": 3}


def test_what_was_put_stays_when_the_caller_changes_it_afterwards(store: SQLiteStore) -> None:
    item: dict[str, Any] = {"owner": "o", "name": "n", "topic": "t", "list": ["a"]}
    store.put(NOTES, item)
    item["topic"] = "other"
    item["list"].append("b")
    store.commit()
    assert [one["list"] for one in store.query(NOTES, "t", index="by-topic").items] == [["a"]]


def test_an_item_that_grows_too_large_is_refused_at_once_and_the_others_stay(store: SQLiteStore) -> None:
    store.put(PLAIN, KEY)
    store.update(PLAIN, {"id": "b"}, Changes(add={"n": 1}))
    piece = "x" * 10_000
    refused = 0
    for number in range(60):
        try:
            store.update(PLAIN, KEY, Changes(set={f"s{number}": piece}))
        except ItemTooLarge:
            refused += 1
    assert refused == 60 - MAX_ITEM_BYTES // 10_000
    store.commit()
    assert len(store.get(PLAIN, KEY) or {}) == 61 - refused
    assert store.get(PLAIN, {"id": "b"}) == {"id": "b", "n": 1}


@pytest.mark.parametrize("value", [1.5, "\ud800", float("nan"), Decimal("1E+200"), object()])
def test_a_value_that_cannot_be_stored_fails_its_own_operation(store: SQLiteStore, value: Any) -> None:
    store.put(PLAIN, KEY)
    store.update(PLAIN, KEY, Changes(set={"n": 1}))
    with pytest.raises((TypeError, ValueError)):
        store.update(PLAIN, KEY, Changes(set={"bad": value}))
    with pytest.raises(ValueError, match="surrogates"):
        store.update(PLAIN, KEY, Changes(set={"\ud800": 1}))
    store.commit()
    assert store.get(PLAIN, KEY) == {**KEY, "n": 1}


@pytest.mark.parametrize(
    "value", [2**63, -(2**63), 2**63 - 1, 10**37, Decimal("0.10"), True, None, "", ["a"], {"$": 1}]
)
def test_odd_values_are_returned_as_they_are_read(store: SQLiteStore, value: Value) -> None:
    store.put(PLAIN, KEY)
    returned = store.update(PLAIN, KEY, Changes(set={"v": value}))
    assert returned == store.get(PLAIN, KEY)
    store.commit()
    assert returned == store.get(PLAIN, KEY)

"""Totals equal the sums of their parts under any interleaving of writers, and nothing that is sent blows an hour up."""

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from shopkeeper.domains.traffic import hours
from shopkeeper.domains.traffic.dimensions import BY_LETTER, ITEM_BYTES
from shopkeeper.domains.traffic.hours import HourWriter
from shopkeeper.domains.traffic.records import MAX_SHARDS
from shopkeeper.domains.traffic.rollup import Rollup, attributes, merged, of_item, trimmed
from shopkeeper.storage import Changes, ItemTooLarge, Store, Throttled
from shopkeeper.storage.tables import TABLES, TRAFFIC
from tests.support.shops import Shop
from tests.support.stores import ATOMIC, open_store
from tests.support.traffic import CURL, ELSEWHERE, ORIGIN, SITE, Pages, check_sums, of_days, of_hours
from tests.support.wrapping import WrappedStore

WRITERS = 3
PATHS = st.sampled_from(["/", "/menu", "/about", "/x" * 200]) | st.text("abcé", max_size=9).map(lambda text: f"/{text}")


@pytest.fixture
def each_store(racing: Shop) -> Store:
    return racing.store


def shards(store: Store, hour: str) -> list[dict[str, object]]:
    items = store.scan(TRAFFIC, limit=1000).items
    return [dict(item) for item in items if str(item["at"]).startswith(f"{hour}#")]


@pytest.mark.parametrize("kind", ATOMIC)
def test_sums_hold_whatever_is_sent_through_whichever_process(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hours, "UNIT_BYTES", 200)
    monkeypatch.setattr(hours, "SPREAD_BYTES", {})
    endpoints = {} if kind == "sqlite" else {kind: str(request.getfixturevalue(kind))}
    opened = []

    class Sites(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            opened.append(open_store(kind, endpoints, tmp_path, TABLES))
            self.pages = Pages(opened[-1], processes=WRITERS)
            self.sent: Counter[str] = Counter()
            self.paths: Counter[str] = Counter()

        @rule(path=PATHS, process=st.integers(0, WRITERS - 1), who=st.integers(1, 9), internal=st.booleans())
        def view(self, path: str, process: int, who: int, internal: bool) -> None:
            referrer = f"{ORIGIN}/" if internal else ELSEWHERE
            self.sent[self.pages.send(path, process=process, address=f"203.0.113.{who}", referrer=referrer, w=500)] += 1
            self.paths[path] += 1

        @rule(process=st.integers(0, WRITERS - 1), name=st.text("ab", min_size=1, max_size=3))
        def event(self, process: int, name: str) -> None:
            self.sent[self.pages.send(e=name, process=process)] += 1

        @rule(process=st.integers(0, WRITERS - 1))
        def bot(self, process: int) -> None:
            self.sent[self.pages.send(agent=CURL, process=process)] += 1

        @rule(minutes=st.integers(1, 40))
        def wait(self, minutes: int) -> None:
            if (self.pages.now.hour, self.pages.now.minute) < (23, 0):
                self.pages.wait(minutes=minutes)

        @invariant()
        def totals_are_exact(self) -> None:
            whole = of_hours(self.pages.store)
            check_sums(whole)
            assert (whole.views, whole.bots) == (self.sent["Views"], self.sent["BotHits"])
            assert sum(whole.of("n").values()) == self.sent["PageEvents"]
            assert all(count <= self.paths[path] for path, count in whole.of("p").items() if path)

        def teardown(self) -> None:
            before = of_hours(self.pages.store)
            before.counts.pop("m", None)
            self.pages.wait(days=2)
            self.pages.close()
            days = of_days(self.pages.store, "2026-11-21", "2026-11-21")
            assert merged(days.values()) == before
            self.pages.store.close()

    examples = 12 if kind == "sqlite" else 4
    run_state_machine_as_test(Sites, settings=settings(max_examples=examples, stateful_step_count=25, deadline=None))
    assert len(opened) >= examples


@pytest.fixture
def lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a test can reach."""
    for name, value in {"ITEM_BYTES": 900, "FREE_BYTES": 600, "UNIT_BYTES": 300, "MAX_SHARDS": 4}.items():
        monkeypatch.setattr(hours, name, value)
    monkeypatch.setattr(hours, "SPREAD_BYTES", {})


@pytest.mark.usefixtures("lowered")
def test_random_paths_leave_a_bounded_table_and_exact_totals(each_store: Store) -> None:
    pages = Pages(each_store, processes=2)
    dice = random.Random(7)
    sizes = []
    for number in range(500):
        path = f"/{dice.getrandbits(64):x}"
        pages.send(
            path, process=number % 2, referrer=ELSEWHERE if number % 3 else f"{ORIGIN}/", z="Europe/Berlin", w=500
        )
        if number % 100 == 99:
            sizes.append(sum(len(str(item)) for item in shards(each_store, "2026-11-21T08")))
    whole = of_hours(each_store)
    check_sums(whole)
    assert (whole.views, whole.of("p")[""] > 300) == (500, True)
    assert len(shards(each_store, "2026-11-21T08")) <= 4
    assert sizes[-1] - sizes[-2] < 400, "only numbers grow in the end"
    assert whole.of("l") == {"DE": 333}, "what has few names keeps its room"


@pytest.mark.usefixtures("lowered")
def test_a_dimension_takes_no_more_names_than_its_cap(each_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hours, "UNIT_BYTES", 10**6)
    monkeypatch.setattr(hours, "FREE_BYTES", 10**6)
    monkeypatch.setattr(hours, "MAX_SHARDS", 1)
    pages = Pages(each_store)
    for number in range(BY_LETTER["n"].cap + 10):
        pages.send(e=f"event {number}")
    events = of_hours(each_store).of("n")
    assert (len(events), events[""]) == (BY_LETTER["n"].cap + 1, 10)


def test_an_hour_of_usual_traffic_stays_in_few_items_of_the_stated_size(each_store: Store) -> None:
    pages = Pages(each_store)
    for number in range(300):
        pages.send(f"/page/{number % 40}", address=f"203.0.113.{number % 50}", referrer=ELSEWHERE if number % 4 else "")
        pages.wait(seconds=10)
    items = shards(each_store, "2026-11-21T08")
    assert len(items) <= 16, "usually 8, and sometimes one of them grows before the others"
    assert all(sum(len(name.encode()) + 4 for name in item) <= ITEM_BYTES for item in items)


class Refusing(WrappedStore):
    """A store that refuses some writes of hours, before it does anything."""

    def __init__(self, store: Store, refused: list[int], error: type[Exception]) -> None:
        super().__init__(store)
        self.refused = refused
        self.error = error
        self.written: list[int] = []

    def update(self, table: object, key: dict[str, str], *arguments: object, **options: object) -> object:  # type: ignore[override]
        number = int(key["at"].partition("#")[2])
        self.written.append(number)
        if len(self.written) in self.refused:
            raise self.error("not now")
        return super().update(table, key, *arguments, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [Throttled, ItemTooLarge])
def test_a_writer_that_is_refused_takes_another_shard_and_counts_once(plain: Shop, error: type[Exception]) -> None:
    store = Refusing(plain.store, [1, 2], error)
    HourWriter(store).add(SITE, "2026-11-21T08", {"v": 1}, [("p", "/")], 0)
    assert (store.written[0], len(set(store.written))) == (0, 3)
    assert of_hours(plain.store).views == 1


def test_a_writer_that_is_refused_again_and_again_gives_up(plain: Shop) -> None:
    store = Refusing(plain.store, list(range(1, 100)), Throttled)
    with pytest.raises(Throttled):
        HourWriter(store).add(SITE, "2026-11-21T08", {"v": 1}, [("p", "/")], 0)
    assert len(store.written) == hours.TRIES


def test_shards_double_only_when_the_newest_have_grown_and_end_at_64(plain: Shop) -> None:
    store = Refusing(plain.store, [], Throttled)
    writer = HourWriter(store)
    for number in range(4000):
        writer.add(SITE, "2026-11-21T08", {"v": 1}, [("p", f"/{number:050d}")], 0)
    first = {number: store.written.index(number) for number in set(store.written)}
    assert max(first) == MAX_SHARDS - 1
    assert first[0] < first[1] < min(first[2], first[3]) < min(first[4], first[7]) < min(first[8], first[15])
    check = of_hours(plain.store)
    assert (check.views, sum(check.of("p").values())) == (4000, 4000)


def test_a_new_hour_begins_with_one_shard_and_few_sites_are_remembered(
    plain: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hours, "MOST_KEPT", 2)
    store = Refusing(plain.store, [1], Throttled)
    writer = HourWriter(store)
    for site, hour in (("a", "08"), ("a", "08"), ("a", "09"), ("b", "09"), ("c", "09"), ("a", "09")):
        writer.add(site, f"2026-11-21T{hour}", {"v": 1}, [], 0)
    assert store.written == [0, 1, 1, 0, 0, 0, 0]


# Roll-ups as values

NAMES = st.text(max_size=5)
ROLLUPS = st.builds(
    Rollup,
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.dictionaries(st.sampled_from("pesn"), st.dictionaries(NAMES, st.integers(1, 10**9), min_size=1)),
)


@pytest.mark.parametrize("size", [0, 50, 10**6])
@pytest.mark.parametrize("names", [0, 2, 1000])
def test_what_is_trimmed_keeps_its_sums_and_the_most_counted_names(names: int, size: int) -> None:
    whole = Rollup(10, 2, 3, {"p": {"/": 5, "/a": 3, "/b": 1, "": 1}, "e": {"/": 2}})
    less = trimmed(whole, names, size)
    for letter in "pe":
        assert sum(less.of(letter).values()) == sum(whole.of(letter).values())
        assert len([name for name in less.of(letter) if name]) <= names
    kept = [count for name, count in less.of("p").items() if name]
    assert kept == [5, 3, 1][: len(kept)]
    assert (less.views, less.uniques, less.bots) == (10, 2, 3)


def test_a_roll_up_survives_being_stored(plain: Shop) -> None:
    whole = Rollup(3, 1, 2, {"p": {"/": 2, "": 1, "/a:b": 1, "/é": 1}, "c": {"a/b//c": 7}})
    key = {"site_period": "s", "at": "2026-11"}
    plain.store.update(TRAFFIC, key, Changes(add=attributes(whole)))
    assert of_item(plain.store.get(TRAFFIC, key) or {}) == whole

"""Random operations on SQLite, with and without deferred writes, and on DynamoDB, side by side.

Every answer and every item must be the same.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shopkeeper.storage import (
    ABSENT,
    Append,
    Below,
    Changes,
    ConditionFailed,
    Delete,
    Put,
    Store,
    StoreError,
    Update,
)
from shopkeeper.storage.sqlite import SQLiteStore
from tests.support.stores import FEED, NOTES, TEST_TABLES, dynamodb_store

OWNERS = st.sampled_from(["ann", "bob"])
NAMES = st.sampled_from(["a", "b", "c", "ü", "日"])
KEYS = st.builds(lambda owner, name: {"owner": owner, "name": name}, OWNERS, NAMES)
ALL = [{"owner": owner, "name": name} for owner in ("ann", "bob") for name in ("a", "b", "c", "ü", "日")]
NUMBERS = st.integers(-(10**37), 10**37) | st.decimals(-1000, 1000, places=3)
SCALARS = st.text(max_size=5) | NUMBERS | st.booleans() | st.none() | st.binary(max_size=4)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3),
    max_leaves=6,
) | st.sets(st.text(max_size=3), min_size=1, max_size=3)
TOPICS = st.sampled_from(["t1", "t2"])
RANKS = st.integers(-3, 3)
ATTRIBUTES = st.fixed_dictionaries(
    {}, optional={"n": NUMBERS, "v": VALUES, "topic": TOPICS, "rank": RANKS, "author": OWNERS}
)
EXPECTATIONS = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "n": st.just(ABSENT) | st.integers(-2, 2) | st.builds(Below, st.integers(-2, 2)),
        "topic": st.just(ABSENT) | TOPICS,
        "owner": OWNERS,
    },
).filter(bool)


@st.composite
def changes(draw: st.DrawFn) -> Changes:
    """Changes that are not empty and name no attribute twice."""
    names = draw(st.sets(st.sampled_from(["n", "m", "v", "topic", "rank"]), min_size=1))
    made: dict[str, Any] = {"add": {}, "set": {}, "set_if_absent": {}, "remove": []}
    values: dict[str, st.SearchStrategy[Any]] = {"topic": TOPICS, "rank": RANKS}
    for name in sorted(names):
        kinds = ["set", "set_if_absent", "remove"] + (["add"] if name in ("n", "m") else [])
        kind = draw(st.sampled_from(kinds))
        if kind == "remove":
            made["remove"].append(name)
        elif kind == "add":
            made["add"][name] = draw(st.integers(-5, 5) | st.decimals(-5, 5, places=2))
        else:
            made[kind][name] = draw(values.get(name, st.integers(-2, 2) if name in "nm" else VALUES))
    return Changes(**made)


ACTIONS = st.one_of(
    st.builds(
        lambda key, attributes, if_absent: Put(NOTES, {**key, **attributes}, if_absent), KEYS, ATTRIBUTES, st.booleans()
    ),
    st.builds(lambda key, made, expect: Update(NOTES, key, made, expect), KEYS, changes(), EXPECTATIONS),
    st.builds(lambda key, expect: Delete(NOTES, key, expect), KEYS, EXPECTATIONS),
    st.builds(
        lambda feed, v, after, tally, head: Append(FEED, feed, {"v": v}, tally, after, head),
        OWNERS,
        SCALARS,
        st.none() | st.integers(0, 3),
        st.dictionaries(st.sampled_from("nm"), st.integers(-2, 2)),
        st.dictionaries(st.sampled_from("vw"), SCALARS),
    ),
)


def target(action: Any) -> tuple[object, ...]:
    """Return which item an action touches."""
    if isinstance(action, Append):
        return ("feed", action.feed)
    key = action.item if isinstance(action, Put) else action.key
    return (key["owner"], key["name"])


def outcome(operation: Callable[[], object]) -> object:
    """Return the answer of an operation, or what kind of error it was."""
    try:
        return operation()
    except ConditionFailed as error:
        return (type(error), error.position)
    except StoreError as error:
        return type(error)


class Stores(RuleBasedStateMachine):
    """Does everything on each store."""

    folder: Path
    endpoint: str

    @initialize()
    def open(self) -> None:
        """Open empty stores."""
        name = f"{id(self)}-{len(list(self.folder.iterdir()))}.db"
        self.deferred = SQLiteStore(self.folder / f"deferred-{name}", TEST_TABLES)
        self.deferred.defer()
        self.stores: list[Store] = [
            SQLiteStore(self.folder / name, TEST_TABLES),
            self.deferred,
            dynamodb_store(self.endpoint),
        ]

    def same(self, operation: Callable[[Store], object]) -> None:
        """Do an operation on all stores and compare the answers, types included."""
        one, *others = [typed(outcome(lambda store=store: operation(store))) for store in self.stores]  # type: ignore[misc]
        assert others == [one] * len(others)

    @rule()
    def commit(self) -> None:
        """End a turn and compare everything."""
        self.deferred.commit()
        for owner in ("ann", "bob"):
            self.same(lambda store, owner=owner: store.query(NOTES, owner).items)  # type: ignore[misc]
            self.same(lambda store, owner=owner: store.query(FEED, owner).items)  # type: ignore[misc]

    @rule(key=KEYS, attributes=ATTRIBUTES, if_absent=st.booleans())
    def put(self, key: dict[str, str], attributes: dict[str, Any], if_absent: bool) -> None:
        """Write an item."""
        self.same(lambda store: store.put(NOTES, {**key, **attributes}, if_absent=if_absent))

    @rule(key=KEYS, made=changes())
    def update(self, key: dict[str, str], made: Changes) -> None:
        """Change an item, whatever it is."""
        self.same(lambda store: store.update(NOTES, key, made))

    @rule(key=KEYS, made=changes(), expect=EXPECTATIONS.filter(bool))
    def update_as_expected(self, key: dict[str, str], made: Changes, expect: dict[str, Any]) -> None:
        """Change an item that is as expected."""
        self.same(lambda store: store.update(NOTES, key, made, expect=expect))

    @rule(key=KEYS, expect=EXPECTATIONS)
    def delete(self, key: dict[str, str], expect: dict[str, Any] | None) -> None:
        """Remove an item."""
        self.same(lambda store: store.delete(NOTES, key, expect=expect))

    @rule(actions=st.lists(ACTIONS, min_size=1, max_size=5, unique_by=target))
    def transact(self, actions: list[Any]) -> None:
        """Do several things or none."""
        self.same(lambda store: store.transact(actions))

    @rule(keys=st.lists(KEYS, max_size=5, unique_by=lambda key: tuple(key.values())))
    def get_many(self, keys: list[dict[str, str]]) -> None:
        """Read several items."""
        self.same(lambda store: store.get_many(NOTES, keys))

    @rule(owner=OWNERS, descending=st.booleans(), limit=st.integers(1, 6), name=st.none() | NAMES)
    def query(self, owner: str, descending: bool, limit: int, name: str | None) -> None:
        """Read a part of a partition."""
        after = {"owner": owner, "name": name} if name else None
        self.same(lambda store: store.query(NOTES, owner, descending=descending, limit=limit, after=after))

    @rule(topic=TOPICS, descending=st.booleans())
    def query_index(self, topic: str, descending: bool) -> None:
        """Read a partition of indexes; the order of equal sort keys is nobody's promise."""

        def items(store: Store, index: str) -> list[tuple[object, ...]]:
            page = store.query(NOTES, topic, index=index, descending=descending)
            ranks = [item.get("rank") for item in page.items] if index == "by-rank" else []
            assert ranks == sorted(ranks, reverse=descending)  # type: ignore[type-var]
            return sorted((str(item["owner"]), str(item["name"]), typed(item)) for item in page.items)

        self.same(lambda store: items(store, "by-topic"))
        self.same(lambda store: items(store, "by-rank"))

    @precondition(lambda self: hasattr(self, "stores"))
    @invariant()
    def items_are_the_same(self) -> None:
        """Compare all items. Reading them by key leaves pending writes pending."""
        self.same(lambda store: store.get_many(NOTES, ALL))

    def teardown(self) -> None:
        """Let go of the stores."""
        for store in getattr(self, "stores", ()):
            store.close()


def typed(value: object) -> str:
    """Write a value so that 1, True and Decimal('1') differ and sets have an order."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name!r}: {typed(part)}" for name, part in sorted(value.items())) + "}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}[" + ", ".join(typed(part) for part in value) + "]"
    if isinstance(value, (set, frozenset)):
        return "set(" + ", ".join(sorted(typed(part) for part in value)) + ")"
    if hasattr(value, "items") and hasattr(value, "next"):
        return f"page({typed(value.items)}, {typed(value.next)})"
    return f"{type(value).__name__} {value!r}" if isinstance(value, (int, Decimal)) else repr(value)


def test_sqlite_and_dynamodb_answer_alike(dynoxide: str, tmp_path: Path) -> None:
    class Machine(Stores):
        folder = tmp_path
        endpoint = dynoxide

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

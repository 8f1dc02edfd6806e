"""Salts are random, the same for all processes, and gone when their day or month is over."""

import secrets
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from shopkeeper.domains.traffic import salts
from shopkeeper.domains.traffic.salts import SaltKeeper, Salts, salt_key
from shopkeeper.domains.traffic.uniques import Visitors
from shopkeeper.operator.copying import Copy
from shopkeeper.storage import Changes, Item, Store, StoreUnavailable, Table
from shopkeeper.storage.records import Records
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.sqlite.backup import write_copy
from shopkeeper.storage.sqlite.store import EMPTY_LOG_SECONDS
from shopkeeper.storage.tables import TABLES, TRAFFIC, VISITORS
from tests.support.shops import Shop
from tests.support.traffic import FIREFOX, ORIGIN, SITE, Pages, Steps, of_hours
from tests.support.wrapping import WrappedStore

PEOPLE = 30


@pytest.fixture
def each_store(racing: Shop) -> Store:
    return racing.store


def stored(store: Store, site: str = SITE) -> Salts:
    return Records(store, VISITORS, Salts).require(salt_key(site))


def test_a_salt_is_made_with_the_first_hit_and_stays_for_the_day(each_store: Store) -> None:
    pages = Pages(each_store)
    pages.send()
    first = stored(each_store)
    assert (first.day, first.month, len(bytes.fromhex(first.salt))) == ("2026-11-21", "2026-11", 32)
    pages.wait(hours=15, minutes=59)
    pages.send()
    assert stored(each_store) == first


def test_the_first_hit_of_a_day_overwrites_the_salt_and_of_a_month_that_of_the_month(each_store: Store) -> None:
    pages = Pages(each_store)
    pages.send()
    first = stored(each_store)
    pages.wait(days=1)
    pages.send()
    second = stored(each_store)
    assert (second.day, second.month_salt) == ("2026-11-22", first.month_salt)
    assert second.salt != first.salt
    pages.now = datetime(2026, 12, 1, tzinfo=UTC)
    pages.send()
    assert len({first.month_salt, second.month_salt, stored(each_store).month_salt}) == 2


def test_salts_of_sites_differ(each_store: Store) -> None:
    pages = Pages(each_store, sites=("a.example", "b.example"))
    for site in ("a.example", "b.example"):
        pages.send(origin=f"https://{site}")
    one, other = stored(each_store, "a.example"), stored(each_store, "b.example")
    assert len({one.salt, one.month_salt, other.salt, other.month_salt}) == 4


def test_the_job_empties_salts_that_no_hit_overwrites_as_soon_as_they_end(each_store: Store) -> None:
    pages = Pages(each_store)
    pages.send()
    month_salt = stored(each_store).month_salt
    pages.now = datetime(2026, 11, 22, tzinfo=UTC)
    pages.close()
    assert (stored(each_store).salt, stored(each_store).month_salt) == ("", month_salt)
    pages.now = datetime(2026, 12, 1, tzinfo=UTC)
    pages.close()
    assert (stored(each_store).salt, stored(each_store).month_salt) == ("", "")


def test_the_job_leaves_the_salt_of_a_day_that_has_begun(each_store: Store) -> None:
    pages = Pages(each_store)
    pages.send()
    pages.wait(days=1)
    pages.send()
    salt = stored(each_store).salt
    pages.close()
    assert stored(each_store).salt == salt


def test_a_hit_after_the_job_makes_a_new_salt_and_marks_its_day(each_store: Store) -> None:
    pages = Pages(each_store)
    pages.send()
    pages.now = datetime(2026, 11, 22, tzinfo=UTC)
    pages.close()
    pages.send()
    assert (stored(each_store).day, of_hours(each_store, "2026-11-22").uniques) == ("2026-11-22", 1)
    pages.now = datetime(2026, 11, 23, 2, tzinfo=UTC)
    assert pages.close() == 2, "both days"


def test_processes_that_begin_a_day_at_once_agree_on_one_salt(each_store: Store) -> None:
    keepers = [SaltKeeper(each_store) for _ in range(8)]
    now = datetime(2026, 11, 21, 8, tzinfo=UTC)
    for day in ("2026-11-21", "2026-11-22"):
        start = Barrier(len(keepers))

        def ask(keeper: SaltKeeper, day: str = day, start: Barrier = start) -> Salts:
            start.wait()
            return keeper.of(SITE, "UTC", now, day)

        with ThreadPoolExecutor(len(keepers)) as pool:
            assert len(set(pool.map(ask, keepers))) == 1


def test_a_salt_never_goes_back_to_a_former_day(each_store: Store) -> None:
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    ahead = SaltKeeper(each_store).of(SITE, "UTC", now, "2026-11-22")
    assert SaltKeeper(each_store).of(SITE, "UTC", now, "2026-11-21") == ahead


def test_a_process_forgets_the_salts_of_all_sites_with_the_first_hit_after_their_day(plain: Shop) -> None:
    keeper = SaltKeeper(plain.store)
    former = [keeper.of(f"{n}.example", "UTC", datetime(2026, 11, 21, 8, tzinfo=UTC), "2026-11-21") for n in range(3)]
    keeper.of(SITE, "UTC", datetime(2026, 11, 22, tzinfo=UTC), "2026-11-22")
    held = str(vars(keeper))
    assert [salt.salt for salt in former if salt.salt in held] == []


def test_a_process_keeps_a_bounded_number_of_salts(plain: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(salts, "MOST_KEPT", 2)
    steps = Steps(plain.store)
    keeper = SaltKeeper(steps)
    for site in ("a", "b", "c", "c", "b", "a"):
        keeper.of(site, "UTC", datetime(2026, 11, 21, 8, tzinfo=UTC), "2026-11-21")
    assert steps.of("get", VISITORS) == 4


def test_without_the_salt_nobody_is_found_by_address_and_browser(plain: Shop) -> None:
    pages = Pages(plain.store)
    pages.send(address="203.0.113.1")
    during = stored(plain.store)
    pages.now = datetime(2026, 11, 22, tzinfo=UTC)
    pages.close()
    left = stored(plain.store)
    assert left.day == during.day
    assert Visitors(plain.store).is_new(SITE, left, "203.0.113.1", FIREFOX)
    assert not Visitors(plain.store).is_new(SITE, during, "203.0.113.1", FIREFOX), "the salt alone would tell"


# In the data file


@pytest.fixture
def file(tmp_path: Path) -> Iterator[tuple[Path, SQLiteStore, Pages, list[float]]]:
    """A data file as a server uses it, with its own clock."""
    seconds = [0.0]
    path = tmp_path / "shop.db"
    store = SQLiteStore(path, TABLES, lambda: seconds[0])
    store.defer()
    pages = Pages(store)
    seconds[0] = pages.now.timestamp()
    yield path, store, pages, seconds
    store.close()


def held(path: Path) -> bytes:
    """Return everything that is on the disk of a data file."""
    return b"".join(each.read_bytes() for each in path.parent.iterdir() if each.name.startswith(path.name))


def test_no_byte_of_a_salt_that_ended_is_left_in_the_data_file_nor_in_its_log(
    file: tuple[Path, SQLiteStore, Pages, list[float]],
) -> None:
    path, store, pages, seconds = file
    former = []
    for _ in range(3):
        for number in range(PEOPLE):
            pages.send(address=f"203.0.113.{number}")
        store.commit()
        salt = stored(store).salt
        assert salt.encode() in held(path)
        former.append(salt)
        pages.wait(days=1)
        seconds[0] = pages.now.timestamp()
        pages.close()
        store.commit()
    seconds[0] += EMPTY_LOG_SECONDS
    pages.send(referrer=f"{ORIGIN}/")
    store.commit()
    assert [salt for salt in former if salt.encode() in held(path)] == []


def test_no_byte_of_a_visitor_is_left_after_the_end_of_the_next_day(
    file: tuple[Path, SQLiteStore, Pages, list[float]],
) -> None:
    path, store, pages, seconds = file
    for number in range(400):
        pages.send(address=f"203.0.{number // 250}.{number % 250}")
    store.commit()
    names = [str(item["visitor"]) for item in store.scan(VISITORS, limit=1000).items]
    hashes = [name.rpartition("|")[2].encode() for name in names if not name.startswith("salt")]
    assert all(one in held(path) for one in hashes)
    seconds[0] = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
    while store.sweep():
        store.commit()
    store.commit()
    seconds[0] += EMPTY_LOG_SECONDS
    pages.send()
    store.commit()
    left = held(path)
    assert [one for one in hashes if one in left] == []


def test_a_log_that_cannot_be_emptied_now_fails_nobody(file: tuple[Path, SQLiteStore, Pages, list[float]]) -> None:
    path, store, pages, seconds = file
    pages.send()
    store.commit()
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM visitors").fetchone()
        seconds[0] += EMPTY_LOG_SECONDS
        pages.send()
        store.commit()
    assert of_hours(store).views == 2


def test_a_backup_has_the_counts_and_no_salt_and_no_visitor(
    file: tuple[Path, SQLiteStore, Pages, list[float]], tmp_path: Path
) -> None:
    path, store, pages, _ = file
    for number in range(PEOPLE):
        pages.send(address=f"203.0.113.{number}")
    store.commit()
    salt = stored(store)
    target = tmp_path / "backup"
    target.touch()
    write_copy(path, target, TABLES)
    content = held(target)
    assert SITE.encode() in content
    assert [secret for secret in (salt.salt, salt.month_salt) if secret.encode() in content] == []
    assert f"{SITE}|2026-11-21|".encode() not in content
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT count(*) FROM visitors").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM traffic").fetchone() == (len(store.scan(TRAFFIC).items),)


def test_a_copy_has_the_counts_and_no_visitors_and_the_day_goes_on(tmp_path: Path) -> None:
    source, target = (SQLiteStore(tmp_path / f"{name}.db", TABLES) for name in ("source", "target"))
    Pages(source).send()
    counts = Copy(source, target, TABLES, tmp_path / "journal", ("source", "target")).run(lambda *_: None)
    assert VISITORS.name not in counts
    assert target.scan(VISITORS).items == []
    pages = Pages(target)
    pages.send()
    assert of_hours(target).views == 2
    pages.wait(days=2)
    assert pages.close() == 1
    for store in (source, target):
        store.close()


class Meddling(WrappedStore):
    """A store in which somebody else is always a little faster."""

    def update(self, table: Table, key: Item, *arguments: Any, **options: Any) -> Any:
        if table == VISITORS and options.get("expect"):
            self._store.update(VISITORS, {"visitor": salt_key(SITE)}, Changes(set={"salt": secrets.token_hex(32)}))
        return super().update(table, key, *arguments, **options)


def test_salts_that_others_keep_changing_are_an_outage(plain: Shop) -> None:
    Pages(plain.store).send()
    pages = Pages(Meddling(plain.store))
    pages.wait(days=1)
    with pytest.raises(StoreUnavailable):
        pages.send()
    with pytest.raises(StoreUnavailable):
        pages.close()

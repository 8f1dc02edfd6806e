"""Visitors without cookies are nearly the people that there were: of a day within 1 percent, of a month within 6."""

import random
from collections import Counter
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.domains.traffic.sketch import REGISTERS, estimate, month_uniques, register_of
from shopkeeper.storage.sqlite import SQLiteStore
from shopkeeper.storage.tables import TABLES, TRAFFIC
from tests.support.shops import Shop
from tests.support.trace import DAYS
from tests.support.traced import traced
from tests.support.traffic import SITE, Pages

PEOPLE = 2000


def test_of_a_months_trace_days_are_within_1_percent_and_the_month_within_6(tmp_path: Path) -> None:
    with closing(SQLiteStore(tmp_path / "shop.db", TABLES)) as store:
        found = traced(store, PEOPLE)
    assert found.days == DAYS
    assert abs(found.day_error) <= 0.01
    assert abs(found.month_error) <= 0.06
    assert found.error_of_a_sum > 1, "a sum of days is no month"


@pytest.mark.parametrize("people", [0, 1, 10, 100, 1_000, 10_000, 100_000])
def test_an_estimate_is_within_three_standard_errors(people: int) -> None:
    dice = random.Random(people)
    registers = [0] * REGISTERS
    for _ in range(people):
        register, rank = register_of(dice.randbytes(8))
        registers[register] = max(registers[register], rank)
    assert abs(estimate(registers) - people) <= 3 * 0.023 * people


def test_the_registers_of_a_hash_are_equally_likely_and_ranks_halve() -> None:
    hashed = [register_of(sha256(str(number).encode()).digest()) for number in range(40_000)]
    ranks = Counter(rank for _, rank in hashed)
    assert len({register for register, _ in hashed}) == REGISTERS
    assert all(0.9 < ranks[rank] / (40_000 / 2**rank) < 1.1 for rank in range(1, 6))


@given(st.binary(min_size=8, max_size=32))
def test_a_rank_is_from_1_to_54(digest: bytes) -> None:
    register, rank = register_of(digest)
    assert 0 <= register < REGISTERS
    assert 1 <= rank <= 54


@pytest.mark.parametrize("rank", [1, 53])
def test_an_estimate_of_full_registers_is_finite(rank: int) -> None:
    assert 0 < estimate([rank] * REGISTERS) < float("inf")


def test_processes_that_do_not_know_each_other_make_one_sketch(racing: Shop) -> None:
    pages = Pages(racing.store, processes=3)
    for number in range(120):
        pages.send(address=f"203.0.113.{number}", process=number % 3)
    assert abs(month_uniques(racing.store, SITE, "2026-11") - 120) <= 12
    slices = [item for item in racing.store.scan(TRAFFIC, limit=1000).items if str(item["at"]).startswith("~")]
    assert len(slices) == 16


def test_one_who_comes_daily_is_one_visitor_of_the_month(racing: Shop) -> None:
    pages = Pages(racing.store)
    for _ in range(5):
        pages.send()
        pages.wait(days=1)
    assert month_uniques(racing.store, SITE, "2026-11") == 1

"""Token buckets: how many requests a client has, and what is forgotten."""

from concurrent.futures import ThreadPoolExecutor
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.http import RateLimit, RateLimited
from shopkeeper.http.addresses import network_of
from shopkeeper.http.limiter import SECOND, Limiter

LIMIT = RateLimit("things", requests=5, seconds=10)
OTHER = RateLimit("others", requests=2, seconds=60)


class Clock:
    """A monotonic clock in nanoseconds that a test moves."""

    def __init__(self) -> None:
        self.now = 7 * SECOND

    def __call__(self) -> int:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)


class Gate:
    """A limiter with a clock of its own."""

    def __init__(self, most_buckets: int = 1000) -> None:
        self.clock = Clock()
        self.limiter = Limiter(self.clock, most_buckets)

    def admits(self, client: str = "a", *limits: RateLimit) -> bool:
        try:
            self.limiter.take(limits or (LIMIT,), client)
        except RateLimited:
            return False
        return True

    def admitted(self, times: int, client: str = "a", *limits: RateLimit) -> int:
        """Return how many of some requests are admitted."""
        return [self.admits(client, *limits) for _ in range(times)].count(True)


def test_a_client_has_so_many_requests_at_once_and_then_one_by_one() -> None:
    gate = Gate()
    assert gate.admitted(10) == 5
    gate.clock.wait(1.999)
    assert not gate.admits()
    gate.clock.wait(0.001)
    assert gate.admitted(10) == 1
    gate.clock.wait(6)
    assert gate.admitted(10) == 3
    gate.clock.wait(1000)
    assert gate.admitted(10) == 5


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 4)), max_size=60))
def test_no_span_of_time_has_more_than_a_bucket_and_what_flowed_in(steps: list[tuple[int, int]]) -> None:
    gate = Gate()
    admitted: list[int] = []
    for milliseconds, tries in steps:
        gate.clock.wait(milliseconds / 1000)
        admitted += [gate.clock.now] * gate.admitted(tries)
    for first, begin in enumerate(admitted):
        for last, end in enumerate(admitted[first:], first):
            assert last - first + 1 <= 5 + (end - begin) * 5 / (10 * SECOND)


def test_each_client_has_a_bucket_of_its_own() -> None:
    gate = Gate()
    assert gate.admitted(6, "a") == 5
    assert gate.admitted(6, "b") == 5


def test_limits_of_one_name_share_their_buckets_and_others_do_not() -> None:
    gate = Gate()
    assert gate.admitted(3, "a", LIMIT) == 3
    assert gate.admitted(3, "a", RateLimit("things", requests=5, seconds=10)) == 2
    assert gate.admits("a", OTHER)


def test_a_refused_request_takes_nothing_from_any_bucket() -> None:
    gate = Gate()
    assert gate.admitted(5, "a", LIMIT, OTHER) == 2
    assert gate.admitted(5, "a", LIMIT) == 3


def fields(gate: Gate, *limits: RateLimit) -> tuple[str, str, str | None]:
    """Return `RateLimit`, `RateLimit-Policy` and `Retry-After` of the next answer."""
    try:
        found = gate.limiter.take(limits or (LIMIT,), "a")
    except RateLimited as error:
        found = error.headers
    return found["RateLimit"], found["RateLimit-Policy"], found.get("Retry-After")


def test_a_client_is_told_what_is_left_and_when_there_is_more() -> None:
    gate = Gate()
    policy = '"things";q=5;w=10'
    assert [fields(gate) for _ in range(6)] == [
        ('"things";r=4;t=2', policy, None),
        ('"things";r=3;t=4', policy, None),
        ('"things";r=2;t=6', policy, None),
        ('"things";r=1;t=8', policy, None),
        ('"things";r=0;t=2', policy, None),
        ('"things";r=0;t=2', policy, "2"),
    ]
    gate.clock.wait(1.1)
    assert fields(gate) == ('"things";r=0;t=1', policy, "1")


def test_several_limits_are_told_as_lists() -> None:
    assert fields(Gate(), LIMIT, OTHER) == (
        '"things";r=4;t=2, "others";r=1;t=30',
        '"things";q=5;w=10, "others";q=2;w=60',
        None,
    )


def test_without_a_limit_there_is_nothing_to_tell() -> None:
    assert Gate().limiter.take((), "a") == {}


def test_the_retry_that_a_client_is_told_is_admitted() -> None:
    for wait in (0.0, 0.3, 1.7, 1.999):
        gate = Gate()
        gate.admitted(5)
        gate.clock.wait(wait)
        _, _, seconds = fields(gate)
        assert seconds is not None
        gate.clock.wait(int(seconds))
        assert gate.admits()


# Memory


def count(gate: Gate) -> int:
    """Return how many buckets are kept of LIMIT."""
    return len(gate.limiter._buckets[LIMIT.name])


def test_a_million_addresses_need_no_more_memory_than_some() -> None:
    gate = Gate(most_buckets=50)
    for number in range(5000):
        gate.clock.wait(0.0001)
        assert gate.admits(str(number))
        assert count(gate) <= 50


def test_full_buckets_are_forgotten() -> None:
    gate = Gate()
    for number in range(500):
        gate.admits(str(number))
    gate.clock.wait(10)
    gate.admits("new")
    assert count(gate) == 1


def test_a_flood_of_addresses_gives_nobody_an_empty_bucket_back() -> None:
    gate = Gate(most_buckets=50)
    assert gate.admitted(6, "busy") == 5
    for number in range(1000):
        gate.admits(str(number))
        assert not gate.admits("busy")


def test_a_bucket_that_was_used_again_is_kept_by_its_new_time() -> None:
    gate = Gate(most_buckets=50)
    gate.admits("busy")
    for number in range(49):
        gate.admits(f"first {number}")
    assert gate.admitted(6, "busy") == 4
    for number in range(1000):
        gate.admits(f"second {number}")
        assert not gate.admits("busy")


def test_threads_that_race_have_no_more_requests() -> None:
    gate = Gate()
    many = RateLimit("many", requests=500, seconds=60)
    with ThreadPoolExecutor(8) as pool:
        admitted = list(pool.map(lambda _: gate.admits("a", many), range(4000)))
    assert admitted.count(True) == 500


# Addresses


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:c000:201", "192.0.2.1"),
        ("", ""),
        ("no:address", "no:address"),
        ("\0:", "\0:"),
        ("é:", "é:"),
    ],
)
def test_a_client_is_an_address_or_an_ipv6_network(address: str, network: str) -> None:
    assert network_of(address) == network


# The declarations


LIMITS = {limit for function in FUNCTIONS for endpoint in function.endpoints for limit in endpoint.limits}


def test_a_name_stands_for_one_limit() -> None:
    assert len({limit.name for limit in LIMITS}) == len(LIMITS)


@pytest.mark.parametrize("limit", sorted(LIMITS, key=attrgetter("name")), ids=lambda limit: str(limit.name))
def test_a_limit_can_be_told_in_a_header_field(limit: RateLimit) -> None:
    assert limit.name.isascii()
    assert limit.name.replace("-", "").isalnum()
    assert limit.requests > 0
    assert limit.seconds > 0

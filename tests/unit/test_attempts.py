"""How often one may try to sign in, on each store."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from shopkeeper.domains.accounts.attempts import (
    DAY_SECONDS,
    KNOWN_DAYS,
    PER_EMAIL,
    PER_EMAIL_AND_ADDRESS,
    RENEWED_DAYS,
    STRANGERS_A_MINUTE,
    WINDOW_MINUTES,
    SignInAttempts,
)
from shopkeeper.domains.accounts.model import PasswordChange, TooManyAttempts, WrongCredentials
from shopkeeper.identity.keys import Keyring
from shopkeeper.storage import Changes, Store
from shopkeeper.storage.tables import ATTEMPTS
from tests.support.stores import ATOMIC
from tests.unit.test_accounts import ADDRESS, PASSWORD, Clock, Desk, cheap_passwords, desk

__all__ = ["cheap_passwords", "desk"]

WINDOW_SECONDS = (WINDOW_MINUTES + 1) * 60
ELSEWHERE = "203.0.113.200"
EMAIL = "ann@example.com"


def stranger(number: int) -> str:
    return f"10.1.{number // 250}.{number % 250}"


class Door:
    """The attempts on a store, with a clock of their own, without the passwords."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Clock()
        self.attempts = SignInAttempts(store, Keyring(lambda: [b"0123456789abcdef0123456789abcdef"]), self.clock)

    def wait(self, **time: float) -> None:
        self.clock.now += timedelta(**time)

    def fail(self, times: int, address: Callable[[int], str] = lambda _: ADDRESS, email: str = EMAIL) -> None:
        for number in range(times):
            self.attempts.reserve(email, address(number))

    def sign_in(self, address: str = ADDRESS, email: str = EMAIL) -> None:
        self.attempts.succeeded(self.attempts.reserve(email, address))

    def refused(self, address: str = ADDRESS, email: str = EMAIL) -> int:
        """Return in how many seconds an attempt that is refused may be made again."""
        with pytest.raises(TooManyAttempts) as raised:
            self.attempts.reserve(email, address)
        return raised.value.retry_after_seconds


@pytest.fixture
def door(shop_store: Store) -> Door:
    return Door(shop_store)


def test_ten_attempts_from_an_address_are_enough(door: Door) -> None:
    door.fail(PER_EMAIL_AND_ADDRESS)
    assert door.refused() == WINDOW_SECONDS
    door.sign_in(ELSEWHERE)
    door.wait(seconds=WINDOW_SECONDS - 1)
    assert door.refused() == 1
    door.wait(seconds=1)
    door.sign_in()


def test_ten_attempts_of_a_stranger_do_not_lock_the_owner_out(door: Door) -> None:
    door.fail(PER_EMAIL_AND_ADDRESS, lambda _: stranger(0))
    assert door.refused(stranger(0))
    door.sign_in()


@pytest.mark.parametrize("addresses", [["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"], ["::ffff:192.0.2.1", "192.0.2.1"]])
def test_the_addresses_of_one_host_count_as_one(door: Door, addresses: list[str]) -> None:
    door.fail(PER_EMAIL_AND_ADDRESS, lambda number: addresses[number % 2])
    assert door.refused(addresses[0])
    assert door.refused(addresses[1])
    door.fail(1, lambda _: "2001:db8:1:3::1")


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_after_a_hundred_attempts_from_anywhere_an_address_has_one(door: Door) -> None:
    door.fail(PER_EMAIL, stranger)
    door.wait(minutes=1)
    assert door.refused(stranger(0)) == WINDOW_SECONDS - 60
    door.fail(1, lambda _: stranger(1000))
    assert door.refused(stranger(1000)) == WINDOW_SECONDS


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_who_knows_the_password_signs_in_from_a_new_address_after_a_hundred_attempts(door: Door) -> None:
    door.fail(PER_EMAIL, stranger)
    door.wait(minutes=1)
    for _ in range(3):
        door.sign_in(address=ELSEWHERE)


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_strangers_together_have_so_many_guesses_a_minute(door: Door) -> None:
    door.fail(PER_EMAIL, stranger)
    door.wait(minutes=1, seconds=10)
    for minute in range(1, 4):
        first = minute * 200
        for number in range(STRANGERS_A_MINUTE):
            door.attempts.reserve(EMAIL, stranger(first + number))
        assert door.refused(stranger(first + STRANGERS_A_MINUTE)) == 50
        door.wait(minutes=1)


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_the_owner_signs_in_while_a_stranger_guesses_from_hundreds_of_addresses(door: Door) -> None:
    door.sign_in()
    guesses = 0
    for number in range(250):
        door.wait(seconds=1)
        with suppress(TooManyAttempts):
            door.attempts.reserve(EMAIL, stranger(number))
            guesses += 1
        if number % 50 == 49:
            door.sign_in()
    assert PER_EMAIL < guesses <= PER_EMAIL + 5 * STRANGERS_A_MINUTE


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_a_known_address_has_ten_attempts_all_the_same(door: Door) -> None:
    door.sign_in()
    door.fail(PER_EMAIL, stranger)
    door.fail(PER_EMAIL_AND_ADDRESS)
    assert door.refused() == WINDOW_SECONDS


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_an_address_is_known_for_one_email_alone(door: Door) -> None:
    door.sign_in(email="bob@example.com")
    door.fail(PER_EMAIL, stranger)
    assert door.refused()


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_a_wrong_password_makes_no_address_known(door: Door) -> None:
    door.fail(1)
    door.fail(PER_EMAIL - 1, stranger)
    door.wait(minutes=1)
    assert door.refused() == WINDOW_SECONDS - 60


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_an_address_is_known_until_it_was_not_used_for_ninety_days(door: Door) -> None:
    door.sign_in()
    door.wait(days=KNOWN_DAYS - RENEWED_DAYS + 1)
    door.sign_in()
    door.wait(seconds=KNOWN_DAYS * DAY_SECONDS - 1)
    door.fail(PER_EMAIL, stranger)
    door.sign_in()
    door.wait(days=KNOWN_DAYS)
    door.fail(PER_EMAIL, stranger)
    assert door.refused()


def test_a_known_address_is_written_once_and_not_at_each_success(door: Door) -> None:
    noted = noted_keys(door)
    for _ in range(3):
        door.sign_in()
    assert len([key for key in noted if "known#" in key]) == 1


def test_no_fifteen_minutes_have_more_than_ten(door: Door) -> None:
    door.wait(seconds=59)
    door.fail(1)
    door.wait(seconds=14 * 60)
    door.fail(PER_EMAIL_AND_ADDRESS - 1)
    door.wait(seconds=59)
    for _ in range(3):
        door.refused()
    door.wait(seconds=2)
    door.fail(1)
    door.wait(seconds=14 * 60 + 59)
    door.fail(PER_EMAIL_AND_ADDRESS - 1)
    attempt = door.attempts.reserve("x@example.com", "a")
    record = door.store.get(ATTEMPTS, {"attempt": next(iter(attempt.counted))})
    assert record is not None
    assert len(record) == 3


def test_success_takes_its_attempt_back(door: Door) -> None:
    door.fail(PER_EMAIL_AND_ADDRESS - 1)
    for _ in range(5):
        door.sign_in()


def attempts_that_race(door: Door, addresses: list[str]) -> list[bool]:
    """Guess from all addresses at once, and return which guesses were admitted."""

    def attempt(address: str) -> bool:
        try:
            door.attempts.reserve(EMAIL, address)
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(attempt, addresses))


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_attempts_that_race_are_all_counted_before_any_is_made(door: Door) -> None:
    admitted = attempts_that_race(door, [ADDRESS] * 30)
    assert admitted.count(True) == PER_EMAIL_AND_ADDRESS


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_strangers_that_race_have_no_more_guesses(door: Door) -> None:
    door.sign_in()
    door.fail(PER_EMAIL, stranger)
    door.wait(minutes=1)
    admitted = attempts_that_race(door, [stranger(number) for number in range(200, 280)])
    assert admitted.count(True) == STRANGERS_A_MINUTE
    door.sign_in()


def noted_keys(door: Door) -> list[str]:
    """Return a list to which the keys are added that are written to the table of attempts."""
    noted: list[str] = []
    update = door.store.update

    def note(table: Any, key: Any, changes: Changes) -> Any:
        if table is ATTEMPTS:
            noted.append(str(key))
        return update(table, key, changes)

    door.store.update = note  # type: ignore[method-assign,assignment]
    return noted


def test_neither_email_nor_address_is_kept_in_the_clear(door: Door) -> None:
    noted = noted_keys(door)
    door.fail(1)
    assert len(noted) == 2
    door.sign_in()
    assert len(noted) == 7
    assert not any("ann" in key or ADDRESS in key for key in noted)


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
@pytest.mark.parametrize("registered", [True, False])
def test_an_email_is_limited_in_the_same_way_whether_there_is_an_account_or_not(desk: Desk, registered: bool) -> None:
    if registered:
        desk.register()
    for _ in range(PER_EMAIL_AND_ADDRESS):
        with pytest.raises(WrongCredentials):
            desk.sign_in(password="wrong")
    with pytest.raises(TooManyAttempts):
        desk.sign_in(password="wrong")
    for number in range(PER_EMAIL - PER_EMAIL_AND_ADDRESS):
        desk.accounts._attempts.reserve(EMAIL, stranger(number))
    with pytest.raises(TooManyAttempts):
        desk.sign_in(password="wrong", address=ELSEWHERE)
    desk.clock.now += timedelta(minutes=1)
    with pytest.raises(WrongCredentials):
        desk.sign_in(password="wrong", address=ELSEWHERE)


def test_a_stranger_does_not_lock_the_owner_out(desk: Desk) -> None:
    desk.register()
    for _ in range(PER_EMAIL_AND_ADDRESS):
        with pytest.raises(WrongCredentials):
            desk.sign_in(password="wrong", address=ELSEWHERE)
    with pytest.raises(TooManyAttempts):
        desk.sign_in(address=ELSEWHERE)
    assert desk.sign_in()


@pytest.mark.parametrize("shop_store", ["sqlite"], indirect=True)
def test_the_right_password_makes_an_address_known_wherever_it_is_asked_for(desk: Desk) -> None:
    desk.register()
    new = PasswordChange(current_password=PASSWORD, new_password="another password")
    desk.accounts.change_password(desk.caller(), new, ELSEWHERE)
    for number in range(PER_EMAIL):
        desk.accounts._attempts.reserve(EMAIL, stranger(number))
    assert desk.sign_in(address=ELSEWHERE, password="another password")
    with pytest.raises(TooManyAttempts):
        desk.sign_in(address=stranger(1000), password="another password")

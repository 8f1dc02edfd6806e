"""Changing and resetting passwords, on each store."""

from datetime import timedelta
from unicodedata import normalize

import msgspec
import pytest
from argon2 import PasswordHasher

from shopkeeper.domains.accounts import passwords
from shopkeeper.domains.accounts.model import InvalidSession, PasswordChange, WrongCredentials, WrongPassword
from shopkeeper.domains.accounts.service import RESET_SECONDS
from shopkeeper.http import NotFound, Unauthenticated
from shopkeeper.storage import Changes
from shopkeeper.storage.tables import USERS
from tests.unit.test_accounts import ADDRESS, PASSWORD, Desk, cheap_passwords, desk

__all__ = ["cheap_passwords", "desk"]


def test_another_password_ends_every_session(desk: Desk) -> None:
    desk.register()
    refresh, caller = desk.sign_in(), desk.caller()
    new = PasswordChange(current_password=PASSWORD, new_password="another password")
    with pytest.raises(WrongPassword):
        desk.accounts.change_password(caller, msgspec.structs.replace(new, current_password="wrong"), ADDRESS)
    desk.accounts.change_password(caller, new, ADDRESS)
    with pytest.raises(InvalidSession):
        desk.accounts.refresh(refresh)
    with pytest.raises(Unauthenticated):
        desk.accounts.me(caller)
    with pytest.raises(WrongCredentials):
        desk.sign_in()
    assert desk.sign_in(password="another password")


def test_a_reset_link_works_once_and_for_an_hour(desk: Desk) -> None:
    desk.register()
    refresh = desk.sign_in()
    former = desk.accounts.reset_token("ann@example.com")
    link = desk.accounts.reset_token("Ann@example.com")
    with pytest.raises(InvalidSession):
        desk.accounts.reset_password(former, "another password", ADDRESS)
    desk.accounts.reset_password(link, "another password", ADDRESS)
    with pytest.raises(InvalidSession):
        desk.accounts.refresh(refresh)
    assert desk.sign_in(password="another password")
    with pytest.raises(InvalidSession):
        desk.accounts.reset_password(link, "a third password", ADDRESS)
    expired = desk.accounts.reset_token("ann@example.com")
    desk.clock.now += timedelta(seconds=RESET_SECONDS)
    for wrong in (expired, expired[:-1], "", "a.b.c.d", refresh):
        with pytest.raises(InvalidSession):
            desk.accounts.reset_password(wrong, "a third password", ADDRESS)
    with pytest.raises(NotFound):
        desk.accounts.reset_token("nobody@example.com")


COMPOSED = normalize("NFC", "crème brûlée für alle")
DECOMPOSED = normalize("NFD", COMPOSED)
FORMS = {"composed": COMPOSED, "decomposed": DECOMPOSED}


@pytest.mark.parametrize("made", FORMS)
@pytest.mark.parametrize("typed", FORMS)
def test_a_password_fits_however_a_keyboard_writes_its_letters(desk: Desk, made: str, typed: str) -> None:
    assert COMPOSED != DECOMPOSED
    desk.register(password=FORMS[made])
    assert desk.sign_in(password=FORMS[typed])
    new = PasswordChange(current_password=FORMS[typed], new_password=FORMS[made] + "!")
    desk.accounts.change_password(desk.caller(password=FORMS[typed]), new, ADDRESS)
    assert desk.sign_in(password=FORMS[typed] + "!")


def test_a_hash_of_a_password_as_it_was_typed_is_accepted_and_made_again(desk: Desk) -> None:
    user = desk.register()
    key = {"user_id": user.user_id}
    old = PasswordHasher(passwords.PASSES, passwords.MEMORY_KIB, passwords.LANES).hash(DECOMPOSED)
    desk.store.update(USERS, key, Changes(set={"password_hash": old}))
    with pytest.raises(WrongCredentials):
        desk.sign_in(password=COMPOSED)
    assert desk.sign_in(password=DECOMPOSED)
    made_again = (desk.store.get(USERS, key) or {})["password_hash"]
    assert made_again != old
    assert desk.sign_in(password=COMPOSED)
    assert desk.sign_in(password=DECOMPOSED)
    assert (desk.store.get(USERS, key) or {})["password_hash"] == made_again


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were hashed to be compared."""
    compared: list[str] = []
    fits = passwords._fits

    def note(hashed: str, password: str) -> bool:
        compared.append(password)
        return fits(hashed, password)

    monkeypatch.setattr(passwords, "_fits", note)
    return compared


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
@pytest.mark.parametrize(
    ("wrong", "cost"), [("wrong password", 1), ("fälsch" + COMPOSED, 1), ("fälsch" + DECOMPOSED, 2)]
)
def test_a_wrong_password_costs_the_same_whether_there_is_an_account_or_not(
    desk: Desk, hashes: list[str], email: str, wrong: str, cost: int
) -> None:
    desk.register(password=COMPOSED)
    with pytest.raises(WrongCredentials):
        desk.sign_in(email, wrong)
    assert len(hashes) == cost

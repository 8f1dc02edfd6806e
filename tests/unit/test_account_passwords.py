"""Changing and resetting passwords, on each store."""

from datetime import timedelta

import msgspec
import pytest

from shopkeeper.accounts.model import InvalidSession, PasswordChange, WrongCredentials, WrongPassword
from shopkeeper.accounts.service import RESET_SECONDS
from shopkeeper.http import NotFound, Unauthenticated
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
    link = desk.accounts.reset_token("Ann@example.com")
    late = desk.accounts.reset_token("ann@example.com")
    desk.accounts.reset_password(link, "another password")
    with pytest.raises(InvalidSession):
        desk.accounts.refresh(refresh)
    assert desk.sign_in(password="another password")
    for used in (link, late):
        with pytest.raises(InvalidSession):
            desk.accounts.reset_password(used, "a third password")
    expired = desk.accounts.reset_token("ann@example.com")
    desk.clock.now += timedelta(seconds=RESET_SECONDS)
    for wrong in (expired, expired[:-1], "", "a.b.c.d", refresh):
        with pytest.raises(InvalidSession):
            desk.accounts.reset_password(wrong, "a third password")
    with pytest.raises(NotFound):
        desk.accounts.reset_token("nobody@example.com")

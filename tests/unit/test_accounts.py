"""The rules of accounts and of signing in, on each store."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from argon2 import PasswordHasher

from shopkeeper.domains.accounts import passwords
from shopkeeper.domains.accounts.attempts import WINDOW_MINUTES
from shopkeeper.domains.accounts.model import (
    AdminsOnly,
    AlreadyRegistered,
    ChangedMeanwhile,
    InvalidSession,
    NewAccount,
    OwnsBusiness,
    User,
    UserChange,
    WrongCredentials,
    WrongPassword,
)
from shopkeeper.domains.accounts.passwords import NOBODYS_HASH, Passwords, Verdict
from shopkeeper.domains.accounts.service import Accounts
from shopkeeper.domains.markers import offers as markers
from shopkeeper.http import Caller, NotFound, Unauthenticated
from shopkeeper.identity.keys import Keyring
from shopkeeper.identity.tokens import AccessTokens
from shopkeeper.storage import Changes, Put, Store
from shopkeeper.storage.tables import MARKERS, USERS
from tests.support.lagging import settle
from tests.support.stores import ATOMIC

WINDOW_SECONDS = (WINDOW_MINUTES + 1) * 60
START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
ADDRESS = "203.0.113.9"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Desk:
    """Accounts on a store, with a clock of their own and passwords that are cheap to hash."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Clock()
        keyring = Keyring(lambda: [b"0123456789abcdef0123456789abcdef"])
        self.tokens = AccessTokens(keyring, "dev", 30, self.clock)
        self.accounts = Accounts(store, keyring, self.tokens, Passwords(), self.clock)

    def register(self, email: str = "ann@example.com", password: str = PASSWORD) -> User:
        return self.accounts.register(NewAccount(email=email, password=password, name="Ann"))

    def sign_in(self, email: str = "ann@example.com", password: str = PASSWORD, address: str = ADDRESS) -> str:
        return self.accounts.sign_in(email, password, address).refresh_token

    def caller(self, email: str = "ann@example.com", password: str = PASSWORD) -> Caller:
        return self.tokens.authenticate(self.accounts.sign_in(email, password, ADDRESS).access_token)


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash at a cost that a suite can bear; one test looks at the real figures."""
    monkeypatch.setattr(passwords, "MEMORY_KIB", 8)
    monkeypatch.setattr(passwords, "PASSES", 1)


@pytest.fixture
def desk(shop_store: Store) -> Desk:
    return Desk(shop_store)


def test_an_account_is_kept_without_its_password(desk: Desk) -> None:
    user = desk.register("Ann@Example.com")
    assert (user.email, user.name, user.role, user.version) == ("ann@example.com", "Ann", "user", 1)
    stored = desk.store.get(USERS, {"user_id": user.user_id})
    assert stored is not None
    assert PASSWORD not in str(stored)
    assert str(stored["password_hash"]).startswith("$argon2id$")
    assert set(msgspec.to_builtins(user)) == {
        *("user_id", "email", "email_confirmed_at", "name", "role", "created_at", "updated_at", "version"),
    }


def test_an_address_has_one_account(desk: Desk) -> None:
    desk.register()
    with pytest.raises(AlreadyRegistered):
        desk.register("ANN@example.com")


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_of_many_that_race_for_an_address_one_gets_it(desk: Desk) -> None:
    def register(_: int) -> bool:
        try:
            desk.register()
        except AlreadyRegistered:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(register, range(8))).count(True) == 1


def test_signing_in_needs_the_right_password_to_the_letter(desk: Desk) -> None:
    desk.register(password="  spaces matter  ")
    assert desk.sign_in("Ann@EXAMPLE.com", "  spaces matter  ")
    for email, password in [
        ("ann@example.com", "spaces matter"),
        ("ann@example.com", ""),
        ("bob@example.com", "  spaces matter  "),
    ]:
        with pytest.raises(WrongCredentials):
            desk.sign_in(email, password)


def test_an_unknown_address_costs_a_whole_hash_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    def verify(hashed: str, password: str) -> bool:
        verified.append(hashed)
        return True

    monkeypatch.setattr(passwords, "_fits", verify)
    with pytest.raises(WrongCredentials):
        desk.sign_in("nobody@example.com")
    assert verified == [NOBODYS_HASH]


def test_nobodys_hash_costs_what_a_real_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    hasher = PasswordHasher(passwords.PASSES, passwords.MEMORY_KIB, passwords.LANES)
    assert (passwords.MEMORY_KIB, passwords.PASSES, passwords.LANES) == (19456, 2, 1)
    assert not hasher.check_needs_rehash(NOBODYS_HASH)


@pytest.mark.parametrize("password", ["correct horse battery", "crème brûlée für alle", "0" * 1000])
def test_hashes_are_those_of_argon2_cffi(password: str) -> None:
    hasher, ours = PasswordHasher(passwords.PASSES, passwords.MEMORY_KIB, passwords.LANES), Passwords()
    assert hasher.verify(ours.hash(password), password)
    assert not hasher.check_needs_rehash(ours.hash(password))
    assert ours.verify(hasher.hash(password), password) is Verdict.RIGHT
    assert ours.hash(password) != ours.hash(password)


@pytest.mark.parametrize("text", ["", "$argon2id$", NOBODYS_HASH[:-1], NOBODYS_HASH.replace("argon2id", "argon2i")])
def test_a_text_that_is_no_hash_fits_no_password(text: str) -> None:
    assert Passwords().verify(text or "none", PASSWORD) is Verdict.WRONG


@pytest.mark.parametrize(
    "figures",
    [{"time_cost": 2}, {"memory_cost": 16}, {"parallelism": 2, "memory_cost": 16}, {"hash_len": 16}, {"salt_len": 8}],
)
def test_a_hash_at_other_figures_is_outdated(figures: dict[str, int]) -> None:
    today: dict[str, Any] = {
        "time_cost": passwords.PASSES,
        "memory_cost": passwords.MEMORY_KIB,
        "parallelism": passwords.LANES,
    }
    hashed = PasswordHasher(**today | figures).hash(PASSWORD)
    assert Passwords().verify(hashed, PASSWORD) is Verdict.OUTDATED


def test_a_hash_of_old_figures_is_made_anew_at_the_next_login(desk: Desk) -> None:
    user = desk.register()
    old = PasswordHasher(1, 16, 1).hash(PASSWORD)
    desk.store.update(USERS, {"user_id": user.user_id}, Changes(set={"password_hash": old}))
    desk.sign_in()
    stored = desk.store.get(USERS, {"user_id": user.user_id})
    assert stored is not None
    assert "m=8," in str(stored["password_hash"])
    desk.sign_in()


# Oneself and the others


def test_oneself(desk: Desk) -> None:
    user = desk.register()
    caller = desk.caller()
    assert desk.accounts.me(caller) == desk.accounts.get(caller, user.user_id) == user
    for wrong in (Caller("nobody", 0), Caller(user.user_id, 1), Caller(user.user_id, None)):
        with pytest.raises(Unauthenticated):
            desk.accounts.me(wrong)


def test_others_are_seen_by_admins_alone(desk: Desk) -> None:
    ann, bob = desk.register(), desk.register("bob@example.com")
    caller = desk.caller()
    for user_id in (bob.user_id, "nobody"):
        with pytest.raises(NotFound):
            desk.accounts.get(caller, user_id)
    with pytest.raises(AdminsOnly):
        desk.accounts.check_admin(caller)
    assert desk.accounts.set_role(ann.user_id, "admin").role == "admin"
    assert desk.accounts.get(caller, bob.user_id) == bob
    with pytest.raises(NotFound):
        desk.accounts.get(caller, "nobody")
    desk.accounts.check_admin(caller)
    settle(desk.store)
    seen: list[str] = []
    after = None
    for _ in range(2):
        users, after = desk.accounts.listing().page(1, after)
        seen += [user.user_id for user in users]
    assert (seen, after) == (sorted([ann.user_id, bob.user_id]), None)
    with pytest.raises(NotFound):
        desk.accounts.set_role("nobody", "admin")


def change(desk: Desk, caller: Caller, **fields: Any) -> User:
    expected = fields.pop("expected", None)
    return desk.accounts.change(caller, msgspec.convert(fields, UserChange), ADDRESS, expected)


def test_a_name_is_changed(desk: Desk) -> None:
    desk.register()
    changed = change(desk, desk.caller(), name="Anna")
    assert (changed.name, changed.version) == ("Anna", 2)
    assert desk.accounts.me(desk.caller()) == changed


def test_another_email_needs_the_password_and_moves_its_marker(desk: Desk) -> None:
    user = desk.register()
    desk.register("bob@example.com")
    caller = desk.caller()
    for fields, error in [
        ({"email": "new@example.com"}, WrongPassword),
        ({"email": "new@example.com", "current_password": "wrong"}, WrongPassword),
        ({"email": "bob@example.com", "current_password": PASSWORD}, AlreadyRegistered),
    ]:
        with pytest.raises(error):
            change(desk, caller, **fields)
        assert desk.accounts.me(caller) == user
    changed = change(desk, caller, email="New@example.com", current_password=PASSWORD)
    assert changed.email == "new@example.com"
    assert desk.store.get(MARKERS, {"marker": markers.user_email("ann@example.com")}) is None
    assert desk.sign_in("new@example.com")
    assert desk.register("ann@example.com").user_id != user.user_id


def test_the_same_email_in_capitals_is_no_change(desk: Desk) -> None:
    desk.register()
    assert change(desk, desk.caller(), email="ANN@example.com").email == "ann@example.com"


def test_a_change_of_what_was_changed_meanwhile_is_refused(desk: Desk) -> None:
    desk.register()
    caller = desk.caller()
    change(desk, caller, name="One")
    with pytest.raises(ChangedMeanwhile):
        change(desk, caller, expected=1, name="Two")
    assert desk.accounts.me(caller).name == "One"


def test_a_deleted_account_is_gone_and_its_address_free(desk: Desk) -> None:
    user = desk.register()
    refresh = desk.sign_in()
    caller = desk.caller()
    desk.accounts.delete(caller)
    with pytest.raises(Unauthenticated):
        desk.accounts.me(caller)
    with pytest.raises(InvalidSession):
        desk.accounts.refresh(refresh)
    with pytest.raises(WrongCredentials):
        desk.sign_in()
    assert desk.register().user_id != user.user_id
    tombstone = desk.store.get(MARKERS, {"marker": markers.business_identity(user.user_id)})
    assert tombstone is not None, "nobody can register a business for an identity that is gone"


def test_who_owns_a_business_cannot_delete_the_account(desk: Desk) -> None:
    user = desk.register()
    desk.store.transact([Put(MARKERS, {"marker": markers.business_identity(user.user_id), "business_id": "b"})])
    with pytest.raises(OwnsBusiness):
        desk.accounts.delete(desk.caller())
    assert desk.accounts.me(desk.caller()) == user
